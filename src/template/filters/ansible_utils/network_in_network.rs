//! `network_in_network`: whether a network holds another.

use super::Filter;
use crate::{template::addresses::Network, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.network_in_network",
    aliases: &["ansible.netcommon.network_in_network", "network_in_network"],
    summary: "Whether a network holds an address or another network",
    params: &["test"],
    examples: &[
        ("{{ '10.0.0.0/24' | ansible.utils.network_in_network('10.0.0.255') }}", "True"),
        ("{{ '10.0.0.0/24' | ansible.utils.network_in_network('10.0.0.0/23') }}", "False"),
        ("{{ 'x' | ansible.utils.network_in_network('10.0.0.0/24') }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let (first, last) = Network::bounds(&call.input_text());
        let (from, to) = Network::bounds(&call.text(0, ""));
        Ok(Value::Bool(first <= from && to <= last))
    },
};
