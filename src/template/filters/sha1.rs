//! `sha1`: the SHA-1 digest of text.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "sha1",
    aliases: &[],
    summary: "The SHA-1 digest of text",
    params: &[],
    examples: &[
        ("{{ 'test' | sha1 }}", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"),
        ("{{ 'windlass' | sha1 }}", "f36c8fdf3aaa6755e5c4882a6563eb39368fd577"),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::template::digests::hex("sha1", call.input_text().as_bytes())?.into()),
};
