//! `urldecode`: text of an address without its escapes.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "urldecode",
    aliases: &[],
    summary: "Text of an address without its escapes",
    params: &["encoding", "errors"],
    examples: &[
        ("{{ 'a%20b+c%C3%A9' | urldecode }}", "a b cé"),
        ("{{ 'x%3D1%26y%3D2' | urldecode }}", "x=1&y=2"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(crate::template::urls::unquote(&call.text_with("replace")?.replace('+', " ")).into())
    },
};
