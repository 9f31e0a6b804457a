//! `usable_range`: all addresses of a network.

use super::{Filter, Refusal};
use crate::{template::addresses::Network, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.usable_range",
    aliases: &["ansible.netcommon.usable_range"],
    summary: "The addresses of a network, and how many they are",
    params: &[],
    examples: &[
        (
            "{{ '192.168.1.0/30' | ansible.utils.usable_range }}",
            "{'usable_ips': ['192.168.1.0', '192.168.1.1', '192.168.1.2', '192.168.1.3'], 'number_of_ips': 4}",
        ),
        (
            "{{ '192.168.1.1' | ansible.utils.usable_range }}",
            "{'usable_ips': ['192.168.1.1'], 'number_of_ips': 1}",
        ),
        (
            "{{ 'x' | ansible.utils.usable_range }}",
            "The filter plugin 'ansible.utils.usable_range' failed: Error while using plugin 'usable_range': 'x' does not appear to be an IPv4 or IPv6 network",
        ),
        (
            "{{ '192.168.1.5/24' | ansible.utils.usable_range }}",
            "The filter plugin 'ansible.utils.usable_range' failed: Error while using plugin 'usable_range': 192.168.1.5/24 has host bits set",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let given = call.input_text();
        let fail = |reason: &str| {
            Refusal::Apart(format!("Error while using plugin 'usable_range': {reason}"))
        };
        let Some(network) = Network::parse(&given) else {
            return Err(fail(&format!("'{given}' does not appear to be an IPv4 or IPv6 network")));
        };
        if network.ip != network.first() {
            return Err(fail(&format!("{given} has host bits set")));
        }
        if network.extent() > MOST {
            return Err(fail("the network is too large"));
        }
        let ips: Vec<Value> =
            (network.first()..=network.last()).map(|ip| network.text(ip).into()).collect();
        let count = Value::from(ips.len());
        Ok(Value::dict([("usable_ips", Value::from(ips)), ("number_of_ips", count)]))
    },
};

/// Addresses beyond which a network is refused: their list would be of no use.
const MOST: u128 = 1 << 22;
