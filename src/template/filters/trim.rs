//! `trim`: text without white space around it.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "trim",
    aliases: &[],
    summary: "Text without white space, or other letters, around it",
    params: &["chars"],
    examples: &[("[{{ '  x ' | trim }}]", "[x]"), ("{{ 'xxaxx' | trim('x') }}", "a")],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let letters = call.some(0).map(crate::value::Value::to_text);
        Ok(match &letters {
            Some(letters) => text.trim_matches(|c| letters.contains(c)),
            None => text.trim_matches(crate::template::methods::is_space),
        }
        .into())
    },
};
