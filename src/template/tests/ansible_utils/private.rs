//! `private`: whether text is a private address.

use super::Test;
use super::{is_private, one};

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.private",
    aliases: &[],
    summary: "Whether text is a private address",
    params: &[],
    examples: &[
        ("{{ '10.0.0.1' is ansible.utils.private }}", "True"),
        ("{{ '8.8.8.8' is ansible.utils.private }}", "False"),
        ("{{ '10.0.0.0/8' is ansible.utils.private }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| is_private(&ip))),
};
