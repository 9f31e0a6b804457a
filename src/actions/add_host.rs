//! `add_host`: a host that the inventory does not name. The executor adds it once the task ended well.

use std::sync::Arc;

use super::Action;
use crate::{
    executor::{Call, ENLISTS, Failure, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "add_host",
    spec: Some(manual! {
        /// Adds a host to the inventory of this run, for the plays that come after
        ///
        /// It runs once for all hosts of the play, and nothing is written to the inventory's files. Every other argument is a variable
        /// of the new host.
        ///
        /// # Examples
        /// ```yaml
        /// - name: Remember the machine that was just made
        ///   ansible.builtin.add_host:
        ///     name: "{{ machine.address }}"
        ///     groups: [fresh, web]
        ///     ansible_user: admin
        ///
        /// - name: Reach a container by another port
        ///   ansible.builtin.add_host:
        ///     name: db-in-docker
        ///     ansible_host: 127.0.0.1
        ///     ansible_port: 2222
        /// ```
        {
            /// Name of the host, perhaps with a port: `db1:2222`
            name | host | hostname: String,
            /// Groups that it belongs to, which are made where they are not there
            groups | group | groupname: Vec<String>,
        }
    }),
    open: true,
    needs_host: false,
    run,
};

const NAMES: [&str; 3] = ["name", "hostname", "host"];
const GROUPS: [&str; 3] = ["groups", "groupname", "group"];
/// The names that are no variables of the host besides, as `host` and `group` are.
const NO_VARIABLES: [&str; 4] = ["name", "hostname", "groups", "groupname"];

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let args = match call.args.get("_raw_params") {
        None => &call.args,
        Some(Value::Dict(args)) => &**args,
        Some(other) => {
            return Err(Failure::plain(format!(
                "Invalid raw parameters passed, requires a dictionary/mapping got a  {}",
                super::convert::class(other)
            )));
        }
    };
    let Some(given) =
        NAMES.iter().find_map(|name| args.get(name)).filter(|name| !matches!(name, Value::None))
    else {
        return Err(Failure::plain("name, host or hostname needs to be provided"));
    };
    let given = given.to_text();
    let (name, port) = match given.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') && port.parse::<u16>().is_ok() => {
            (name.to_owned(), Some(port.to_owned()))
        }
        _ => (given, None),
    };
    let groups: Vec<String> = match GROUPS.iter().find_map(|key| args.get(key)) {
        None | Some(Value::None) => Vec::new(),
        Some(Value::List(list)) => list.iter().map(Value::to_text).collect(),
        Some(text) => text
            .to_text()
            .split(',')
            .map(|group| group.trim().to_owned())
            .filter(|group| !group.is_empty())
            .collect(),
    };
    let mut vars: Dict = args
        .iter()
        .filter(|(key, _)| key.as_str().is_none_or(|key| !NO_VARIABLES.contains(&key)))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if let Some(port) = port {
        let number = port.parse::<i64>().map_or_else(|_| Value::str(port), Value::Int);
        vars.insert("ansible_ssh_port", number);
    }
    let mut added = Dict::new();
    added.insert("host_name", name);
    added.insert("groups", Value::list(groups.into_iter().map(Value::from)));
    added.insert("host_vars", Value::Dict(Arc::new(vars)));
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert("add_host", Value::from(added));
    result.insert(ENLISTS, true);
    Ok(Step::Done(result))
}
