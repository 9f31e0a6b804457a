//! `vault`: a text as a vault that a password opens.

use super::Filter;
use crate::{
    value::Value,
    vault::{self, Salt},
};

pub(super) static UNIT: Filter = Filter {
    name: "vault",
    aliases: &[],
    summary: "A text as a vault that a password opens",
    params: &["secret", "salt", "vault_id", "wrap_object", "vaultid"],
    examples: &[
        (
            "{{ 'abc' | vault('pw', 's', 'default') }}",
            "$ANSIBLE_VAULT;1.1;AES256\n37330a39373765303239336532613065326665613830393837616238653666396639396634636532\n6431613765313730376537386630303839383264623339626163380a333565643136656137326231\n6366663063326136643138336138373135343135\n",
        ),
        (
            "{{ 12 | vault('pw') }}",
            "The filter plugin 'ansible.builtin.vault' failed: Can only vault strings, instead we got <class 'int'>.",
        ),
        (
            "{{ 'a' | vault(3) }}",
            "The filter plugin 'ansible.builtin.vault' failed: Secret passed is required to be a string, instead we got <class 'int'>.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let class = |value: &Value| format!("<class '{}'>", value.type_name());
        let secret = call.some(0).cloned().unwrap_or_default();
        let Value::Str(secret) = &secret else {
            return Err(format!(
                "Secret passed is required to be a string, instead we got {}.",
                class(&secret)
            )
            .into());
        };
        let Value::Str(text) = call.value.clone() else {
            return Err(
                format!("Can only vault strings, instead we got {}.", class(&call.value)).into()
            );
        };
        let salt = call.some(1).map(Value::to_text);
        let id = call.text(2, "filter_default");
        let salt = Salt::of(salt.as_deref())?;
        Ok(vault::encrypt(text.as_bytes(), secret.as_bytes(), &id, &salt).into())
    },
};
