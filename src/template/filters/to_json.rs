//! `to_json`: a value as JSON.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "to_json",
    aliases: &[],
    summary: "A value as JSON",
    params: &["profile", "vault_to_text", "preprocess_unsafe", "**"],
    examples: &[
        (
            "{{ {'b': [1, none, true, 1.5], 'a': 'é\\n'} | to_json }}",
            "{\"b\": [1, null, true, 1.5], \"a\": \"\\u00e9\\\\n\"}",
        ),
        (
            "{{ {'b': 1, 'a': 2} | to_json(sort_keys=true, indent=2, ensure_ascii=false, separators=(',', ':')) }}",
            "{\n  \"a\":2,\n  \"b\":1\n}",
        ),
        ("{{ {1: 2, true: none} | to_json }}", "{\"1\": null}"),
    ],
    takes_undefined: false,
    call: |call| {
        call.no_undefined()?;
        let style = super::json_style(call, None, false)?;
        super::tagless(crate::template::json::write(&call.value, &style))
    },
};
