//! `true_type`: the reference's class of a value; what is not named by an expression has a plain one.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "ansible._protomatter.true_type",
    aliases: &[],
    summary: "The class of a value, with its marks",
    params: &[],
    examples: &[
        ("{{ 'a' | ansible._protomatter.true_type }}", "str"),
        ("{{ [1] | ansible._protomatter.true_type }}", "_AnsibleLazyTemplateList"),
    ],
    takes_undefined: false,
    call: |call| Ok(Value::str(call.value.type_name())),
};
