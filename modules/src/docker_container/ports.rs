//! Ports: those that are published, and those that others may reach.

use crate::{
    host::{Failure, Result},
    spec::{Json, JsonMap},
};

/// A published port: where in the container, and where on the host.
type Binding = (String, (String, String));

/// Returns the bindings as the engine has them: `{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}`.
pub(super) fn bindings(ports: &[String], default_ip: &str) -> Result<JsonMap> {
    let mut found: Vec<Binding> = Vec::new();
    for port in ports {
        read(port, default_ip, &mut found)?;
    }
    let mut map = JsonMap::new();
    for (port, (ip, host_port)) in found {
        let entry = serde_json::json!({"HostIp": ip, "HostPort": host_port});
        let slot = map.entry(port).or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(entries) = slot {
            entries.push(entry);
        }
    }
    Ok(map)
}

fn read(text: &str, default_ip: &str, found: &mut Vec<Binding>) -> Result<()> {
    let (text, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    let parts = split(text);
    let (ip, outside, inside) = match parts.as_slice() {
        [inside] => (default_ip, "", *inside),
        [outside, inside] => (default_ip, *outside, *inside),
        [ip, outside, inside] => {
            (ip.trim_start_matches('[').trim_end_matches(']'), *outside, *inside)
        }
        _ => {
            return Err(Failure::new(format!(
                "Invalid port description \"{text}\" - expected 1 to 3 colon-separated parts, but got {}. Maybe you forgot to use square brackets ([...]) around an IPv6 address?",
                parts.len()
            )));
        }
    };
    let inside = range(inside, "container", text)?;
    let outside = if outside.is_empty() { None } else { Some(range(outside, "host", text)?) };
    for (at, port) in (inside.0..=inside.1).enumerate() {
        let host_port = match outside {
            None => String::new(),
            // A range of the host for one port: the engine takes one that is free.
            Some((first, last)) if inside.0 == inside.1 && last > first => {
                format!("{first}-{last}")
            }
            Some((first, last)) => {
                if last - first != inside.1 - inside.0 {
                    return Err(Failure::new(format!("Port range mismatch in \"{text}\"")));
                }
                (usize::from(first) + at).to_string()
            }
        };
        found.push((format!("{port}/{protocol}"), (ip.to_owned(), host_port)));
    }
    Ok(())
}

/// Splits at colons, but for those of an address in brackets.
fn split(text: &str) -> Vec<&str> {
    if text.starts_with('[')
        && let Some(end) = text.find(']')
        && text[end + 1..].starts_with(':')
    {
        let mut parts = vec![&text[..=end]];
        parts.extend(text[end + 2..].split(':'));
        return parts;
    }
    text.split(':').collect()
}

fn range(text: &str, side: &str, whole: &str) -> Result<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
        (Ok(_), Ok(_)) => {
            Err(Failure::new(format!("Invalid port range \"{text}\" for {side} port")))
        }
        _ => Err(Failure::new(format!("Invalid {side} port \"{text}\" in \"{whole}\""))),
    }
}

/// Returns exposed ports as the engine has them: `80/tcp`.
pub(super) fn exposed(ports: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for port in ports {
        let (text, protocol) = port.rsplit_once('/').unwrap_or((port, "tcp"));
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.parse::<u16>(), last.parse::<u16>()) {
            (Ok(first), Ok(last)) => {
                found.extend((first..=last).map(|port| format!("{port}/{protocol}")));
            }
            _ => found.push(format!("{text}/{protocol}")),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read() {
        let check = |port: &str, expected: &str| {
            let found = bindings(&[port.to_owned()], "0.0.0.0").unwrap();
            assert_eq!(Json::Object(found).to_string(), expected, "{port}");
        };
        check("80", r#"{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":""}]}"#);
        check("8080:80/udp", r#"{"80/udp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]}"#);
        check("[::1]:8080:80", r#"{"80/tcp":[{"HostIp":"::1","HostPort":"8080"}]}"#);
        check(
            "9000-9001:80-81",
            r#"{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"9000"}],"81/tcp":[{"HostIp":"0.0.0.0","HostPort":"9001"}]}"#,
        );
        check("9000-9002:80", r#"{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"9000-9002"}]}"#);
        assert!(bindings(&["a:80".to_owned()], "").is_err());
        assert_eq!(exposed(&["80".into(), "5-6/udp".into()]), ["80/tcp", "5/udp", "6/udp"]);
    }
}
