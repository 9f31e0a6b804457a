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
    if ports.iter().any(|port| port == "all") {
        return Err(Failure::new(
            "Specifying \"all\" in published_ports is no longer allowed. Set publish_all_ports to \"true\" instead to randomly assign port mappings for those not specified by published_ports.",
        ));
    }
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
    let parts = split(text)?;
    let (ip, outside, inside) = match parts.as_slice() {
        [inside] => (default_ip, "", *inside),
        [outside, inside] => (default_ip, *outside, *inside),
        [ip, outside, inside] => (address(ip)?, *outside, *inside),
        _ => {
            return Err(Failure::new(format!(
                "Invalid port description \"{text}\" - expected 1 to 3 colon-separated parts, but got {}. Maybe you forgot to use square brackets ([...]) around an IPv6 address?",
                parts.len()
            )));
        }
    };
    let inside = range(inside, "container", text)?;
    let inside: Vec<u16> = (inside.0..=inside.1).collect();
    let outside: Vec<String> = if outside.is_empty() {
        vec![String::new(); inside.len()]
    } else if inside.len() == 1 {
        // The engine takes one of a range that is free.
        vec![outside.to_owned()]
    } else {
        let (first, last) = range(outside, "host", text)?;
        (first..=last).map(|port| port.to_string()).collect()
    };
    for (port, host_port) in inside.into_iter().zip(outside) {
        found.push((format!("{port}/{protocol}"), (ip.to_owned(), host_port)));
    }
    Ok(())
}

/// An address to publish on, without its brackets.
fn address(text: &str) -> Result<&str> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let without_zone = bare.split_once('%').map_or(bare, |(address, _)| address);
    if without_zone.parse::<std::net::IpAddr>().is_err() {
        return Err(Failure::new(format!(
            "Bind addresses for published ports must be IPv4 or IPv6 addresses, not hostnames. Use the dig lookup to resolve hostnames. (Found hostname: {text})"
        )));
    }
    Ok(bare)
}

/// Splits at colons, but for those in brackets.
fn split(text: &str) -> Result<Vec<&str>> {
    let (mut parts, mut at) = (Vec::new(), 0);
    loop {
        let rest = &text[at..];
        let colon = rest.find(':');
        let open = rest.find('[').filter(|open| colon.is_none_or(|colon| *open < colon));
        let end = match open {
            Some(open) => {
                let Some(close) = rest[open..].find(']') else {
                    return Err(Failure::new(format!(
                        "Cannot find closing \"]\" in input \"{text}\" for opening \"[\" at index {}!",
                        at + open + 1
                    )));
                };
                rest[open + close..].find(':').map(|end| open + close + end)
            }
            None => colon,
        };
        parts.push(&rest[..end.unwrap_or(rest.len())]);
        match end {
            Some(end) => at += end + 1,
            None => return Ok(parts),
        }
    }
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
        check("[fe80::1%a]:90:90", r#"{"90/tcp":[{"HostIp":"fe80::1%a","HostPort":"90"}]}"#);
        check(
            "9000-9001:80-81",
            r#"{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"9000"}],"81/tcp":[{"HostIp":"0.0.0.0","HostPort":"9001"}]}"#,
        );
        check("9000-9002:80", r#"{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"9000-9002"}]}"#);
        check(
            "80-82:80-81",
            r#"{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"80"}],"81/tcp":[{"HostIp":"0.0.0.0","HostPort":"81"}]}"#,
        );
        for wrong in ["all", "80:a", "a.example:80:80", "1:2:3:4", "[::1:2:3", "::1:2:3"] {
            assert!(bindings(&[wrong.to_owned()], "").is_err(), "{wrong}");
        }
        assert_eq!(exposed(&["80".into(), "5-6/udp".into()]), ["80/tcp", "5/udp", "6/udp"]);
    }
}
