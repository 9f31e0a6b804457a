//! `regex_replace`: text with what a regular expression finds replaced.

use super::Filter;
use windlass_modules::pattern::Template;

pub(super) static UNIT: Filter = Filter {
    name: "regex_replace",
    aliases: &[],
    summary: "Text with what a regular expression finds replaced",
    params: &["pattern", "replacement", "ignorecase", "multiline", "count", "mandatory_count"],
    examples: &[
        (
            "{{ 'ansible' | regex_replace('^a.*i(.*)$', 'a\\1') }} {{ 'foobar' | regex_replace('^f.*o(?P<x>.*)$', '\\g<x>!') }} {{ 'AAA' | regex_replace('a', 'b', ignorecase=true, count=2) }}",
            "able bar! bbA",
        ),
        (
            "{{ 'x' | regex_replace('(', 'y') }}",
            "The filter plugin 'ansible.builtin.regex_replace' failed: missing ), unterminated subpattern at position 0",
        ),
        (
            "{{ 'x' | regex_replace('x', 5) }}",
            "The filter plugin 'ansible.builtin.regex_replace' failed: decoding to str: need a bytes-like object, int found",
        ),
        (
            "{{ 'foo' | regex_replace('z', 'y', mandatory_count=1) }}",
            "The filter plugin 'ansible.builtin.regex_replace' failed: 'z' should match 1 times, but matches 0 times in 'foo'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let pattern = crate::template::regex::pattern(
            &call.pattern(0)?,
            call.flag(2, false),
            call.flag(3, false),
        )?;
        let template = Template::new(&call.replacement(1)?, &pattern)?;
        let limit = usize::try_from(call.int(4, 0)?).unwrap_or(0);
        let (replaced, count) = pattern.replace(&text, &template, limit)?;
        let mandatory = call.int(5, 0)?;
        // The reference tells how many it was to replace, not how many there were.
        if mandatory != 0 && i64::try_from(count).ok() != Some(mandatory) {
            return Err(format!(
                "'{}' should match {mandatory} times, but matches {limit} times in '{text}'",
                call.text(0, ""),
            )
            .into());
        }
        Ok(replaced.into())
    },
};
