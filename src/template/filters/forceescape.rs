//! `forceescape`: text that HTML shows as it is, whether it was escaped before or not.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "forceescape",
    aliases: &[],
    summary: "Text that HTML shows as it is, escaped again where it was before",
    params: &[],
    examples: &[
        ("{{ '<b>' | e | e }}", "&lt;b&gt;"),
        ("{{ '<b>' | e | forceescape }}", "&amp;lt;b&amp;gt;"),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::template::escape::escape(&call.input_text()).into()),
};
