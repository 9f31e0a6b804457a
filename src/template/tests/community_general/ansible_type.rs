//! `ansible_type`: whether a value has a type.

use super::Test;
use crate::{
    template::filters::{as_dict, type_of},
    value::Value,
};

pub(super) static UNIT: Test = Test {
    name: "community.general.ansible_type",
    aliases: &[],
    summary: "Whether a value has one of some types",
    params: &["dtype", "alias"],
    examples: &[
        ("{{ 'a' is community.general.ansible_type('str') }}", "True"),
        ("{{ 'a' is community.general.ansible_type(['int','str']) }}", "True"),
        ("{{ {'a':{}} is community.general.ansible_type('dict[str, dict]') }}", "True"),
    ],
    takes_undefined: false,
    call: |call| {
        let found = type_of(&call.value, call.some(1).and_then(as_dict).as_deref());
        Ok(match call.required(0, "dtype")? {
            Value::List(types) => types.iter().any(|name| name.as_str() == Some(&*found)),
            name @ Value::Str(_) => name.as_str() == Some(&*found),
            _ => return Err("not all arguments converted during string formatting".into()),
        })
    },
};
