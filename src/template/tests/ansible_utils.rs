//! Tests of the collection ansible.utils, one file each.

use super::{Invocation, Refusal, Test};
use crate::template::{addresses::Network, registry};

registry! { Test:
    in_any_network,
    in_network,
    in_one_network,
    ip,
    ip_address,
    ipv4,
    ipv4_address,
    ipv4_hostmask,
    ipv4_netmask,
    ipv6,
    ipv6_address,
    ipv6_ipv4_mapped,
    ipv6_sixtofour,
    ipv6_teredo,
    loopback,
    mac,
    multicast,
    private,
    public,
    reserved,
    resolvable,
    subnet_of,
    supernet_of,
    unspecified,
    validate,
}

/// Returns an address or a network that has no bits where its hosts are numbered.
fn network(text: &str) -> Option<Network> {
    Network::parse(text).filter(|network| network.ip == network.first())
}

/// Returns the input when it is one address, without a prefix.
fn one(call: &Invocation<'_, '_>) -> Option<Network> {
    let text = call.input_text();
    Network::parse(&text).filter(|_| !text.contains('/'))
}

/// Returns how many of the networks hold the input.
fn holders(call: &Invocation<'_, '_>) -> Result<usize, Refusal> {
    let Some(inner) = network(&call.input_text()) else { return Ok(0) };
    let networks = crate::template::evaluator::items(call.required(0, "networks")?)?;
    let networks = networks.iter().filter_map(|item| network(&item.to_text()));
    Ok(networks.filter(|outer| outer.holds(&inner)).count())
}

/// Returns whether an address of IPv4 is ones and then zeros.
fn is_netmask(ip: u128) -> bool {
    let rest = !ip & u128::from(u32::MAX);
    ip != 0 && rest & (rest + 1) == 0
}

/// Returns whether an address is nobody's but its owner's.
fn is_private(ip: &Network) -> bool {
    !ip.is_global() && !ip.is_in(&["100.64.0.0/10", "::ffff:0:0/96", "2002::/16"])
}

/// Returns whether an address is kept for later use.
fn is_reserved(ip: &Network) -> bool {
    let kept = [
        "240.0.0.0/4",
        "::/8",
        "100::/8",
        "200::/7",
        "400::/6",
        "800::/5",
        "1000::/4",
        "4000::/3",
        "6000::/3",
        "8000::/3",
        "a000::/3",
        "c000::/3",
        "e000::/4",
        "f000::/5",
        "f800::/6",
        "fe00::/9",
    ];
    ip.is_in(&kept)
}
