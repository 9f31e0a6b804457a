//! `validate`: whether a value fits a JSON Schema.

use super::Test;
use crate::{
    template::{evaluator::Passed, filters},
    value::Value,
};

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.validate",
    aliases: &[],
    summary: "Whether a value fits a JSON Schema",
    params: &["criteria", "engine", "draft"],
    examples: &[
        ("{{ {'a': 1} is ansible.utils.validate(criteria={'type': 'object'}) }}", "True"),
        (
            "{{ {'a': 'x'} is ansible.utils.validate(criteria={'properties': {'a': {'type': 'integer'}}}) }}",
            "False",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let named = [(0, "criteria"), (1, "engine"), (2, "draft")];
        let named =
            named.into_iter().filter_map(|(at, name)| Some((name.into(), call.arg(at)?.clone())));
        let passed = Passed { positional: Vec::new(), named: named.collect() };
        let name = "ansible.utils.validate";
        let problems = filters::apply_by_name(call.eval, name, call.value.clone(), passed)?;
        Ok(!matches!(problems, Value::List(list) if !list.is_empty()))
    },
};
