//! `origin`: where a value stands; what is not named by an expression stands nowhere.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "ansible._protomatter.origin",
    aliases: &[],
    summary: "Where a value stands",
    params: &[],
    examples: &[
        ("{{ 'a' | ansible._protomatter.origin is none }}", "True"),
        ("{{ [1] | ansible._protomatter.origin is none }}", "True"),
    ],
    takes_undefined: false,
    call: |_| Ok(Value::None),
};
