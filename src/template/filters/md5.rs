//! `md5`: the MD5 digest of text.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "md5",
    aliases: &[],
    summary: "The MD5 digest of text",
    params: &[],
    examples: &[
        ("{{ 'test' | md5 }}", "098f6bcd4621d373cade4e832627b4f6"),
        ("{{ 'windlass' | md5 }}", "3cc35e42c33dedb66a26dceb0f0fa61c"),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::template::digests::hex("md5", call.input_text().as_bytes())?.into()),
};
