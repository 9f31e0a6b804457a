//! `ipv6_address`: whether text is an address of IPv6.

use super::Test;
use super::one;
use crate::template::addresses::Version;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ipv6_address",
    aliases: &[],
    summary: "Whether text is an address of IPv6",
    params: &[],
    examples: &[
        ("{{ '::1' is ansible.utils.ipv6_address }}", "True"),
        ("{{ '::/64' is ansible.utils.ipv6_address }}", "False"),
        ("{{ '10.0.0.1' is ansible.utils.ipv6_address }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.version == Version::V6)),
};
