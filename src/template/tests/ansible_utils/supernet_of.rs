//! `supernet_of`: whether a network holds another.

use super::Test;
use super::network;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.supernet_of",
    aliases: &[],
    summary: "Whether a network holds another",
    params: &["network"],
    examples: &[
        ("{{ '10.0.0.0/8' is ansible.utils.supernet_of('10.1.0.0/16') }}", "True"),
        ("{{ '10.1.0.0/16' is ansible.utils.supernet_of('10.0.0.0/8') }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let pair = (network(&call.input_text()), network(&call.text(0, "")));
        Ok(matches!(pair, (Some(outer), Some(inner)) if outer.holds(&inner)))
    },
};
