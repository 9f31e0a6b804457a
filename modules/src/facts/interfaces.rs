//! Network interfaces, their addresses, and which of them leads to the world.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value as Json, json};

use super::{Ask, Facts, Pace, Source};
use crate::host::{self, Address, Host, Route};

pub(super) static SOURCE: Source = Source {
    collector: "network",
    facts: &[
        "interfaces",
        "default_ipv4",
        "default_ipv6",
        "all_ipv4_addresses",
        "all_ipv6_addresses",
        "*",
    ],
    pace: Pace::Quick,
    gather,
};

/// Far away addresses: the route to them is the default one, and nothing is sent there.
const FAR: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)),
    IpAddr::V6(std::net::Ipv6Addr::new(0x2404, 0x6800, 0x400a, 0x800, 0, 0, 0, 0x1012)),
];

/// What the kernel says about addresses.
struct Addressing {
    addresses: Vec<Address>,
    defaults: [Option<Route>; 2],
}

fn gather(host: &Host, _: &Ask) -> Facts {
    let addressing = Addressing {
        addresses: host::addresses().unwrap_or_default(),
        defaults: FAR.map(host::route_to),
    };
    assemble(host, &addressing)
}

fn assemble(host: &Host, addressing: &Addressing) -> Facts {
    let names: Vec<_> = host
        .folder("/sys/class/net")
        .into_iter()
        // Files like `bonding_masters` are no interfaces.
        .filter(|name| host.is_folder(format!("/sys/class/net/{name}")))
        .collect();
    let index = |name: &str| {
        host.line(format!("/sys/class/net/{name}/ifindex"))
            .and_then(|text| text.parse::<u32>().ok())
    };
    let indices: Vec<_> = names.iter().map(|name| index(name)).collect();
    let name_of = |index: Option<u32>| {
        names
            .iter()
            .zip(&indices)
            .find(|(_, known)| **known == index && index.is_some())
            .map(|(name, _)| name)
    };
    let mut defaults = addressing.defaults.clone().map(|route| default_facts(route, name_of));
    let mut all = [Vec::new(), Vec::new()];
    let mut facts = Facts::new();
    let mut aliases = Facts::new();
    for (name, index) in names.iter().zip(&indices) {
        let mut interface = hardware(host, name);
        let own = addressing.addresses.iter().filter(|one| Some(one.interface) == *index);
        let (secondary, primary): (Vec<_>, Vec<_>) = own.partition(|one| one.secondary);
        for one in primary.into_iter().chain(secondary) {
            let (at, shape) = match one.address {
                IpAddr::V4(_) => (0, v4(one)),
                IpAddr::V6(_) => (1, v6(one)),
            };
            if !(one.address.is_loopback() && (one.address.is_ipv4() || one.prefix == 128)) {
                all[at].push(Json::from(one.address.to_string()));
            }
            complete_default(&mut defaults[at], one, &shape, &interface, name);
            place(&mut interface, &mut aliases, name, one, shape);
        }
        facts.insert(name.clone(), interface.into());
    }
    let names: Vec<_> = names.iter().chain(aliases.keys()).cloned().collect();
    facts.extend(aliases);
    let [v4, v6] = all;
    let [default_v4, default_v6] = defaults;
    facts.insert("interfaces".to_owned(), names.into());
    facts.insert("default_ipv4".to_owned(), default_v4.into());
    facts.insert("default_ipv6".to_owned(), default_v6.into());
    facts.insert("all_ipv4_addresses".to_owned(), v4.into());
    facts.insert("all_ipv6_addresses".to_owned(), v6.into());
    facts
}

fn default_facts<'a>(
    route: Option<Route>,
    name_of: impl Fn(Option<u32>) -> Option<&'a String>,
) -> Facts {
    let mut facts = Facts::new();
    let Some(route) = route else { return facts };
    if let Some(name) = name_of(route.interface) {
        facts.insert("interface".to_owned(), name.as_str().into());
    }
    if let Some(source) = route.source {
        facts.insert("address".to_owned(), source.to_string().into());
    }
    if let Some(gateway) = route.gateway {
        facts.insert("gateway".to_owned(), gateway.to_string().into());
    }
    facts
}

/// Adds to the default what is known of the interface that has its address.
fn complete_default(
    default: &mut Facts,
    one: &Address,
    shape: &Facts,
    interface: &Facts,
    name: &str,
) {
    if default.get("address").and_then(Json::as_str) != Some(&one.address.to_string()) {
        return;
    }
    default.extend(shape.clone());
    if one.address.is_ipv4() {
        default.insert("alias".to_owned(), one.label.as_deref().unwrap_or(name).into());
    }
    let absent =
        [("macaddress", Json::from("unknown")), ("mtu", Json::Null), ("type", "unknown".into())];
    for (key, otherwise) in absent {
        let value = interface.get(key).cloned();
        // As in the reference, a missing size is left out, and the others are said to be unknown.
        if value.is_some() || !otherwise.is_null() {
            default.insert(key.to_owned(), value.unwrap_or(otherwise));
        }
    }
}

/// Puts an address where playbooks look for it: with its interface, or with the alias by which it was given.
fn place(interface: &mut Facts, aliases: &mut Facts, name: &str, one: &Address, shape: Facts) {
    let push = |facts: &mut Facts, key: &str, shape: Facts| {
        if let Json::Array(list) = facts.entry(key).or_insert_with(|| json!([])) {
            list.push(shape.into());
        }
    };
    if one.address.is_ipv6() {
        return push(interface, "ipv6", shape);
    }
    let add = |facts: &mut Facts, shape: Facts| {
        if one.secondary || facts.contains_key("ipv4") {
            push(facts, "ipv4_secondaries", shape);
        } else {
            facts.insert("ipv4".to_owned(), shape.into());
        }
    };
    match one.label.as_deref().filter(|label| *label != name) {
        None => add(interface, shape),
        Some(alias) => {
            // The last address of an alias counts, as in the reference.
            let mut facts = Facts::new();
            add(&mut facts, shape.clone());
            aliases.insert(alias.replace(':', "_"), facts.into());
            if one.secondary {
                push(interface, "ipv4_secondaries", shape);
            }
        }
    }
}

fn v4(one: &Address) -> Facts {
    let IpAddr::V4(address) = one.address else { return Facts::new() };
    // `ip` shows the prefix beside the peer, so that the reference takes the address for a single host.
    let prefix = if one.peer.is_some() { 32 } else { one.prefix };
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    let broadcast = one.broadcast.filter(|_| one.peer.is_none());
    Facts::from_iter([
        ("address".to_owned(), address.to_string().into()),
        ("broadcast".to_owned(), broadcast.map(|one| one.to_string()).unwrap_or_default().into()),
        ("netmask".to_owned(), Ipv4Addr::from_bits(mask).to_string().into()),
        ("network".to_owned(), Ipv4Addr::from_bits(address.to_bits() & mask).to_string().into()),
        ("prefix".to_owned(), prefix.to_string().into()),
    ])
}

fn v6(one: &Address) -> Facts {
    Facts::from_iter([
        ("address".to_owned(), one.address.to_string().into()),
        ("prefix".to_owned(), one.prefix.to_string().into()),
        ("scope".to_owned(), one.scope.into()),
    ])
}

/// What `/sys` says about an interface.
fn hardware(host: &Host, name: &str) -> Facts {
    let base = format!("/sys/class/net/{name}");
    let read = |file: &str| host.line(format!("{base}/{file}"));
    let mut facts = Facts::from_iter([("device".to_owned(), name.into())]);
    let mut put = |key: &str, value: Json| drop(facts.insert(key.to_owned(), value));
    if let Some(address) = read("address").filter(|address| address != "00:00:00:00:00:00") {
        put("macaddress", address.into());
    }
    if let Some(mtu) = read("mtu").and_then(|text| text.parse::<u32>().ok()) {
        put("mtu", mtu.into());
    }
    if let Some(state) = read("operstate") {
        put("active", (state != "down").into());
    }
    let kind = match read("type").as_deref() {
        Some("1") => Some("ether"),
        Some("32") => Some("infiniband"),
        Some("512") => Some("ppp"),
        Some("772") => Some("loopback"),
        Some("65534") => Some("tunnel"),
        _ => None,
    };
    if let Some(kind) = kind {
        put("type", kind.into());
    }
    if host.is_folder(format!("{base}/bridge")) {
        put("type", "bridge".into());
        put("interfaces", host.folder(format!("{base}/brif")).into());
        if let Some(id) = read("bridge/bridge_id") {
            put("id", id.into());
        }
        if let Some(state) = read("bridge/stp_state") {
            put("stp", (state == "1").into());
        }
    }
    if host.is_folder(format!("{base}/bonding")) {
        put("type", "bonding".into());
        let slaves = read("bonding/slaves").unwrap_or_default();
        put("slaves", slaves.split_whitespace().collect::<Vec<_>>().into());
        let first = |file: &str| {
            read(file).and_then(|text| text.split_whitespace().next().map(str::to_owned))
        };
        put("mode", first("bonding/mode").unwrap_or_default().into());
        put("miimon", first("bonding/miimon").unwrap_or_default().into());
        put("lacp_rate", first("bonding/lacp_rate").unwrap_or_default().into());
        if let Some(primary) = read("bonding/primary") {
            put("primary", primary.into());
            put(
                "all_slaves_active",
                (read("bonding/all_slaves_active").as_deref() == Some("1")).into(),
            );
        }
    }
    if let Some(address) = read("bonding_slave/perm_hwaddr") {
        put("perm_macaddress", address.into());
    }
    if let Some(device) = host.link(format!("{base}/device")) {
        put("pciid", device.rsplit('/').next().unwrap_or_default().into());
        if let Some(module) = host.link(format!("{base}/device/driver/module")) {
            put("module", module.rsplit('/').next().unwrap_or_default().into());
        }
    }
    if let Some(speed) = read("speed").and_then(|text| text.parse::<i64>().ok()) {
        put("speed", speed.into());
    }
    let flags =
        read("flags").and_then(|text| u32::from_str_radix(text.trim_start_matches("0x"), 16).ok());
    if let Some(flags) = flags {
        put("promisc", (flags & 0x100 != 0).into());
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    fn inet(interface: u32, address: &str, prefix: u8, label: &str) -> Address {
        Address {
            interface,
            address: address.parse().unwrap(),
            peer: None,
            prefix,
            broadcast: None,
            label: Some(label.to_owned()),
            scope: "global",
            secondary: false,
        }
    }

    #[test]
    fn the_default_interface_is_completed_from_its_address() {
        let host = TestHost::with(&[
            ("/sys/class/net/eth0/ifindex", "2\n"),
            ("/sys/class/net/eth0/address", "52:54:00:12:34:56\n"),
            ("/sys/class/net/eth0/mtu", "1500\n"),
            ("/sys/class/net/eth0/operstate", "up\n"),
            ("/sys/class/net/eth0/type", "1\n"),
            ("/sys/class/net/eth0/flags", "0x1103\n"),
            ("/sys/class/net/bonding_masters", "\n"),
        ]);
        let first =
            Address { broadcast: Some([10, 0, 0, 255].into()), ..inet(2, "10.0.0.5", 24, "eth0") };
        let second = Address { secondary: true, ..inet(2, "10.0.0.6", 24, "eth0:1") };
        let route = Route {
            interface: Some(2),
            gateway: Some([10, 0, 0, 1].into()),
            source: Some([10, 0, 0, 5].into()),
            ..Route::default()
        };
        let facts = assemble(
            &host,
            &Addressing { addresses: vec![first, second], defaults: [Some(route), None] },
        );
        assert_eq!(
            facts["default_ipv4"],
            json!({
                "interface": "eth0", "address": "10.0.0.5", "gateway": "10.0.0.1", "broadcast": "10.0.0.255",
                "netmask": "255.255.255.0", "network": "10.0.0.0", "prefix": "24", "alias": "eth0",
                "macaddress": "52:54:00:12:34:56", "mtu": 1500, "type": "ether",
            })
        );
        assert_eq!(facts["default_ipv6"], json!({}));
        assert_eq!(facts["interfaces"], json!(["eth0", "eth0_1"]));
        assert_eq!(facts["all_ipv4_addresses"], json!(["10.0.0.5", "10.0.0.6"]));
        assert_eq!(facts["eth0"]["ipv4_secondaries"][0]["address"], "10.0.0.6");
        assert_eq!(facts["eth0"]["promisc"], true);
        assert_eq!(facts["eth0_1"]["ipv4_secondaries"][0]["address"], "10.0.0.6");
    }

    #[test]
    fn a_bond_names_its_slaves() {
        let host = TestHost::with(&[
            ("/sys/class/net/bond0/ifindex", "3\n"),
            ("/sys/class/net/bond0/bonding/slaves", "eth0 eth1\n"),
            ("/sys/class/net/bond0/bonding/mode", "active-backup 1\n"),
            ("/sys/class/net/bond0/bonding/miimon", "100\n"),
            ("/sys/class/net/bond0/bonding/lacp_rate", "slow 0\n"),
            ("/sys/class/net/bond0/bonding/primary", "eth0\n"),
            ("/sys/class/net/bond0/bonding/all_slaves_active", "0\n"),
        ]);
        let facts = assemble(&host, &Addressing { addresses: Vec::new(), defaults: [None, None] });
        assert_eq!(
            facts["bond0"],
            json!({
                "device": "bond0", "type": "bonding", "slaves": ["eth0", "eth1"], "mode": "active-backup",
                "miimon": "100", "lacp_rate": "slow", "primary": "eth0", "all_slaves_active": false,
            })
        );
    }

    #[test]
    fn a_peer_makes_the_address_a_single_host() {
        let one = Address {
            peer: Some([10, 8, 0, 2].into()),
            prefix: 24,
            ..inet(1, "10.8.0.1", 24, "tun0")
        };
        let shape = v4(&one);
        assert_eq!(
            (&shape["netmask"], &shape["network"]),
            (&"255.255.255.255".into(), &"10.8.0.1".into())
        );
    }
}
