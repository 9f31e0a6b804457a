//! `subelements`: each item together with each of the items in one of its lists.

use super::{Filter, Refusal};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "subelements",
    aliases: &[],
    summary: "Each item with each item of one of its lists",
    params: &["subelements", "skip_missing"],
    examples: &[
        (
            "{{ [{'n': 'a', 'k': [1, 2]}, {'n': 'b', 'k': [3]}] | subelements('k') }}",
            "[[{'n': 'a', 'k': [1, 2]}, 1], [{'n': 'a', 'k': [1, 2]}, 2], [{'n': 'b', 'k': [3]}, 3]]",
        ),
        (
            "{{ [{'n': 'a'}] | subelements('k') }}",
            "The filter plugin 'ansible.builtin.subelements' failed: could not find 'k' key in iterated item {'n': 'a'}",
        ),
        (
            "{{ [{'n': 'a'}, {'n': 'b', 'x': {'k': [1]}}] | subelements('x.k', skip_missing=True) }}",
            "[[{'n': 'b', 'x': {'k': [1]}}, 1]]",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let items: Vec<Value> = match &call.value {
            Value::Dict(dict) => dict.values().cloned().collect(),
            Value::List(list) => list.to_vec(),
            _ => return Err("obj must be a list of dicts or a nested dict".into()),
        };
        let path: Vec<Value> = match call.required(0, "subelements")? {
            Value::List(path) => path.to_vec(),
            Value::Str(path) => path.split('.').map(Value::str).collect(),
            _ => return Err("subelements must be a list or a string".into()),
        };
        let skip = call.flag(1, false);
        let mut pairs = Vec::new();
        for item in items {
            let mut found = item.clone();
            let mut missing = false;
            for key in &path {
                let Some(dict) = found.as_dict() else {
                    return Err(format!(
                        "the key {} should point to a dictionary, got '{}': {}",
                        key.to_text(),
                        found.to_text(),
                        no_key_of(&found)
                    )
                    .into());
                };
                match dict.get_value(key).cloned() {
                    Some(value) => found = value,
                    None if skip => {
                        missing = true;
                        break;
                    }
                    None => {
                        return Err(Refusal::Apart(format!(
                            "could not find {} key in iterated item {}",
                            key.to_repr(),
                            found.to_repr()
                        )));
                    }
                }
            }
            if missing {
                continue;
            }
            let Value::List(elements) = &found else {
                return Err(format!(
                    "the key {} should point to a list, got {}",
                    path.last().map(Value::to_repr).unwrap_or_default(),
                    found.to_repr()
                )
                .into());
            };
            for element in elements.iter() {
                pairs.push(Value::Tuple(std::sync::Arc::new(
                    vec![item.clone(), element.clone()].into(),
                )));
            }
        }
        Ok(pairs.into())
    },
};

/// Returns what Python says of a key of what has none.
fn no_key_of(value: &Value) -> String {
    match value {
        Value::Str(_) => "string indices must be integers, not 'str'".to_owned(),
        Value::List(_) => "list indices must be integers or slices, not str".to_owned(),
        Value::Tuple(_) => "tuple indices must be integers or slices, not str".to_owned(),
        other => format!("'{}' object is not subscriptable", other.type_name()),
    }
}
