//! `python_literal_eval`: the value that a text is as Python writes it.

use super::Filter;
use crate::{template::tree::Expression, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible._protomatter.python_literal_eval",
    aliases: &[],
    summary: "The value of a literal of Python",
    params: &["ignore_errors"],
    examples: &[
        ("{{ '[1, None]' | ansible._protomatter.python_literal_eval }}", "[1, None]"),
        ("{{ 'x[1]' | ansible._protomatter.python_literal_eval(ignore_errors=True) }}", "x[1]"),
        (
            "{{ 1 | ansible._protomatter.python_literal_eval }}",
            "The filter plugin 'ansible._protomatter.python_literal_eval' failed: The `value` to eval must be a string.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let text = match &call.value {
            Value::Str(text) => text.to_string(),
            _ => return Err("The `value` to eval must be a string.".into()),
        };
        match call.eval.env.literal(&text, is_literal) {
            Some(value) => Ok(value),
            None if call.arg(0).is_some_and(Value::is_true) => Ok(call.value.clone()),
            None => Err("malformed node or string on line 1".into()),
        }
    },
};

fn is_literal(expression: &Expression) -> bool {
    match expression {
        Expression::Const(_) => true,
        Expression::List(items) | Expression::Tuple(items) => items.iter().all(is_literal),
        Expression::Dict(entries) => {
            entries.iter().all(|(key, value)| is_literal(key) && is_literal(value))
        }
        _ => false,
    }
}
