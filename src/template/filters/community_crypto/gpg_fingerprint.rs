//! `gpg_fingerprint`: the fingerprint of a key of OpenPGP.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "community.crypto.gpg_fingerprint",
    aliases: &[],
    summary: "The fingerprint of a public or private key of OpenPGP, as `gpg` finds it",
    params: &[],
    examples: &[
        (
            "{{ 42 | community.crypto.gpg_fingerprint }}",
            "The filter plugin 'community.crypto.gpg_fingerprint' failed: The input for the community.crypto.gpg_fingerprint filter must be a string; got <class 'int'> instead",
        ),
        (
            "{{ none | community.crypto.gpg_fingerprint }}",
            "The filter plugin 'community.crypto.gpg_fingerprint' failed: The input for the community.crypto.gpg_fingerprint filter must be a string; got <class 'NoneType'> instead",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        match &call.value {
        Value::Str(key) => Ok(super::gpg::fingerprint("/dev/stdin", key.as_bytes())?.into()),
        other => Err(format!(
            "The input for the community.crypto.gpg_fingerprint filter must be a string; got {} instead",
            crate::template::filters::python_class(other)
        )
        .into()),
    }
    },
};
