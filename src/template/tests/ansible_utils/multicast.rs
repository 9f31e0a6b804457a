//! `multicast`: whether text is a multicast address.

use super::Test;
use super::one;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.multicast",
    aliases: &[],
    summary: "Whether text is a multicast address",
    params: &[],
    examples: &[
        ("{{ '224.0.0.1' is ansible.utils.multicast }}", "True"),
        ("{{ '10.0.0.1' is ansible.utils.multicast }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.is_multicast())),
};
