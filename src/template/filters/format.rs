//! `format`: `%` with arguments.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "format",
    aliases: &[],
    summary: "Text with `%s` and its kin filled in",
    params: &["*", "**"],
    examples: &[
        ("{{ '%s is %d' | format('a', 3) }}", "a is 3"),
        ("{{ '%(x)s' | format(x=1) }}", "1"),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let arguments = if call.keywords.is_empty() {
            Value::Tuple(std::sync::Arc::new(call.rest.clone().into()))
        } else {
            Value::dict(call.keywords.iter().cloned())
        };
        Ok(crate::template::formatting::percent(&text, &arguments)?.into())
    },
};
