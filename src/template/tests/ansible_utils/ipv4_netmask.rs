//! `ipv4_netmask`: whether text is a network mask.

use super::Test;
use super::{is_netmask, one};
use crate::template::addresses::Version;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ipv4_netmask",
    aliases: &[],
    summary: "Whether text is a mask of a network",
    params: &[],
    examples: &[
        ("{{ '255.255.255.128' is ansible.utils.ipv4_netmask }}", "True"),
        ("{{ '0.0.0.255' is ansible.utils.ipv4_netmask }}", "False"),
        ("{{ '255.0.255.0' is ansible.utils.ipv4_netmask }}", "False"),
        ("{{ '0.0.0.0' is ansible.utils.ipv4_netmask }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.version == Version::V4 && is_netmask(ip.ip))),
};
