//! `tojson`: JSON that may stand in HTML.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "tojson",
    aliases: &[],
    summary: "JSON that may stand in HTML",
    params: &["indent"],
    examples: &[
        ("{{ {'b': '<', 'a': [1, none]} | tojson }}", "{\"a\": [1, null], \"b\": \"\\u003c\"}"),
        ("{{ [1, 'x'] | tojson(indent=2) }}", "[\n  1,\n  \"x\"\n]"),
    ],
    takes_undefined: false,
    call: |call| {
        let indent = call.some(0).map(|_| call.int(0, 0)).transpose()?;
        let style = crate::template::json::Style { indent, sort_keys: true, ..Default::default() };
        let text = crate::template::json::write(&call.value, &style)?;
        let text = text.replace('<', "\\u003c").replace('>', "\\u003e");
        Ok(text.replace('&', "\\u0026").replace('\'', "\\u0027").into())
    },
};
