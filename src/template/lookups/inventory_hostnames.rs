//! `inventory_hostnames`: the hosts that a pattern means.

use super::{Found, Lookup, Query};
use crate::{
    template::{filters::as_dict, glob},
    value::Value,
};

pub(super) static UNIT: Lookup = Lookup {
    name: "inventory_hostnames",
    aliases: &[],
    summary: "The hosts that a pattern means",
    examples: &[
        ("{{ query('inventory_hostnames', 'web') }}", "['web1']"),
        ("{{ query('inventory_hostnames', 'all:!web') }}", "['db1']"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let groups = query.env.eval_expression("groups", None)?;
    let Some(groups) = as_dict(&groups) else { return Err("'groups'".into()) };
    let all: Vec<Value> =
        groups.get("all").and_then(Value::as_list).map(|hosts| hosts.to_vec()).unwrap_or_default();
    let members = |name: &str| -> Vec<Value> {
        let pattern: Vec<char> = name.chars().collect();
        let mut members = Vec::new();
        let matching = groups.iter().filter(|(group, _)| {
            glob::matches(&pattern, &group.to_text().chars().collect::<Vec<_>>())
        });
        for (_, hosts) in matching {
            members.extend(hosts.as_list().map(|hosts| hosts.to_vec()).unwrap_or_default());
        }
        members.extend(
            all.iter()
                .filter(|host| glob::matches(&pattern, &host.to_text().chars().collect::<Vec<_>>()))
                .cloned(),
        );
        members
    };
    let patterns = query.names().join(",");
    let parts = || patterns.split([',', ':']).map(str::trim).filter(|part| !part.is_empty());
    let mut hosts: Vec<Value> = Vec::new();
    if parts().all(|part| part.starts_with(['!', '&'])) {
        hosts.clone_from(&all);
    }
    for part in parts().filter(|part| !part.starts_with(['!', '&'])) {
        for host in members(part) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
    }
    for part in parts() {
        if let Some(name) = part.strip_prefix('&') {
            let keep = members(name);
            hosts.retain(|host| keep.contains(host));
        } else if let Some(name) = part.strip_prefix('!') {
            let drop = members(name);
            hosts.retain(|host| !drop.contains(host));
        }
    }
    Ok(hosts)
}
