//! `attr`: an attribute, and never an entry.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "attr",
    aliases: &[],
    summary: "An attribute of an object",
    params: &["name"],
    examples: &[
        ("{{ {'a': 1} | attr('a') is defined }}", "False"),
        ("{{ '2024-05-01' | to_datetime('%Y-%m-%d') | attr('year') }}", "2024"),
    ],
    takes_undefined: false,
    call: |call| {
        let name = call.text(0, "");
        // Dictionaries and lists have no attributes but their methods.
        Ok(match &call.value {
            crate::value::Value::Object(object) => object.attribute(&name),
            value if crate::template::methods::exists(value, &name) => {
                Some(crate::template::expression::bound(value, &name))
            }
            _ => None,
        }
        .unwrap_or_else(|| {
            let found = call.value.type_name();
            crate::value::Value::undefined(format!(
                "object of type '{found}' has no attribute '{name}'"
            ))
        }))
    },
};
