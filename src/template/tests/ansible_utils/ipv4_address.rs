//! `ipv4_address`: whether text is an address of IPv4.

use super::Test;
use super::one;
use crate::template::addresses::Version;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ipv4_address",
    aliases: &[],
    summary: "Whether text is an address of IPv4",
    params: &[],
    examples: &[
        ("{{ '10.1.1.1' is ansible.utils.ipv4_address }}", "True"),
        ("{{ '10.1.1.0/24' is ansible.utils.ipv4_address }}", "False"),
        ("{{ '::1' is ansible.utils.ipv4_address }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.version == Version::V4)),
};
