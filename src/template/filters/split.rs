//! `split`: the parts of a text.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "split",
    aliases: &[],
    summary: "The parts of a text",
    params: &["sep", "maxsplit"],
    examples: &[(
        "{{ 'a,b,c' | split(',') }} {{ ' a  b ' | split }} {{ 'a,b,c' | split(',', 1) }}",
        "['a', 'b', 'c'] ['a', 'b'] ['a', 'b,c']",
    )],
    takes_undefined: false,
    call: |call| {
        let Value::Str(text) = &call.value else {
            return Err(format!(
                "descriptor 'split' for 'str' objects doesn't apply to a '{}' object",
                call.value.type_name()
            )
            .into());
        };
        let separator = call.some(0).map(Value::to_text);
        if separator.as_deref() == Some("") {
            return Err("empty separator".into());
        }
        let parts =
            crate::template::methods::split(text, separator.as_deref(), call.int(1, -1)?, false);
        Ok(Value::list(parts.into_iter().map(Value::str)))
    },
};
