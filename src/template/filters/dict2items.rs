//! `dict2items`: a dictionary as a list of its entries.

use super::{Filter, Refusal, python_class};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "dict2items",
    aliases: &[],
    summary: "A list of {key, value} from a dictionary",
    params: &["key_name", "value_name"],
    examples: &[
        (
            "{{ {'a': 1, 'b': 2} | dict2items }}",
            "[{'key': 'a', 'value': 1}, {'key': 'b', 'value': 2}]",
        ),
        (
            "{{ {'a': 1} | dict2items(key_name='file', value_name='path') }}",
            "[{'file': 'a', 'path': 1}]",
        ),
        (
            "{{ [1] | dict2items }}",
            "The filter plugin 'ansible.builtin.dict2items' failed: dict2items requires a dictionary, got <class 'ansible._internal._templating._lazy_containers._AnsibleLazyTemplateList'> instead.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(dict) = call.dict() else {
            let found = python_class(&call.value);
            return Err(format!("dict2items requires a dictionary, got {found} instead.").into());
        };
        let name = |index: usize, default: &str| {
            let name = call.arg(index).cloned().unwrap_or_else(|| default.into());
            match name.unhashable() {
                Some(found) => Err(Refusal::from(format!("unhashable type: '{found}'"))),
                None => Ok(name),
            }
        };
        let (key_name, value_name): (Value, Value) = (name(0, "key")?, name(1, "value")?);
        Ok(Value::list(dict.iter().map(|(key, value)| {
            Value::dict([(key_name.clone(), key.clone()), (value_name.clone(), value.clone())])
        })))
    },
};
