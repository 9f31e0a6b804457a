//! IP addresses and networks, read and written as Python's netaddr does, and hardware addresses.

pub(super) mod hardware;
pub(super) mod query;

use std::net::{Ipv4Addr, Ipv6Addr};

use num_bigint::BigInt;

use crate::value::Value;

/// The protocol's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    V4,
    V6,
}

impl Version {
    pub(crate) fn bits(self) -> u32 {
        match self {
            Version::V4 => 32,
            Version::V6 => 128,
        }
    }

    fn all(self) -> u128 {
        match self {
            Version::V4 => u128::from(u32::MAX),
            Version::V6 => u128::MAX,
        }
    }

    /// Returns an address as text.
    pub(crate) fn text(self, ip: u128) -> String {
        if self == Version::V4 {
            return Ipv4Addr::from(u32::try_from(ip).unwrap_or(u32::MAX)).to_string();
        }
        match u32::try_from(ip) {
            // An address of IPv4 in the last bits is shown as one.
            Ok(low) if low > 0xffff => format!("::{}", Ipv4Addr::from(low)),
            _ => Ipv6Addr::from(ip).to_string(),
        }
    }
}

/// An address, and how long its network's part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) version: Version,
    pub(crate) ip: u128,
    pub(crate) prefix: u32,
}

impl Network {
    /// Reads an address with or without its prefix or mask.
    pub(crate) fn parse(text: &str) -> Option<Network> {
        let (ip, prefix) = match text.split_once('/') {
            Some((ip, prefix)) => (ip, Some(prefix)),
            None => (text, None),
        };
        let (version, ip) = address(ip)?;
        let prefix = match prefix {
            None => version.bits(),
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= version.bits())?
            }
            Some(mask) => {
                let (kind, mask) = address(mask)?;
                let bits = version.bits();
                let shifted = mask << (128 - bits);
                let ones = shifted.leading_ones();
                if kind != version {
                    return None;
                } else if ones == 128 || shifted << ones == 0 {
                    ones.min(bits)
                } else if (mask & (mask + 1)) == 0 {
                    bits - mask.trailing_ones()
                } else {
                    return None;
                }
            }
        };
        Some(Network { version, ip, prefix })
    }

    /// Returns the first and the last address of a text; zero where it is none, as Python's `False` counts.
    pub(crate) fn bounds(text: &str) -> (u128, u128) {
        Network::parse(text).map_or((0, 0), |network| (network.first(), network.last()))
    }

    /// Reads a number as an address: a small one as one of IPv4, unless told otherwise.
    pub(crate) fn from_number(number: u128, version: Option<Version>) -> Option<Network> {
        let default = if number <= u128::from(u32::MAX) { Version::V4 } else { Version::V6 };
        let version = version.unwrap_or(default);
        (number <= version.all()).then_some(Network { version, ip: number, prefix: version.bits() })
    }

    /// Returns the bits that number hosts.
    fn host_bits(&self) -> u128 {
        match self.version.bits() - self.prefix {
            128 => u128::MAX,
            bits => (1 << bits) - 1,
        }
    }

    pub(crate) fn first(&self) -> u128 {
        self.ip & !self.host_bits()
    }

    pub(crate) fn last(&self) -> u128 {
        self.ip | self.host_bits()
    }

    pub(crate) fn mask(&self) -> u128 {
        self.version.all() & !self.host_bits()
    }

    pub(crate) fn host_mask(&self) -> u128 {
        self.host_bits()
    }

    /// Returns how many addresses it has, less one.
    pub(crate) fn extent(&self) -> u128 {
        self.host_bits()
    }

    /// Returns how many addresses it has.
    pub(crate) fn size(&self) -> BigInt {
        BigInt::from(self.extent()) + 1
    }

    pub(crate) fn text(&self, ip: u128) -> String {
        self.version.text(ip)
    }

    pub(crate) fn with_prefix(&self, ip: u128) -> String {
        format!("{}/{}", self.text(ip), self.prefix)
    }

    pub(crate) fn cidr(&self) -> String {
        self.with_prefix(self.ip)
    }

    /// Returns whether all of another network is in this one.
    pub(crate) fn holds(&self, other: &Network) -> bool {
        self.version == other.version
            && self.first() <= other.first()
            && other.last() <= self.last()
    }

    /// Returns the address with an index; one below zero counts from the end.
    pub(crate) fn at(&self, index: i64) -> Option<u128> {
        let distance = u128::from(index.unsigned_abs());
        if index >= 0 {
            (distance <= self.extent()).then(|| self.first() + distance)
        } else {
            (distance - 1 <= self.extent()).then(|| self.last() - (distance - 1))
        }
    }

    /// Returns the first and last address that a host may have; none in a network of one address.
    pub(crate) fn usable(&self) -> Option<(u128, u128)> {
        match self.extent() {
            0 => None,
            1 => Some((self.first(), self.last())),
            _ => Some((self.first() + 1, self.last() - 1)),
        }
    }

    pub(crate) fn is_in(&self, networks: &[&str]) -> bool {
        networks.iter().filter_map(|text| Network::parse(text)).any(|known| {
            known.version == self.version && known.first() <= self.ip && self.ip <= known.last()
        })
    }

    pub(crate) fn is_multicast(&self) -> bool {
        self.is_in(&["224.0.0.0/4", "ff00::/8"])
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.is_in(&["127.0.0.0/8", "::1/128"])
    }

    pub(crate) fn is_link_local(&self) -> bool {
        self.is_in(&["169.254.0.0/16", "fe80::/10"])
    }

    /// Returns whether the address is one that the registries of IANA give to everybody.
    pub(crate) fn is_global(&self) -> bool {
        let exceptions = [
            "192.0.0.9/32",
            "192.0.0.10/32",
            "2001:1::1/128",
            "2001:1::2/128",
            "2001:3::/32",
            "2001:4:112::/48",
            "2001:20::/28",
            "2001:30::/28",
        ];
        self.is_in(&exceptions) || !self.is_in(NOT_GLOBAL)
    }
}

const NOT_GLOBAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
];

/// Reads an address of either version; a part of IPv4 has no leading zeros.
pub(crate) fn address(text: &str) -> Option<(Version, u128)> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(|ip| (Version::V6, ip.into()));
    }
    text.parse::<Ipv4Addr>().ok().map(|ip| (Version::V4, u128::from(u32::from(ip))))
}

/// Returns networks joined where they touch or lie in one another, in order.
pub(crate) fn merged(networks: &[Network]) -> Vec<Network> {
    let mut networks = networks.to_vec();
    networks.sort_unstable_by_key(|network| (network.version, network.first(), network.last()));
    // What is joined with nothing stays as it is given.
    let mut joined: Vec<(u128, u128, Network, bool)> = Vec::new();
    for network in networks {
        let (first, last) = (network.first(), network.last());
        match joined.last_mut() {
            Some((_, end, known, alone))
                if known.version == network.version && first <= end.saturating_add(1) =>
            {
                *end = last.max(*end);
                *alone = false;
            }
            _ => joined.push((first, last, network, true)),
        }
    }
    let networks = joined.into_iter().flat_map(|(first, last, network, alone)| {
        if alone { vec![network] } else { covering(network.version, first, last) }
    });
    networks.collect()
}

/// Returns the networks that make up a range.
fn covering(version: Version, mut first: u128, last: u128) -> Vec<Network> {
    let mut networks = Vec::new();
    loop {
        let mut prefix = version.bits();
        let network = |prefix| Network { version, ip: first, prefix };
        while prefix > 0 {
            let larger = network(prefix - 1);
            if larger.first() != first || larger.last() > last {
                break;
            }
            prefix -= 1;
        }
        let network = network(prefix);
        networks.push(network);
        if network.last() >= last {
            return networks;
        }
        first = network.last() + 1;
    }
}

/// Returns the smallest network that holds all of these.
pub(crate) fn spanning(networks: &[Network]) -> Option<Network> {
    let first = networks.first()?;
    if networks.len() == 1 {
        return Some(*first);
    }
    let mut span = Network { ip: first.first(), ..*first };
    while !networks.iter().all(|network| span.holds(network)) {
        span.prefix = span.prefix.checked_sub(1)?;
    }
    span.ip = span.first();
    Some(span)
}

/// Returns an unsigned number as a value.
pub(crate) fn number(number: u128) -> Value {
    BigInt::from(number).into()
}
