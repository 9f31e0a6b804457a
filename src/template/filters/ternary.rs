//! `ternary`: one value where the input is true, another where it is false.

use super::Filter;
use crate::{
    template::{TemplateError, expression::is_lenient},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "ternary",
    aliases: &[],
    summary: "One value for true, another for false, a third for None",
    params: &["true_val", "false_val", "none_val"],
    examples: &[
        ("{{ true | ternary('a', 'b') }}", "a"),
        ("{{ '' | ternary('a', 'b') }}", "b"),
        ("{{ none | ternary('a', 'b', 'c') }}", "c"),
        ("{{ none | ternary('a', 'b') }}", "b"),
    ],
    takes_undefined: true,
    call: |call| {
        if let Value::Undefined(undefined) = &call.value
            && !is_lenient(&call.value)
        {
            return Err(TemplateError::from(&**undefined).into());
        }
        let none = matches!(call.value, Value::None);
        Ok(match call.some(2) {
            Some(value) if none => value.clone(),
            _ if call.value.is_true() => call.required(0, "true_val")?.clone(),
            _ => call.required(1, "false_val")?.clone(),
        })
    },
};
