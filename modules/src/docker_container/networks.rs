//! The networks of a container.

use super::{
    Args,
    compare::{Difference, Methods},
    parts::Network,
    work::Work,
};
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
    /// What the task says of it, in its order.
    keys: Vec<String>,
}

/// Reads the networks of the task; each must be there.
pub(super) fn wanted(args: &Args, api: &Api<'_>) -> Result<Vec<Wanted>> {
    let mut found = Vec::new();
    for given in args.networks.iter().flatten() {
        let asked: Network = part("community.docker.docker_container", "networks", given)?;
        api.since(asked.mac_address.is_some(), "networks.mac_address", 44)?;
        api.since(asked.gw_priority.is_some(), "networks.gw_priority", 48)?;
        let id = api.network_id(&asked.name)?.ok_or_else(|| {
            Failure::new(format!(
                "Parameter error: network named {} could not be found. Does it exist?",
                asked.name
            ))
        })?;
        found.push(Wanted { asked, id, keys: given.keys().cloned().collect() });
    }
    Ok(found)
}

/// Returns a network as results tell it: what the task says, in its order, with name and number where it is `whole`.
pub(super) fn shown(wanted: &Wanted, whole: bool) -> JsonMap {
    let network = &wanted.asked;
    let mut all = [
        ("name", Json::from(network.name.as_str())),
        ("ipv4_address", network.ipv4_address.as_deref().into()),
        ("ipv6_address", network.ipv6_address.as_deref().into()),
        ("aliases", network.aliases.clone().into()),
        ("links", network.links.clone().into()),
        ("mac_address", network.mac_address.as_deref().into()),
    ];
    let given = |key: &str| wanted.keys.iter().position(|known| known == key);
    all.sort_by_key(|(key, _)| given(key).unwrap_or(usize::MAX));
    let mut found: JsonMap = all
        .into_iter()
        .filter(|(key, _)| whole || *key != "name")
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    if whole {
        found.insert("id".to_owned(), wanted.id.as_str().into());
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

/// Returns the links of the task as the engine tells them: `/other:/own/alias`.
pub(super) fn links(args: &Args) -> Option<Json> {
    let whole = |link: &String| {
        let (target, alias) = link.split_once(':').unwrap_or((link, link));
        Json::from(format!("/{target}:/{}/{alias}", args.name))
    };
    Some(args.links.as_ref()?.iter().map(whole).collect())
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
    if methods.ignores("networks") {
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
    if methods.only_named_networks() && args.networks.is_some() {
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

impl Work<'_> {
    pub(super) fn network_mode(&self, wanted: &[Wanted]) -> Result<Option<String>> {
        if let Some(mode) = &self.args.network_mode {
            return self.by_id(mode).map(Some);
        }
        let first = wanted.first().filter(|_| self.args.networks_cli_compatible);
        Ok(first.map(|network| network.asked.name.clone()))
    }

    pub(super) fn network_mode_difference(
        &self,
        wanted: &[Wanted],
        container: &Json,
    ) -> Result<Option<Difference>> {
        let Some(mode) = self.network_mode(wanted)? else { return Ok(None) };
        let now = container["HostConfig"]["NetworkMode"].as_str().unwrap_or_default();
        // The engine's default is the bridge, also by that name.
        let alike = mode == now || mode == "default" && now == "bridge";
        // Networks that are named may be joined and left as it runs.
        let id = wanted.first().map_or("", |network| network.id.as_str());
        if self.methods.ignores("network_mode") || alike || now == id {
            return Ok(None);
        }
        Ok(Some(Difference {
            name: "network_mode",
            wanted: mode.into(),
            found: now.into(),
            live: false,
        }))
    }

    pub(super) fn change_networks(&mut self, id: &str, plan: &Plan<'_>) -> Result<()> {
        self.changed = true;
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (network, now) in &plan.join {
            let name = &network.asked.name;
            let parameters = shown(network, true);
            let before = now.as_ref().map(|now| shown_now(name, now));
            joined.push(serde_json::json!({"parameter": parameters, "container": before}));
            self.told(&format!("network.{name}"), before, parameters.clone());
            if now.is_some() {
                self.actions.push(serde_json::json!({"removed_from_network": name}));
                self.leave(id, name, &network.id)?;
            }
            self.actions.push(
                serde_json::json!({"added_to_network": name, "network_parameters": parameters}),
            );
            self.join(id, network)?;
        }
        for (name, network) in &plan.leave {
            let before = serde_json::json!({"name": name, "id": network});
            left.push(before.clone());
            self.told(&format!("network.{name}"), before, Json::Null);
            self.actions.push(serde_json::json!({"removed_from_network": name}));
            self.leave(id, name, network)?;
        }
        for (what, networks) in [("network_differences", joined), ("purge_networks", left)] {
            if !networks.is_empty() {
                let differences = self.differences.get_or_insert_default();
                differences.push(serde_json::json!({what: networks}));
            }
        }
        Ok(())
    }

    fn leave(&self, id: &str, name: &str, network: &str) -> Result<()> {
        if self.host.checking() {
            return Ok(());
        }
        // Before its start a container does not know the number.
        let network = if network.is_empty() { name } else { network };
        let path = format!("/networks/{}/disconnect", segment(network));
        let body = serde_json::json!({"Container": id});
        self.api.call("POST", &path, &[], Some(&body)).map(drop).map_err(|error| {
            error.while_doing(format!("Error disconnecting container from network {name}"))
        })
    }

    fn join(&self, id: &str, network: &Wanted) -> Result<()> {
        if self.host.checking() {
            return Ok(());
        }
        let path = format!("/networks/{}/connect", segment(&network.id));
        let body = serde_json::json!({
            "Container": id, "EndpointConfig": endpoint(&network.asked),
        });
        self.api.call("POST", &path, &[], Some(&body)).map(drop).map_err(|error| {
            let name = &network.asked.name;
            error.while_doing(format!("Error connecting container to network {name}"))
        })
    }
}
