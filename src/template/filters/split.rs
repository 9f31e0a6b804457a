//! `split`: the parts of a text.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "split",
    aliases: &[],
    summary: "The parts of a text between blanks, or between what is named",
    params: &["sep", "maxsplit"],
    examples: &[
        ("{{ 'a,b,c' | split(',') }}", "['a', 'b', 'c']"),
        ("{{ ' a  b ' | split }}", "['a', 'b']"),
        ("{{ 'a,b,c' | split(',', 1) }}", "['a', 'b,c']"),
    ],
    takes_undefined: false,
    call: |call| {
        let Value::Str(text) = &call.value else {
            return Err(format!(
                "descriptor 'split' for 'str' objects doesn't apply to a '{}' object",
                call.value.type_name()
            )
            .into());
        };
        let separator = match call.some(0) {
            None => None,
            Some(Value::Str(separator)) if separator.is_empty() => {
                return Err("empty separator".into());
            }
            Some(Value::Str(separator)) => Some(&**separator),
            Some(other) => {
                return Err(format!("must be str or None, not {}", other.type_name()).into());
            }
        };
        let parts = crate::template::methods::split(text, separator, call.int(1, -1)?, false);
        Ok(Value::list(parts.into_iter().map(Value::str)))
    },
};
