//! How names are resolved.

use serde_json::Value as Json;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "dns", facts: &["dns"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    let text = host.text("/etc/resolv.conf").unwrap_or_default();
    Facts::from_iter([("dns".to_owned(), parse(&text).into())])
}

fn parse(text: &str) -> Facts {
    let mut dns = Facts::new();
    for line in text.lines().filter(|line| !line.starts_with(['#', ';']) && !line.trim().is_empty())
    {
        let mut words = line.split_whitespace();
        let (key, words) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>());
        match key {
            "nameserver" => {
                let servers = dns.entry("nameservers").or_insert_with(|| Json::Array(Vec::new()));
                if let Json::Array(servers) = servers {
                    servers.extend(words.into_iter().map(Json::from));
                }
            }
            "domain" if !words.is_empty() => {
                dns.insert(key.to_owned(), words[0].into());
            }
            "search" | "sortlist" => {
                dns.insert(key.to_owned(), words.into());
            }
            "options" => {
                let options = words.into_iter().map(|option| match option.split_once(':') {
                    Some((name, value)) => (name.to_owned(), Json::from(value)),
                    None => (option.to_owned(), Json::from(true)),
                });
                dns.insert(key.to_owned(), options.collect::<Facts>().into());
            }
            _ => (),
        }
    }
    dns
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_directive_of_the_resolver_is_read() {
        let text = "# by hand\nnameserver 10.0.0.1\nnameserver 10.0.0.2\ndomain a.example\nsearch a.example b.example\noptions timeout:1 rotate\nsortlist 10.0.0.0\n";
        assert_eq!(
            Json::from(parse(text)),
            json!({
                "nameservers": ["10.0.0.1", "10.0.0.2"],
                "domain": "a.example",
                "search": ["a.example", "b.example"],
                "options": {"timeout": "1", "rotate": true},
                "sortlist": ["10.0.0.0"],
            })
        );
        assert_eq!(parse(""), Facts::new());
    }
}
