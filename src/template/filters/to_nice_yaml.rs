//! `to_nice_yaml`: a value as YAML, everything on its own line.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "to_nice_yaml",
    aliases: &[],
    summary: "A value as YAML, everything on its own line",
    params: &["indent", "**"],
    examples: &[
        (
            "{{ {'b': [1, {'c': 2, 'd': [3]}], 'a': 'x: y', 'm': 'l1\\nl2\\n', 'e': [], 'n': none} | to_nice_yaml }}",
            "a: 'x: y'\nb:\n- 1\n-   c: 2\n    d:\n    - 3\ne: []\nm: l1\\nl2\\n\nn: null\n",
        ),
        ("{{ [{'b': 1, 'a': [2, 3]}] | to_nice_yaml(indent=2) }}", "- a:\n  - 2\n  - 3\n  b: 1\n"),
        (
            "{{ {'a': {'b': ['x', {'y': 1}]}} | to_nice_yaml(indent=2, sort_keys=false) }}",
            "a:\n  b:\n  - x\n  - y: 1\n",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        call.no_undefined()?;
        let indent = call.optional_int(0, 4)?;
        let style = super::yaml_style(call, indent, Some(false), &[])?;
        Ok(crate::yaml::write(&call.value, &style)?.into())
    },
};
