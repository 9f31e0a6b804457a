//! `ipv4`: whether text is an address or a network of IPv4.

use super::Test;
use super::network;
use crate::template::addresses::Version;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ipv4",
    aliases: &[],
    summary: "Whether text is an address or a network of IPv4",
    params: &[],
    examples: &[
        ("{{ '10.1.1.1' is ansible.utils.ipv4 }}", "True"),
        ("{{ '10.1.1.0/24' is ansible.utils.ipv4 }}", "True"),
        ("{{ '::1' is ansible.utils.ipv4 }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(network(&call.input_text()).is_some_and(|network| network.version == Version::V4))
    },
};
