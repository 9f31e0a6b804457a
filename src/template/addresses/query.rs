//! What `ipaddr` and its kin can be asked about an address.

use super::{Network, Version, number};
use crate::{
    template::{
        Env,
        filters::{Answer, Refusal, python_class},
    },
    value::Value,
};

/// An address as it was given.
pub(crate) struct Subject {
    pub(crate) network: Network,
    /// The text that stands for it where it is given back as it came.
    raw: String,
    has_prefix: bool,
}

impl Subject {
    /// Reads a text or a number; None where it is no address of the version.
    pub(crate) fn read(env: &Env<'_>, value: &Value, version: Option<Version>) -> Option<Subject> {
        if !value.is_true() || matches!(value, Value::Bool(true)) {
            let value = value.to_text();
            env.warn(&format!("The value '{value}' is not a valid IP address or network, passing this value to ipaddr filter might result in breaking change in future."));
            return None;
        }
        let text = match value {
            Value::Str(text) => text.to_string(),
            Value::Int(_) | Value::BigInt(_) => value.to_text(),
            _ => return None,
        };
        let (number, prefix) = match text.split_once('/') {
            Some((number, prefix)) => (number, Some(prefix)),
            None => (&*text, None),
        };
        let is_number = is_digits(number) && prefix.is_none_or(is_digits);
        let network = if is_number {
            let network = Network::from_number(number.parse().ok()?, version)?;
            let prefix = prefix.map_or(Some(network.prefix), |prefix| prefix.parse().ok())?;
            (prefix <= network.prefix).then_some(Network { prefix, ..network })?
        } else {
            Network::parse(&text)?
        };
        if version.is_some_and(|version| version != network.version) {
            return None;
        }
        let has_prefix = text.contains('/');
        let raw = if is_number { network.cidr() } else { text };
        Some(Subject { network, raw, has_prefix })
    }

    /// Returns the address, with its prefix where it came with one.
    pub(crate) fn plain(&self) -> String {
        if self.has_prefix { self.network.cidr() } else { self.network.text(self.network.ip) }
    }

    /// Returns the address as it stands in a URL: one of IPv6 in brackets.
    pub(crate) fn wrapped(&self) -> String {
        match self.network.version {
            Version::V6 => bracketed(&self.plain()),
            // A number is shown with its prefix.
            Version::V4 if !self.has_prefix && self.raw.contains('/') => self.raw.clone(),
            Version::V4 => self.plain(),
        }
    }

    fn is_network(&self) -> bool {
        self.network.extent() > 0 && self.network.ip == self.network.first()
    }

    /// Returns whether a host may have the address: the network's own is none but in a pair.
    fn is_host(&self) -> bool {
        self.network.extent() <= 1 || self.network.ip != self.network.first()
    }

    fn raw_if(&self, holds: bool) -> Value {
        if holds { Value::str(&*self.raw) } else { Value::None }
    }
}

fn bracketed(text: &str) -> String {
    match text.split_once('/') {
        Some((ip, prefix)) => format!("[{ip}]/{prefix}"),
        None => format!("[{text}]"),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Answers a query about a value, or about each of a list.
pub(crate) fn ask(
    env: &Env<'_>,
    value: &Value,
    query: &Value,
    version: Option<Version>,
    alias: &str,
) -> Answer {
    match value {
        Value::List(items) | Value::Tuple(items) => {
            let mut found = Vec::new();
            for item in items.iter() {
                let answer = match item {
                    Value::List(_) | Value::Tuple(_) => ask(env, item, query, version, alias)?,
                    _ => one(env, item, query, version, alias, true)?,
                };
                if answer.is_true() {
                    found.push(answer);
                }
            }
            Ok(found.into())
        }
        Value::Str(_) | Value::Int(_) | Value::BigInt(_) | Value::Bool(_) => {
            one(env, value, query, version, alias, false)
        }
        other => {
            Err(format!("Unrecognized type <{}> for {alias} filter <value>", python_class(other))
                .into())
        }
    }
}

fn one(
    env: &Env<'_>,
    value: &Value,
    query: &Value,
    version: Option<Version>,
    alias: &str,
    in_list: bool,
) -> Answer {
    let Some(subject) = Subject::read(env, value, version) else { return Ok(Value::Bool(false)) };
    let query = query.to_text();
    if let Some(answer) = named(&subject, &query)? {
        return Ok(answer);
    }
    if let Ok(index) = query.parse::<i64>() {
        return Ok(indexed(&subject, index));
    }
    if let Some(network) = Network::parse(&query) {
        return Ok(subject.raw_if(
            network.holds(&Network { prefix: subject.network.version.bits(), ..subject.network }),
        ));
    }
    Err(if in_list {
        Refusal::Apart(format!("{alias}: unknown filter type: {query}"))
    } else {
        // The reference stumbles over its own message.
        "unsupported operand type(s) for +: 'NoneType' and 'str'".into()
    })
}

fn indexed(subject: &Subject, index: i64) -> Value {
    let network = &subject.network;
    if network.extent() == 0 {
        return subject.plain().into();
    }
    match network.at(index) {
        Some(ip) => network.with_prefix(ip).into(),
        None => Value::Bool(false),
    }
}

/// Answers a query by its name; None when none has it.
#[expect(clippy::too_many_lines, reason = "one arm for each query")]
fn named(
    subject: &Subject,
    query: &str,
) -> Result<Option<Value>, crate::template::filters::Refusal> {
    let network = &subject.network;
    let text = |ip: u128| Value::from(network.text(ip));
    let is_v4 = network.version == Version::V4;
    let with_mask =
        |ip: u128, mask: u128| Value::from(format!("{} {}", network.text(ip), network.text(mask)));
    let has_part = network.extent() > 0 && subject.is_host();
    Ok(Some(match query {
        "" => subject.plain().into(),
        "6to4" => six_to_four(subject),
        "address" | "ip" => {
            if subject.is_host() || !is_v4 {
                text(network.ip)
            } else {
                Value::None
            }
        }
        "address/prefix" | "gateway" | "gw" | "host/prefix" | "hostnet" | "router" => {
            let is_end = network.ip == network.first() || network.ip == network.last();
            if network.extent() > 1 && is_end { Value::Bool(false) } else { network.cidr().into() }
        }
        "bool" => Value::Bool(true),
        "broadcast" => {
            if network.extent() > 1 {
                text(network.last())
            } else {
                Value::None
            }
        }
        "cidr" => network.cidr().into(),
        "cidr_lookup" => return Err("'iplist'".into()),
        "first_usable" | "last_usable" | "next_usable" | "previous_usable" | "range_usable"
        | "peer" => usable(subject, query)?,
        "host" => {
            if subject.is_host() {
                network.cidr().into()
            } else {
                Value::None
            }
        }
        "hostmask" | "wildcard" => text(network.host_mask()),
        "int" => {
            if subject.has_prefix {
                format!("{}/{}", network.ip, network.prefix).into()
            } else {
                number(network.ip)
            }
        }
        "ip/prefix" => {
            if has_part {
                network.cidr().into()
            } else {
                Value::None
            }
        }
        "ip_netmask" => {
            if has_part {
                with_mask(network.ip, network.mask())
            } else {
                Value::None
            }
        }
        "ipv4" => {
            if is_v4 {
                Value::str(&*subject.raw)
            } else {
                as_v4(network).map_or(Value::Bool(false), Value::from)
            }
        }
        "ipv6" => {
            if is_v4 {
                let mapped = Version::V6.text(0xffff_0000_0000 | network.ip);
                format!("{mapped}/{}", network.prefix + 96).into()
            } else {
                Value::str(&*subject.raw)
            }
        }
        "link-local" => subject.raw_if(network.is_link_local()),
        "loopback" | "lo" => subject.raw_if(network.is_loopback()),
        "multicast" => subject.raw_if(network.is_multicast()),
        "private" => subject.raw_if(!network.is_multicast() && !network.is_global()),
        "public" => subject.raw_if(!network.is_multicast() && network.is_global()),
        "unicast" => subject.raw_if(!network.is_multicast()),
        "net" => {
            if subject.is_network() {
                network.cidr().into()
            } else {
                Value::None
            }
        }
        "netmask" => text(network.mask()),
        "network" | "network_id" => text(network.first()),
        "network/prefix" | "subnet" => network.with_prefix(network.first()).into(),
        "network_netmask" => with_mask(network.first(), network.mask()),
        "network_wildcard" => with_mask(network.first(), network.host_mask()),
        "prefix" => Value::Int(i64::from(network.prefix)),
        "revdns" => reverse(network).into(),
        "size" => network.size().into(),
        "size_usable" => match network.extent() {
            0 => Value::Int(0),
            1 => Value::Int(2),
            _ => Value::from(network.size() - num_bigint::BigInt::from(2)),
        },
        "type" => if subject.is_network() { "network" } else { "address" }.into(),
        "v4" | "v6" => {
            let function = format!("_ip{query}_query");
            return Err(
                format!("{function}() missing 1 required positional argument: 'value'").into()
            );
        }
        "version" => Value::Int(if is_v4 { 4 } else { 6 }),
        "wrap" if network.version == Version::V4 => subject.raw.as_str().into(),
        "wrap" => bracketed(&subject.raw).into(),
        _ => return Ok(None),
    }))
}

/// An address of IPv4 in the last bits of one of IPv6, mapped or compatible.
fn as_v4(network: &Network) -> Option<String> {
    let high = network.ip >> 32;
    let low = u32::try_from(network.ip & u128::from(u32::MAX)).ok()?;
    let prefix = network.prefix.checked_sub(96)?;
    (high == 0 || high == 0xffff).then(|| format!("{}/{prefix}", std::net::Ipv4Addr::from(low)))
}

fn six_to_four(subject: &Subject) -> Value {
    let network = &subject.network;
    if network.version == Version::V6 {
        let within = network.is_in(&["2002::/16"]) && !subject.is_network();
        return if within { Value::str(&*subject.raw) } else { Value::Bool(false) };
    }
    let is_host = network.extent() == 0 || network.ip != network.first();
    if !is_host || network.is_multicast() {
        return Value::Bool(false);
    }
    let [a, b, c, d] = u32::try_from(network.ip).unwrap_or_default().to_be_bytes();
    format!("2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1/48").into()
}

fn reverse(network: &Network) -> String {
    if network.version == Version::V4 {
        let bytes = u32::try_from(network.ip).unwrap_or_default().to_le_bytes();
        return format!("{}.{}.{}.{}.in-addr.arpa.", bytes[0], bytes[1], bytes[2], bytes[3]);
    }
    let digits: String =
        format!("{:032x}", network.ip).chars().rev().flat_map(|c| [c, '.']).collect();
    format!("{digits}ip6.arpa.")
}

fn usable(subject: &Subject, query: &str) -> Answer {
    if !subject.has_prefix {
        return Err("Not a network address".into());
    }
    let network = &subject.network;
    if query == "peer" {
        return match network.extent() {
            1 => Ok(network.text(network.ip ^ 1).into()),
            3 if network.ip == network.first() => {
                Err(format!("Network address of /{} has no peer", network.prefix).into())
            }
            3 if network.ip == network.last() => {
                Err(format!("Broadcast address of /{} has no peer", network.prefix).into())
            }
            3 => Ok(network.text(network.ip ^ 3).into()),
            _ => Err("Not a point-to-point network".into()),
        };
    }
    let Some((first, last)) = network.usable() else { return Ok(Value::None) };
    // netaddr takes a small number for an address of IPv4.
    let text = |ip: u128| match u32::try_from(ip) {
        Ok(_) => Version::V4.text(ip),
        Err(_) => network.text(ip),
    };
    let within = |ip: u128| if first <= ip && ip <= last { text(ip).into() } else { Value::None };
    Ok(match query {
        "first_usable" => text(first).into(),
        "last_usable" => text(last).into(),
        "next_usable" => network.ip.checked_add(1).map_or(Value::None, within),
        "previous_usable" => match network.ip.checked_sub(1) {
            Some(ip) => within(ip),
            None => return Err("failed to detect a valid IP address from -1".into()),
        },
        _ => format!("{}-{}", text(first), text(last)).into(),
    })
}
