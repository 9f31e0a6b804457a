//! `upper`: text in large letters.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "upper",
    aliases: &[],
    summary: "Text in large letters",
    params: &[],
    examples: &[("{{ 'abc' | upper }}", "ABC"), ("{{ 'ß' | upper }}", "SS")],
    takes_undefined: false,
    call: |call| Ok(crate::template::methods::upper(&call.input_text())),
};
