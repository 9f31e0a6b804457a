//! `urlsplit`: the parts of an address.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "urlsplit",
    aliases: &[],
    summary: "The parts of an address",
    params: &["query", "alias"],
    examples: &[
        (
            "{{ 'http://u:p@www.acme.com:9000/dir/index.html?q=t#frag' | urlsplit }}",
            "{'fragment': 'frag', 'hostname': 'www.acme.com', 'netloc': 'u:p@www.acme.com:9000', 'password': 'p', 'path': '/dir/index.html', 'port': 9000, 'query': 'q=t', 'scheme': 'http', 'username': 'u'}",
        ),
        (
            "{{ 'https://h.org/x' | urlsplit('hostname') }} {{ 'https://h.org/x' | urlsplit('port') }}",
            "h.org ",
        ),
        (
            "{{ 'x' | urlsplit('nope') }}",
            "The filter plugin 'ansible.builtin.urlsplit' failed: urlsplit: unknown URL component: nope",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let text = match &call.value {
            Value::Str(text) => std::sync::Arc::clone(text),
            Value::List(_) | Value::Dict(_) => {
                return Err(format!("unhashable type: '{}'", call.value.type_name()).into());
            }
            Value::None | Value::Int(0) => "".into(),
            other => {
                let found = other.type_name();
                return Err(format!("'{found}' object has no attribute 'decode'").into());
            }
        };
        let text: String = text
            .trim_start_matches(|c: char| c <= ' ')
            .chars()
            .filter(|c| !matches!(c, '\t' | '\r' | '\n'))
            .collect();
        let (rest, fragment) = text.split_once('#').unwrap_or((&text, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_scheme = |s: &&str| {
            s.starts_with(|c: char| c.is_ascii_alphabetic())
                && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        let (scheme, rest) = match rest.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
            Some((scheme, rest)) => (scheme.to_lowercase(), rest),
            None => (String::new(), rest),
        };
        let (netloc, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        let (user, host) =
            netloc.rsplit_once('@').map_or((None, netloc), |(user, host)| (Some(user), host));
        let (username, password) = match user
            .map(|user| user.split_once(':').map_or((user, None), |(n, p)| (n, Some(p))))
        {
            Some((name, password)) => (Some(name), password),
            None => (None, None),
        };
        let (hostname, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
        };
        let port = match port.filter(|port| !port.is_empty()) {
            Some(port) => match port.parse::<u16>() {
                Ok(port) => Value::Int(port.into()),
                Err(_) => {
                    return Err(format!(
                        "Port could not be cast to integer value as {}",
                        Value::str(port).to_repr()
                    )
                    .into());
                }
            },
            None => Value::None,
        };
        let maybe = |text: Option<&str>| text.map_or(Value::None, Value::str);
        let hostname = Some(hostname.to_lowercase()).filter(|host| !host.is_empty());
        let parts = Value::dict([
            ("fragment", Value::str(fragment)),
            ("hostname", maybe(hostname.as_deref())),
            ("netloc", netloc.into()),
            ("password", maybe(password)),
            ("path", path.into()),
            ("port", port),
            ("query", query.into()),
            ("scheme", scheme.into()),
            ("username", maybe(username)),
        ]);
        match call.some(0).map(Value::to_text).filter(|part| !part.is_empty()) {
            None => Ok(parts),
            Some(part) => match parts.get(&part) {
                Some(value) => Ok(value.clone()),
                None => {
                    Err(format!("{}: unknown URL component: {part}", call.text(1, "urlsplit"))
                        .into())
                }
            },
        }
    },
};
