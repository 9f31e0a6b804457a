//! `public`: whether text is a public address.

use super::Test;
use super::one;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.public",
    aliases: &[],
    summary: "Whether text is a public address",
    params: &[],
    examples: &[
        ("{{ '8.8.8.8' is ansible.utils.public }}", "True"),
        ("{{ '10.0.0.1' is ansible.utils.public }}", "False"),
        ("{{ '8.8.8.0/24' is ansible.utils.public }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.is_global())),
};
