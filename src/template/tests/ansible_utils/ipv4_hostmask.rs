//! `ipv4_hostmask`: whether text is a host mask.

use super::Test;
use super::one;
use crate::template::addresses::Version;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ipv4_hostmask",
    aliases: &[],
    summary: "Whether text is a mask of the hosts of a network",
    params: &[],
    examples: &[
        ("{{ '0.0.0.255' is ansible.utils.ipv4_hostmask }}", "True"),
        ("{{ '255.255.255.0' is ansible.utils.ipv4_hostmask }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(one(call)
            .is_some_and(|ip| ip.version == Version::V4 && ip.ip != 0 && ip.ip & (ip.ip + 1) == 0))
    },
};
