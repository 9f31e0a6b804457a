//! `network_in_usable`: whether addresses are usable in a network.

use super::Filter;
use crate::{template::addresses::Network, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.network_in_usable",
    aliases: &["ansible.netcommon.network_in_usable", "network_in_usable"],
    summary: "Whether an address or a network lies within what hosts of a network may have",
    params: &["test"],
    examples: &[
        ("{{ '10.0.0.0/24' | ansible.utils.network_in_usable('10.0.0.1') }}", "True"),
        ("{{ '10.0.0.0/24' | ansible.utils.network_in_usable('10.0.0.255') }}", "False"),
        ("{{ '10.0.0.0/24' | ansible.utils.network_in_usable('10.0.0.16/28') }}", "True"),
    ],
    takes_undefined: false,
    call: |call| {
        let usable =
            |network: Network| network.usable().unwrap_or((network.first(), network.last()));
        // What is no address counts as zero, as Python's `False` does.
        let (first, last) = Network::parse(&call.input_text()).map_or((0, 0), usable);
        let (from, to) = Network::bounds(&call.text(0, ""));
        Ok(Value::Bool(first <= from && to <= last))
    },
};
