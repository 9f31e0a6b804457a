//! `unvault`: what a vault says, opened with a password.

use super::{Filter, call::Refusal};
use crate::{
    template::Below,
    value::Value,
    vault::{Password, Vault, is_vault},
};

pub(super) static UNIT: Filter = Filter {
    name: "unvault",
    aliases: &[],
    summary: "What a vault says, opened with a password",
    params: &["secret", "vault_id", "vaultid"],
    examples: &[
        ("{{ 'abc' | vault('pw', salt='s') | unvault('pw') }}", "abc"),
        ("{{ 'abc' | unvault('pw') }}", "abc"),
        (
            "{{ 'abc' | vault('pw', salt='s') | unvault('pw2') }}",
            "The filter plugin 'ansible.builtin.unvault' failed: Unable to decrypt: Decryption failed (no vault secrets were found that could decrypt).",
        ),
        (
            "{{ 12 | unvault('pw2') }}",
            "The filter plugin 'ansible.builtin.unvault' failed: Vault should be in the form of a string, instead we got <class 'int'>.",
        ),
        (
            "{{ 'a' | unvault(3) }}",
            "The filter plugin 'ansible.builtin.unvault' failed: Secret passed is required to be as string, instead we got <class 'int'>.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let class = |value: &Value| format!("<class '{}'>", value.type_name());
        let secret = call.some(0).cloned().unwrap_or_default();
        let Value::Str(secret) = &secret else {
            return Err(format!(
                "Secret passed is required to be as string, instead we got {}.",
                class(&secret)
            )
            .into());
        };
        let Value::Str(text) = call.value.clone() else {
            return Err(format!(
                "Vault should be in the form of a string, instead we got {}.",
                class(&call.value)
            )
            .into());
        };
        if !is_vault(text.as_bytes()) {
            return Ok(text.into());
        }
        let id = call.text(1, "filter_default").to_string();
        let password = Password { id, secret: secret.as_bytes().to_vec() };
        let opened = Vault::new(vec![password], false).decrypt_with(&text);
        let (plain, _) = opened.map_err(|message| {
            let reason = Below { message, about: Some(text.to_string()), ..Below::default() };
            Refusal::Because("Unable to decrypt".to_owned(), reason)
        })?;
        Ok(String::from_utf8_lossy(&plain).into_owned().into())
    },
};
