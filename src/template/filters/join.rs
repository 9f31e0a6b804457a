//! `join`: items as one text.

use std::borrow::Cow;

use super::Filter;
use crate::{template::sequence::attribute, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "join",
    aliases: &[],
    summary: "Items as one text with something between them",
    params: &["d", "attribute"],
    examples: &[
        ("{{ [1, none, true, 'a', 1.0] | join('|') }}", "1|None|True|a|1.0"),
        ("{{ [{'n': 'a'}, {'n': 'b'}] | join(',', attribute='n') }}", "a,b"),
        ("{{ [1, 2] | join }}", "12"),
        ("{{ 'abc' | join('-') }}", "a-b-c"),
        (
            "{{ 5 | join }}",
            "The filter plugin 'ansible.builtin.join' failed: 'int' object is not iterable",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let separator = match call.arg(0) {
            Some(Value::Str(separator)) => Cow::Borrowed(&**separator),
            Some(other) => Cow::Owned(other.to_text()),
            None => Cow::Borrowed(""),
        };
        let made;
        let items = match &call.value {
            Value::List(items) => items,
            _ => {
                made = call.items()?;
                &made
            }
        };
        let path = call.some(1);
        let length = |item: &Value| item.as_str().map_or(8, str::len) + separator.len();
        let mut text = String::with_capacity(items.iter().map(length).sum());
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.push_str(&separator);
            }
            let item = match path {
                Some(path) => Cow::Owned(attribute(call.eval, item, path, None)?),
                None => Cow::Borrowed(item),
            };
            if let Value::Undefined(undefined) = &*item {
                return Err(super::Refusal::Undefined(undefined.clone()));
            }
            item.write_text(&mut text);
        }
        Ok(text.into())
    },
};
