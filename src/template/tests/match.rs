//! `match`: whether a regular expression holds at the start of a text.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "match",
    aliases: &[],
    summary: "Whether a regular expression matches the start",
    params: &["pattern", "ignorecase", "multiline"],
    examples: &[
        (
            "{{ 'foobar' is match('fo+') }} {{ 'foobar' is match('bar') }} {{ 'FOO' is match('foo', ignorecase=true) }} {{ 'a|b' is match('x|a') }}",
            "True False True True",
        ),
        ("{{ 5 is match('5') }}", "True"),
        (
            "{{ 'a' is match('(') }}",
            "The test plugin 'ansible.builtin.match' failed: missing ), unterminated subpattern at position 0",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let pattern = super::pattern(call, 1, 2)?;
        let text = call.input_text();
        Ok(pattern
            .search(&text)?
            .and_then(|found| found.get(0))
            .is_some_and(|whole| whole.start() == 0))
    },
};
