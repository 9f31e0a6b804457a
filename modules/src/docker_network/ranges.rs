//! Ranges of a network's addresses.

use windlass_macros::Args;

use super::{Difference, texts};
use crate::{
    host::{Failure, Result},
    spec::{Json, JsonMap, part},
};

/// A range of addresses
#[derive(Args)]
struct Range {
    /// The range
    subnet: Option<String>,
    /// Part of it that addresses are given from
    iprange: Option<String>,
    /// Address of the way out
    gateway: Option<String>,
    /// Addresses that others have
    aux_addresses: Option<JsonMap>,
}

/// Reads a range as the engine has it.
pub(super) fn read(given: &JsonMap) -> Result<JsonMap> {
    let given: Range = part("community.docker.docker_network", "ipam_config", given)?;
    let mut found = JsonMap::new();
    let Some(subnet) = &given.subnet else {
        return Err(Failure::raised("expected string or bytes-like object, got 'NoneType'"));
    };
    let (address, bits) = subnet.split_once('/').unwrap_or((subnet, ""));
    let valid = address.parse::<std::net::IpAddr>().is_ok() && bits.parse::<u8>().is_ok();
    if !valid {
        return Err(Failure::new(format!("\"{subnet}\" is not a valid CIDR")));
    }
    for (key, value) in
        [("Subnet", &given.subnet), ("IPRange", &given.iprange), ("Gateway", &given.gateway)]
    {
        if let Some(value) = value {
            found.insert(key.to_owned(), value.as_str().into());
        }
    }
    if let Some(others) = &given.aux_addresses {
        found.insert("AuxiliaryAddresses".to_owned(), texts(others).into());
    }
    Ok(found)
}

/// Keys of a range, as the engine and as the task has them.
const RANGE: [(&str, &str); 4] = [
    ("Subnet", "subnet"),
    ("IPRange", "iprange"),
    ("Gateway", "gateway"),
    ("AuxiliaryAddresses", "aux_addresses"),
];

/// Compares ranges: one that is not there as a whole differs in all that it has.
pub(super) fn differences(known: &Json, wanted: &[JsonMap]) -> Vec<Difference> {
    let known: Vec<&Json> = known.as_array().into_iter().flatten().collect();
    if known.is_empty() && !wanted.is_empty() {
        let shown = |range: &JsonMap| -> Json {
            let pairs = RANGE.iter().map(|(key, name)| {
                ((*name).to_owned(), range.get(*key).cloned().unwrap_or_default())
            });
            Json::Object(pairs.collect())
        };
        let wanted = wanted.iter().map(shown).collect();
        return vec![("ipam_config".to_owned(), Json::Array(Vec::new()), wanted)];
    }
    let mut found = Vec::new();
    for (at, wanted) in wanted.iter().enumerate() {
        let same =
            |one: &&Json| wanted.iter().all(|(key, value)| normal(&one[key]) == normal(value));
        if known.iter().any(same) {
            continue;
        }
        for (key, name) in RANGE {
            if let Some(value) = wanted.get(key) {
                found.push((format!("ipam_config[{at}].{name}"), Json::Null, value.clone()));
            }
        }
    }
    found
}

/// Returns addresses as they are compared, in their shortest form.
fn normal(value: &Json) -> Json {
    let one = |text: &str| {
        let (address, rest) = text.split_once('/').map_or((text, None), |(a, r)| (a, Some(r)));
        match (address.parse::<std::net::IpAddr>(), rest) {
            (Ok(address), None) => address.to_string(),
            (Ok(address), Some(rest)) => format!("{address}/{rest}"),
            _ => text.to_owned(),
        }
    };
    match value {
        Json::String(text) => one(text).into(),
        Json::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), normal(value))).collect::<JsonMap>().into()
        }
        other => other.clone(),
    }
}
