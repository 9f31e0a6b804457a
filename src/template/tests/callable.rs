//! `callable`: whether it can be called.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "callable",
    aliases: &[],
    summary: "Whether it can be called as a function",
    params: &[],
    examples: &[("{{ lookup is callable }}", "True"), ("{{ 'a' is callable }}", "False")],
    takes_undefined: false,
    call: |call| {
        Ok(matches!(&call.value, crate::value::Value::Object(object)
    if matches!(object.type_name(), "function" | "Macro" | "builtin_function_or_method" | "Joiner" | "Cycler")))
    },
};
