//! `default`: what to take when a value is undefined.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "default",
    aliases: &["d"],
    summary: "The passed default value where this one is undefined, or also where it is false",
    params: &["default_value", "boolean"],
    examples: &[
        ("{{ nothing | default(3) }}", "3"),
        ("{{ nothing.at.all | d('x') }}", "x"),
        ("{{ '' | default('x', true) }}", "x"),
    ],
    takes_undefined: true,
    call: |call| {
        // What an inline `if` without `else` gives is no undefined variable.
        let absent =
            call.value.is_undefined() && !crate::template::expression::is_lenient(&call.value);
        if let Some(other) = call.arg(1).filter(|given| !matches!(given, Value::Bool(_))) {
            let found = other.type_name();
            let message = format!("The 'boolean' argument must be of type 'bool', not '{found}'.");
            return Err(super::Refusal::Apart(message));
        }
        let replace = absent || call.flag(1, false) && !call.value.is_true();
        Ok(if replace {
            call.arg(0).cloned().unwrap_or_else(|| Value::str(""))
        } else {
            call.value.clone()
        })
    },
};
