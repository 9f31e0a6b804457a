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
        let pair = (Network::parse(&call.input_text()), Network::parse(&call.text(0, "")));
        let (Some(network), Some(other)) = pair else { return Ok(Value::Bool(false)) };
        let (first, last) = network.usable().unwrap_or((network.first(), network.last()));
        let within = first <= other.first() && other.last() <= last;
        Ok(Value::Bool(network.version == other.version && within))
    },
};
