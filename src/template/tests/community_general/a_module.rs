//! `a_module`: whether there is a module or action of a name.

use super::Test;
use crate::{template::filters::python_class, value::Value};

pub(super) static UNIT: Test = Test {
    name: "community.general.a_module",
    aliases: &[],
    summary: "Whether there is a module or an action of a name",
    params: &[],
    examples: &[
        ("{{ 'foo.bar.baz' is community.general.a_module }}", "False"),
        (
            "{{ 5 is community.general.a_module }}",
            "The test plugin 'community.general.a_module' failed: unsupported type <class 'int'>",
        ),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        Value::Str(name) => Ok(crate::template::modules::exists(name)),
        other => Err(format!("unsupported type {}", python_class(other)).into()),
    },
};
