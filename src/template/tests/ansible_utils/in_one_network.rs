//! `in_one_network`: whether an address lies in exactly one of several networks.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.in_one_network",
    aliases: &[],
    summary: "Whether an address lies in exactly one of several networks",
    params: &["networks"],
    examples: &[
        ("{{ '10.1.1.1' is ansible.utils.in_one_network(['11.0.0.0/8','10.0.0.0/8']) }}", "True"),
        ("{{ '10.1.1.1' is ansible.utils.in_one_network(['10.1.0.0/16','10.0.0.0/8']) }}", "False"),
        ("{{ '10.1.1.1' is ansible.utils.in_one_network(['11.0.0.0/8']) }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let count = super::holders(call)?;
        Ok(count == 1)
    },
};
