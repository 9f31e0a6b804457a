//! `vault_encrypted`: whether text is a vault's.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "vault_encrypted",
    aliases: &[],
    summary: "Whether text is encrypted by vault",
    params: &[],
    examples: &[
        ("{{ 'a' is vault_encrypted }}", "False"),
        ("{{ '$ANSIBLE_VAULT;1.1;AES256' is vault_encrypted }}", "False"),
    ],
    takes_undefined: false,
    call: |_| Ok(false),
};
