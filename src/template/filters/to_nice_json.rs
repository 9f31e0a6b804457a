//! `to_nice_json`: a value as JSON on several lines.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "to_nice_json",
    aliases: &[],
    summary: "A value as JSON on several lines",
    params: &["indent", "sort_keys", "**"],
    examples: &[
        (
            "{{ {'b': [1, {}], 'a': []} | to_nice_json }}",
            "{\n    \"a\": [],\n    \"b\": [\n        1,\n        {}\n    ]\n}",
        ),
        (
            "{{ {'b': 1, 'a': 2} | to_nice_json(indent=2, sort_keys=false) }}",
            "{\n  \"b\": 1,\n  \"a\": 2\n}",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        call.no_undefined()?;
        let indent = call.optional_int(0, 4)?;
        let style = super::json_style(call, Some(indent), call.flag(1, true))?;
        super::tagless(crate::template::json::write(&call.value, &style))
    },
};
