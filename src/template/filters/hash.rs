//! `hash`: the digest of text.

use std::sync::Arc;

use super::{Filter, Refusal};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "hash",
    aliases: &[],
    summary: "The digest of text by an algorithm; SHA-1 where none is named",
    params: &["hashtype"],
    examples: &[
        (
            "{{ 'test' | hash }} {{ 'test' | hash('md5') }} {{ 'test' | hash('sha256') }}",
            "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 098f6bcd4621d373cade4e832627b4f6 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        (
            "{{ 'test' | hash('nope') }}",
            "The filter plugin 'ansible.builtin.hash' failed: unsupported hash type nope",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let kind = match call.arg(0) {
            None => "sha1".into(),
            Some(Value::Str(kind)) => Arc::clone(kind),
            Some(_) => return Err("name must be a string".into()),
        };
        let digest = crate::template::digests::hex(&kind, call.input_text().as_bytes());
        Ok(digest.map_err(Refusal::Apart)?.into())
    },
};
