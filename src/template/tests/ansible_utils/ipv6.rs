//! `ipv6`: whether text is an address or a network of IPv6.

use super::Test;
use super::network;
use crate::template::addresses::Version;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ipv6",
    aliases: &[],
    summary: "Whether text is an address or a network of IPv6",
    params: &[],
    examples: &[
        ("{{ '::1' is ansible.utils.ipv6 }}", "True"),
        ("{{ '::/64' is ansible.utils.ipv6 }}", "True"),
        ("{{ '10.0.0.1' is ansible.utils.ipv6 }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(network(&call.input_text()).is_some_and(|network| network.version == Version::V6))
    },
};
