//! `safe`: text that needs no escaping.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "safe",
    aliases: &[],
    summary: "Text that autoescape leaves as it is",
    params: &[],
    examples: &[("{{ '<b>' | safe }}", "<b>"), ("{{ '<b>' | safe | e }}", "<b>")],
    takes_undefined: false,
    call: |call| {
        Ok(match &call.value {
            crate::value::Value::Str(_) => call.value.clone(),
            other => other.to_text().into(),
        })
    },
};
