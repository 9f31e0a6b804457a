//! `unspecified`: whether text is the address of none.

use super::Test;
use super::one;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.unspecified",
    aliases: &[],
    summary: "Whether text is the address that stands for none",
    params: &[],
    examples: &[
        ("{{ '0.0.0.0' is ansible.utils.unspecified }}", "True"),
        ("{{ '10.0.0.1' is ansible.utils.unspecified }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| ip.ip == 0)),
};
