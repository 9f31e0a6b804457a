//! `reserved`: whether text is a reserved address.

use super::Test;
use super::{is_reserved, one};

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.reserved",
    aliases: &[],
    summary: "Whether text is an address that is reserved for later use",
    params: &[],
    examples: &[
        ("{{ '240.0.0.1' is ansible.utils.reserved }}", "True"),
        ("{{ '10.0.0.1' is ansible.utils.reserved }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(one(call).is_some_and(|ip| is_reserved(&ip))),
};
