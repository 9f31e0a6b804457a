//! `ip`: whether text is an address or a network.

use super::Test;
use super::network;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.ip",
    aliases: &[],
    summary: "Whether text is an IP address or a network",
    params: &[],
    examples: &[
        ("{{ '10.1.1.1' is ansible.utils.ip }}", "True"),
        ("{{ '10.1.1.0/24' is ansible.utils.ip }}", "True"),
        ("{{ '10.1.1.1/24' is ansible.utils.ip }}", "False"),
        ("{{ 'x' is ansible.utils.ip }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(network(&call.input_text()).is_some_and(|_| true)),
};
