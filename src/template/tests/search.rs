//! `search`: whether a regular expression holds somewhere in a text.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "search",
    aliases: &[],
    summary: "Whether a regular expression matches somewhere",
    params: &["pattern", "ignorecase", "multiline"],
    examples: &[
        ("{{ 'foobar' is search('oba') }}", "True"),
        ("{{ 'foobar' is search('x') }}", "False"),
        ("{{ 'a\\nb' is search('^b', multiline=true) }}", "False"),
    ],
    takes_undefined: false,
    call: |call| Ok(super::pattern(call, 1, 2)?.is_match(&call.input_text())?),
};
