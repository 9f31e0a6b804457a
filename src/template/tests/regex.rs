//! `regex`: whether a regular expression holds, anchored as asked.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "regex",
    aliases: &[],
    summary: "Whether a regular expression matches: somewhere, or as `match_type` says",
    params: &["pattern", "ignorecase", "multiline", "match_type"],
    examples: &[
        (
            "{{ 'foobar' is regex('oba') }} {{ 'foobar' is regex('oba', match_type='match') }} {{ 'foo' is regex('fo', match_type='fullmatch') }}",
            "True False False",
        ),
        (
            "{{ 'foo' is regex('fo', match_type='nope') }}",
            "The test plugin 'ansible.builtin.regex' failed: Invalid match_type specified. Expected one of: search, match, fullmatch. Got: nope",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let pattern = super::pattern(call, 1, 2)?;
        let text = call.input_text();
        let kind = call.text(3, "search");
        if !matches!(&*kind, "search" | "match" | "fullmatch") {
            return Err(format!("Invalid match_type specified. Expected one of: search, match, fullmatch. Got: {kind}").into());
        }
        if &*kind == "fullmatch" {
            let whole = format!("(?:{})\\Z", call.pattern(0)?);
            let whole =
                crate::template::regex::pattern(&whole, call.flag(1, false), call.flag(2, false))?;
            return Ok(whole
                .search(&text)?
                .and_then(|f| f.get(0))
                .is_some_and(|found| found.start() == 0));
        }
        let found = pattern.search(&text)?.and_then(|found| found.get(0));
        Ok(found.is_some_and(|whole| &*kind == "search" || whole.start() == 0))
    },
};
