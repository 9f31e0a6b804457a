//! `ipv6_teredo`: whether text is an address of Teredo.

use super::Test;
use super::one;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ipv6_teredo",
    aliases: &[],
    summary: "Whether text is an address of Teredo",
    params: &[],
    examples: &[
        ("{{ '2001::1' is ansible.utils.ipv6_teredo }}", "True"),
        ("{{ '::1' is ansible.utils.ipv6_teredo }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.is_in(&["2001::/32"]))),
};
