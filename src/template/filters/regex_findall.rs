//! `regex_findall`: all that a regular expression finds.

use super::Filter;
use crate::value::Value;
use std::sync::Arc;

pub(super) static UNIT: Filter = Filter {
    name: "regex_findall",
    aliases: &[],
    summary: "All that a regular expression finds",
    params: &["regex", "multiline", "ignorecase"],
    examples: &[
        ("{{ 'a1b22' | regex_findall('[0-9]+') }}", "['1', '22']"),
        ("{{ 'a1b2' | regex_findall('([a-z])([0-9])') }}", "[['a', '1'], ['b', '2']]"),
        ("{{ 'A\\na' | regex_findall('^a', true, true) }}", "['A']"),
    ],
    takes_undefined: false,
    call: |call| {
        let pattern = crate::template::regex::pattern(
            &call.pattern(0)?,
            call.flag(2, false),
            call.flag(1, false),
        )?;
        let text = call.input_text();
        let mut found = Vec::new();
        for captures in pattern.regex().captures_iter(&text) {
            call.eval.step()?;
            let captures = captures.map_err(|error| error.clone())?;
            let group =
                |index: usize| Value::str(captures.get(index).map_or("", |group| group.as_str()));
            found.push(match captures.len() {
                1 => group(0),
                2 => group(1),
                count => Value::Tuple(Arc::new((1..count).map(group).collect())),
            });
        }
        Ok(found.into())
    },
};
