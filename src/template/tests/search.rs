//! `search`: whether a regular expression holds somewhere in a text.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "search",
    aliases: &[],
    summary: "Whether a regular expression matches somewhere",
    params: &["pattern", "ignorecase", "multiline"],
    examples: &[(
        "{{ 'foobar' is search('oba') }} {{ 'foobar' is search('x') }} {{ 'a\\nb' is search('^b', multiline=true) }}",
        "True False False",
    )],
    takes_undefined: false,
    call: |call| Ok(super::pattern(call, 1, 2)?.is_match(&call.input_text())?),
};
