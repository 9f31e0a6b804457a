//! `sum`: all items added.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "sum",
    aliases: &[],
    summary: "The sum of a sequence of numbers",
    params: &["attribute", "start"],
    examples: &[
        (
            "{{ [1, 2, 3] | sum }} {{ [{'a': 1}, {'a': 2}] | sum(attribute='a') }} {{ [1] | sum(start=10) }} {{ [[1], [2]] | sum(start=[]) }}",
            "6 3 11 [1, 2]",
        ),
        (
            "{{ ['a'] | sum }}",
            "The filter plugin 'ansible.builtin.sum' failed: unsupported operand type(s) for +: 'int' and 'str'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let path = call.some(0).cloned();
        let mut total = call.arg(1).cloned().unwrap_or(Value::Int(0));
        if matches!(total, Value::Str(_)) {
            return Err("sum() can't sum strings [use ''.join(seq) instead]".into());
        }
        for item in call.items()?.iter() {
            let item = match &path {
                Some(path) => crate::template::sequence::attribute(call.eval, item, path, None)?,
                None => item.clone(),
            };
            if let Value::Undefined(undefined) = &item {
                return Err(super::Refusal::Undefined(undefined.clone()));
            }
            total = super::community_general::added(&total, &item)?;
        }
        Ok(total)
    },
};
