//! `tojson`: JSON that may stand in HTML.

use super::Filter;
use crate::{
    template::objects::{Range, downcast},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "tojson",
    aliases: &[],
    summary: "JSON that may stand in HTML",
    params: &["indent"],
    examples: &[
        ("{{ {'b': '<', 'a': [1, none]} | tojson }}", "{\"a\": [1, null], \"b\": \"\\u003c\"}"),
        ("{{ [1, 'x'] | tojson(indent=2) }}", "[\n  1,\n  \"x\"\n]"),
    ],
    takes_undefined: false,
    call: |call| {
        if let Some(found) = not_in_json(&call.value) {
            return Err(format!("Object of type {found} is not JSON serializable").into());
        }
        let indent = call.some(0).map(|_| call.int(0, 0)).transpose()?;
        let style = crate::template::json::Style { indent, sort_keys: true, ..Default::default() };
        let text = crate::template::json::write(&call.value, &style)?;
        let text = text.replace('<', "\\u003c").replace('>', "\\u003e");
        Ok(text.replace('&', "\\u0026").replace('\'', "\\u0027").into())
    },
};

/// Returns the type of what is no JSON, though the reference's own filters would write it.
fn not_in_json(value: &Value) -> Option<&'static str> {
    match value {
        Value::Bytes(_) => Some(value.type_name()),
        Value::Object(object) => {
            let written = downcast::<Range>(value).is_some() || object.to_plain().is_some();
            written.then(|| object.type_name())
        }
        Value::List(items) | Value::Tuple(items) => items.iter().find_map(not_in_json),
        Value::Dict(dict) => dict.values().find_map(not_in_json),
        _ => None,
    }
}
