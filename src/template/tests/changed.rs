//! `changed`: whether a task's result changed something.

use super::Test;
use crate::value::Value;

pub(super) static UNIT: Test = Test {
    name: "changed",
    aliases: &["change"],
    summary: "Whether a result says that something changed",
    params: &[],
    examples: &[
        (
            "{{ {'changed': true} is changed }} {{ {'changed': false} is change }} {{ {'results': [{'changed': true}]} is changed }} {{ {} is changed }}",
            "True False True False",
        ),
        (
            "{{ 5 is changed }}",
            "The test plugin 'ansible.builtin.changed' failed: The 'changed' test expects a dictionary",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let result = super::result(call, "changed")?;
        if result.contains_key("changed") {
            return Ok(result.get("changed").is_some_and(Value::is_true));
        }
        let Some(Value::List(results)) = result.get("results") else { return Ok(false) };
        let is_dict = results.first().is_some_and(|first| first.as_dict().is_some());
        Ok(is_dict && results.iter().any(|item| item.get("changed").is_some_and(Value::is_true)))
    },
};
