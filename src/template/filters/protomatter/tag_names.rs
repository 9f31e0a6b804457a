//! `tag_names`: the marks of a value; what is not named by an expression has none.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "ansible._protomatter.tag_names",
    aliases: &[],
    summary: "The names of a value's marks",
    params: &[],
    examples: &[
        ("{{ 'a' | ansible._protomatter.tag_names }}", "[]"),
        ("{{ [1] | ansible._protomatter.tag_names }}", "[]"),
    ],
    takes_undefined: false,
    call: |_| Ok(Value::list(Vec::<Value>::new())),
};
