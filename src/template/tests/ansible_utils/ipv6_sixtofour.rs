//! `ipv6_sixtofour`: whether text is an address of 6to4.

use super::Test;
use super::one;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ipv6_sixtofour",
    aliases: &[],
    summary: "Whether text is an address of 6to4",
    params: &[],
    examples: &[
        ("{{ '2002:c0a8:101::1' is ansible.utils.ipv6_sixtofour }}", "True"),
        ("{{ '::1' is ansible.utils.ipv6_sixtofour }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.is_in(&["2002::/16"]))),
};
