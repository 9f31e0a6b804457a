//! Proxies that the environment names.

use super::{Credentials, Error, Url};
use crate::host::Host;

pub(super) struct Proxy {
    pub(super) url: Url,
    pub(super) credentials: Option<Credentials>,
}

/// The proxy that the environment names for an address, unless it excepts its host.
pub(super) fn of(host: &Host, url: &Url) -> Result<Option<Proxy>, Error> {
    let variable = |name: &str| {
        let upper = name.to_uppercase();
        // A CGI's `HTTP_PROXY` comes from a header of the request.
        let upper = if upper == "HTTP_PROXY" { None } else { host.env(&upper) };
        host.env(name).or(upper).filter(|value| !value.is_empty())
    };
    let named = variable(&format!("{}_proxy", url.scheme)).or_else(|| variable("all_proxy"));
    let Some(proxy) = named else { return Ok(None) };
    if variable("no_proxy").is_some_and(|list| excepts(&list, &url.host, url.port)) {
        return Ok(None);
    }
    let proxy = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
    let url = Url::parse(&proxy)?;
    let credentials = url.user.clone().map(|(user, password)| Credentials { user, password });
    Ok(Some(Proxy { url, credentials }))
}

fn excepts(list: &str, name: &str, port: Option<u16>) -> bool {
    let with_port = port.map(|port| format!("{name}:{port}"));
    list.split([',', ' ']).map(|entry| entry.trim().trim_start_matches('.')).any(|entry| {
        let below = name.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.'));
        entry == "*"
            || (!entry.is_empty()
                && (entry == name || Some(entry) == with_port.as_deref() || below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_excepted_from_the_proxy() {
        let check = |list: &str, expected: bool| {
            assert_eq!(excepts(list, "web.a.example", Some(80)), expected, "{list}");
        };
        check("localhost, .a.example", true);
        check("a.example", true);
        check("*", true);
        check("web.a.example:80", true);
        check("b.example,", false);
        check("eb.a.example", false);
    }
}
