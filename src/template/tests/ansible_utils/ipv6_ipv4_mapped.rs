//! `ipv6_ipv4_mapped`: whether text is a mapped address of IPv4.

use super::Test;
use super::one;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ipv6_ipv4_mapped",
    aliases: &[],
    summary: "Whether text is an address of IPv4 that is mapped into IPv6",
    params: &[],
    examples: &[
        ("{{ '::ffff:10.0.0.1' is ansible.utils.ipv6_ipv4_mapped }}", "True"),
        ("{{ '::1' is ansible.utils.ipv6_ipv4_mapped }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.is_in(&["::ffff:0:0/96"]))),
};
