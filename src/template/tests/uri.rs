//! `uri`: whether text is an identifier with a scheme.

use super::Test;
use crate::value::Value;

pub(super) static UNIT: Test = Test {
    name: "uri",
    aliases: &[],
    summary: "Whether text is a URI, perhaps of certain schemes",
    params: &["schemes"],
    examples: &[
        ("{{ 'http://a/b' is uri }}", "True"),
        ("{{ 'a' is uri }}", "True"),
        ("{{ 'mailto:x@y' is uri(['mailto']) }}", "True"),
        ("{{ 'http://a' is uri(['https']) }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        // Python splits what is nothing, whatever its type.
        Ok((matches!(call.value, Value::Str(_)) || !call.value.is_true())
            && (call.some(0).is_none()
                || super::uri_parts(&call.input_text(), call.some(0)).is_some()))
    },
};
