//! `in_network`: whether an address lies in a network.

use super::Test;
use super::network;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.in_network",
    aliases: &[],
    summary: "Whether an address or a network lies in a network",
    params: &["network"],
    examples: &[
        ("{{ '10.1.1.1' is ansible.utils.in_network('10.0.0.0/8') }}", "True"),
        ("{{ 'x' is ansible.utils.in_network('10.0.0.0/8') }}", "False"),
        ("{{ '10.1.1.1' is ansible.utils.in_network('x') }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let pair = (network(&call.input_text()), network(&call.text(0, "")));
        Ok(matches!(pair, (Some(inner), Some(outer)) if outer.holds(&inner)))
    },
};
