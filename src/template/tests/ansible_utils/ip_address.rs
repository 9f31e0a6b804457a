//! `ip_address`: whether text is an address.

use super::Test;
use super::one;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ip_address",
    aliases: &[],
    summary: "Whether text is an IP address",
    params: &[],
    examples: &[
        ("{{ '10.1.1.1' is ansible.utils.ip_address }}", "True"),
        ("{{ '10.1.1.0/24' is ansible.utils.ip_address }}", "False"),
        ("{{ 'x' is ansible.utils.ip_address }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.prefix == ip.version.bits())),
};
