//! `float`: a value as a number with a fraction.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "float",
    aliases: &[],
    summary: "A value as a float, or a default where it is none",
    params: &["default"],
    examples: &[
        ("{{ '3.7' | float }}", "3.7"),
        ("{{ 3 | float }}", "3.0"),
        ("{{ 'x' | float }}", "0.0"),
        ("{{ 'x' | float(1.5) }}", "1.5"),
        ("{{ '1e3' | float }}", "1000.0"),
    ],
    takes_undefined: false,
    call: |call| {
        Ok(match crate::template::numbers::to_float(&call.value) {
            Some(number) => Value::Float(number),
            None => call.arg(0).cloned().unwrap_or(Value::Float(0.0)),
        })
    },
};
