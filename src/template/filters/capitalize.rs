//! `capitalize`: the first letter large, the others small.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "capitalize",
    aliases: &[],
    summary: "Text whose first letter is large and whose others are small",
    params: &[],
    examples: &[
        ("{{ 'hELLO world' | capitalize }}", "Hello world"),
        ("{{ 'élan vital' | capitalize }}", "Élan vital"),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::template::methods::capitalize(&call.input_text()).into()),
};
