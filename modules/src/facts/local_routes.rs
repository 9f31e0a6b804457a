//! Which addresses reach this host itself.

use std::net::IpAddr;

use serde_json::json;

use super::{Ask, Facts, Pace, Source};
use crate::host::{self, Host, Route};

pub(super) static SOURCE: Source =
    Source { collector: "network", facts: &["locally_reachable_ips"], pace: Pace::Quick, gather };

fn gather(_: &Host, _: &Ask) -> Facts {
    let routes = host::local_routes().unwrap_or_default();
    let of = |v4: bool| -> Vec<String> {
        routes.iter().filter_map(|route| written(route, v4)).collect()
    };
    Facts::from_iter([(
        "locally_reachable_ips".to_owned(),
        json!({ "ipv4": of(true), "ipv6": of(false) }),
    )])
}

/// The route's destination as `ip` writes it: a single host without its prefix.
fn written(route: &Route, v4: bool) -> Option<String> {
    let destination = route.destination.filter(|one| one.is_ipv4() == v4)?;
    let host = match destination {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    Some(if route.prefix == host {
        destination.to_string()
    } else {
        format!("{destination}/{}", route.prefix)
    })
}
