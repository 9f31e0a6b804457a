//! `last`: the last item.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "last",
    aliases: &[],
    summary: "The last item",
    params: &[],
    examples: &[
        ("{{ [3, 1] | last }} {{ 'abc' | last }}", "1 c"),
        ("{{ [] | last }}", "No last item, sequence was empty."),
    ],
    takes_undefined: false,
    call: |call| {
        let Ok(items) = call.items() else {
            let found = call.value.type_name();
            return Err(format!("'{found}' object is not reversible").into());
        };
        match items.last() {
            Some(last) => Ok(call.eval.resolved(last.clone())?),
            None => Ok(crate::value::Value::undefined("No last item, sequence was empty.")),
        }
    },
};
