//! `subnet_of`: whether a network lies in another.

use super::Test;
use super::network;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.subnet_of",
    aliases: &[],
    summary: "Whether a network lies in another",
    params: &["network"],
    examples: &[
        ("{{ '10.1.0.0/16' is ansible.utils.subnet_of('10.0.0.0/8') }}", "True"),
        ("{{ '10.0.0.0/8' is ansible.utils.subnet_of('10.1.0.0/16') }}", "False"),
        ("{{ '10.0.0.0/8' is ansible.utils.subnet_of('::/0') }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let pair = (network(&call.input_text()), network(&call.text(0, "")));
        Ok(matches!(pair, (Some(inner), Some(outer)) if outer.holds(&inner)))
    },
};
