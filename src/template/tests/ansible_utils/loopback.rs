//! `loopback`: whether text is a loopback address.

use super::Test;
use super::one;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.loopback",
    aliases: &[],
    summary: "Whether text is a loopback address",
    params: &[],
    examples: &[
        ("{{ '127.0.0.1' is ansible.utils.loopback }}", "True"),
        ("{{ '10.0.0.1' is ansible.utils.loopback }}", "False"),
        ("{{ '127.0.0.0/8' is ansible.utils.loopback }}", "False"),
        ("{{ 'x' is ansible.utils.loopback }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.is_loopback())),
};
