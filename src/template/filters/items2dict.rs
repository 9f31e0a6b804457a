//! `items2dict`: a dictionary from a list of entries.

use std::sync::Arc;

use super::{Filter, Refusal, python_class};
use crate::value::{Dict, Value};

pub(super) static UNIT: Filter = Filter {
    name: "items2dict",
    aliases: &[],
    summary: "A dictionary from a list of {key, value}",
    params: &["key_name", "value_name"],
    examples: &[
        (
            "{{ [{'key': 'a', 'value': 1}, {'key': 'b', 'value': 2}] | items2dict }}",
            "{'a': 1, 'b': 2}",
        ),
        ("{{ [{'n': 'a', 'v': 1}] | items2dict(key_name='n', value_name='v') }}", "{'a': 1}"),
        (
            "{{ [{'n': 'a'}] | items2dict }}",
            "The filter plugin 'ansible.builtin.items2dict' failed: items2dict requires each dictionary in the list to contain the keys 'key' and 'value', got [{'n': 'a'}] instead.",
        ),
        (
            "{{ {'a': 1} | items2dict }}",
            "The filter plugin 'ansible.builtin.items2dict' failed: items2dict requires a list, got <class 'ansible._internal._templating._lazy_containers._AnsibleLazyTemplateDict'> instead.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let items = match &call.value {
            Value::List(items) | Value::Tuple(items) => Some(Arc::clone(items)),
            Value::Object(object) => object.items(),
            _ => None,
        };
        let Some(items) = items else {
            let found = python_class(&call.value);
            return Err(format!("items2dict requires a list, got {found} instead.").into());
        };
        let name = |index: usize, default: &str| {
            call.some(index).cloned().unwrap_or_else(|| default.into())
        };
        let (key_name, value_name): (Value, Value) = (name(0, "key"), name(1, "value"));
        let mut dict = Dict::new();
        for item in items.iter() {
            let (key, value) =
                (call.eval.item(item, &key_name)?, call.eval.item(item, &value_name)?);
            let is_missing = key.is_undefined() || value.is_undefined();
            // The message shows all of the list.
            if is_missing && let Some(undefined) = call.value.first_undefined() {
                return Err(Refusal::Undefined(Arc::clone(undefined)));
            }
            if is_missing && super::as_dict(item).is_none() || key.unhashable().is_some() {
                let found = call.value.to_repr();
                let message =
                    format!("items2dict requires a list of dictionaries, got {found} instead.");
                return Err(message.into());
            }
            if is_missing {
                return Err(Refusal::Apart(format!(
                    "items2dict requires each dictionary in the list to contain the keys '{}' and '{}', got {} instead.",
                    key_name.to_text(),
                    value_name.to_text(),
                    call.value.to_repr()
                )));
            }
            dict.insert(key, value);
        }
        Ok(dict.into())
    },
};
