//! The networks of a container.

use super::{Args, compare::Methods, parts::Network};
use crate::{
    docker::{Api, segment},
    host::{Failure, Result},
    spec::{Json, JsonMap, part, python_str},
};

/// A network as the task names it, with the engine's number of it.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) asked: Network,
    pub(super) id: String,
}

/// Reads the networks of the task; each must be there.
pub(super) fn wanted(args: &Args, api: &Api<'_>) -> Result<Vec<Wanted>> {
    let mut found = Vec::new();
    for given in args.networks.iter().flatten() {
        let asked: Network = part("community.docker.docker_container", "networks", given)?;
        api.since(asked.mac_address.is_some(), "networks.mac_address", 44)?;
        api.since(asked.gw_priority.is_some(), "networks.gw_priority", 48)?;
        let path = format!("/networks/{}", segment(&asked.name));
        let known = api.find(&path).map_err(|error| {
            error.while_doing(format!("Error getting network id for {}", asked.name))
        })?;
        let id =
            known.and_then(|known| known["Id"].as_str().map(str::to_owned)).ok_or_else(|| {
                Failure::new(format!(
                    "Parameter error: network named {} could not be found. Does it exist?",
                    asked.name
                ))
            })?;
        found.push(Wanted { asked, id });
    }
    Ok(found)
}

/// Returns a network as results tell it: what the task says, and `id` where it is known.
pub(super) fn shown(network: &Network, id: Option<&str>) -> JsonMap {
    let mut found = JsonMap::new();
    let mut set = |key: &str, value: Json| {
        found.insert(key.to_owned(), value);
    };
    set("ipv4_address", network.ipv4_address.as_deref().into());
    set("ipv6_address", network.ipv6_address.as_deref().into());
    set("aliases", network.aliases.clone().into());
    set("links", network.links.clone().into());
    set("mac_address", network.mac_address.as_deref().into());
    if let Some(id) = id {
        set("name", network.name.as_str().into());
        set("id", id.into());
    }
    found
}

/// Returns a network that a container has joined as results tell it.
pub(super) fn shown_now(name: &str, now: &Json) -> Json {
    let address =
        |key: &str| now["IPAMConfig"][key].as_str().filter(|text| !text.is_empty()).map(Json::from);
    serde_json::json!({
        "name": name,
        "ipv4_address": address("IPv4Address"),
        "ipv6_address": address("IPv6Address"),
        "aliases": now["Aliases"],
        "links": now["Links"],
        "mac_address": now["MacAddress"],
    })
}

/// Returns what the engine is told of a network that a container joins.
pub(super) fn endpoint(network: &Network) -> JsonMap {
    let mut found = JsonMap::new();
    let mut addresses = JsonMap::new();
    if let Some(address) = &network.ipv4_address {
        addresses.insert("IPv4Address".to_owned(), address.as_str().into());
    }
    if let Some(address) = &network.ipv6_address {
        addresses.insert("IPv6Address".to_owned(), address.as_str().into());
    }
    if !addresses.is_empty() {
        found.insert("IPAMConfig".to_owned(), addresses.into());
    }
    if let Some(aliases) = &network.aliases {
        found.insert("Aliases".to_owned(), aliases.clone().into());
    }
    if let Some(links) = &network.links {
        let links: Vec<String> = links.iter().map(|link| with_alias(link)).collect();
        found.insert("Links".to_owned(), links.into());
    }
    if let Some(address) = &network.mac_address {
        found.insert("MacAddress".to_owned(), address.as_str().into());
    }
    if let Some(options) = &network.driver_opts {
        let texts: JsonMap =
            options.iter().map(|(key, value)| (key.clone(), python_str(value).into())).collect();
        found.insert("DriverOpts".to_owned(), texts.into());
    }
    if let Some(priority) = network.gw_priority {
        found.insert("GwPriority".to_owned(), priority.into());
    }
    found
}

fn with_alias(link: &str) -> String {
    if link.contains(':') { link.to_owned() } else { format!("{link}:{link}") }
}

/// What there is to do with networks.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    /// Those to join, with what the container has there now.
    pub(super) join: Vec<(&'a Wanted, Option<Json>)>,
    /// Those to leave: name and number.
    pub(super) leave: Vec<(String, String)>,
}

impl Plan<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.join.is_empty() && self.leave.is_empty()
    }
}

/// Returns which networks a container must join and leave.
pub(super) fn plan<'a>(
    args: &Args,
    methods: &Methods,
    wanted: &'a [Wanted],
    container: &Json,
) -> Plan<'a> {
    let mut plan = Plan::default();
    if methods.ignores("networks") && !args.purge_networks {
        return plan;
    }
    let none = JsonMap::new();
    let joined = container["NetworkSettings"]["Networks"].as_object().unwrap_or(&none);
    for network in wanted {
        match joined.get(&network.asked.name) {
            None => plan.join.push((network, None)),
            Some(now) if !fits(&network.asked, now, container) => {
                plan.join.push((network, Some(now.clone())));
            }
            Some(_) => (),
        }
    }
    if methods.only_named_networks(args) && (args.networks.is_some() || args.purge_networks) {
        for (name, now) in joined {
            if wanted.iter().all(|network| network.asked.name != *name) {
                let id = now["NetworkID"].as_str().unwrap_or_default().to_owned();
                plan.leave.push((name.clone(), id));
            }
        }
    }
    plan
}

fn fits(asked: &Network, now: &Json, container: &Json) -> bool {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let address = |asked: &Option<String>, key: &str| {
        asked.as_ref().is_none_or(|asked| text(&now["IPAMConfig"][key]) == *asked)
    };
    let all = |asked: &[String], key: &str, given: fn(&str) -> String| {
        let known: Vec<&str> =
            now[key].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        asked.iter().all(|one| known.contains(&given(one).as_str()))
    };
    let id = text(&container["Id"]);
    let options = asked.driver_opts.iter().flatten();
    address(&asked.ipv4_address, "IPv4Address")
        && address(&asked.ipv6_address, "IPv6Address")
        && asked.aliases.as_ref().is_none_or(|aliases| {
            // The engine adds a container's number itself.
            let others: Vec<String> =
                aliases.iter().filter(|alias| !id.starts_with(alias.as_str())).cloned().collect();
            all(&others, "Aliases", str::to_owned)
        })
        && asked.links.as_ref().is_none_or(|links| all(links, "Links", with_alias))
        && asked
            .mac_address
            .as_ref()
            .is_none_or(|mac| text(&now["MacAddress"]) == mac.to_lowercase().replace('-', ":"))
        && asked
            .gw_priority
            .is_none_or(|priority| now["GwPriority"].as_i64().unwrap_or(0) == priority)
        && options
            .into_iter()
            .all(|(key, value)| text(&now["DriverOpts"][key]) == python_str(value))
}
