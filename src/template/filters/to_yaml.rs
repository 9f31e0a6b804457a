//! `to_yaml`: a value as YAML.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "to_yaml",
    aliases: &[],
    summary: "A value as YAML",
    params: &["**"],
    examples: &[
        (
            "{{ {'b': [1, {'c': 2}], 'a': 'x: y', 't': true, 's': 'true', 'n': '1'} | to_yaml }}",
            "a: 'x: y'\nb:\n- 1\n- {c: 2}\nn: '1'\ns: 'true'\nt: true\n",
        ),
        (
            "{{ [1, 2] | to_yaml }}{{ 'x' | to_yaml }}{{ {'a': [1]} | to_yaml(default_flow_style=false) }}",
            "[1, 2]\nx\na:\n- 1\n",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        call.no_undefined()?;
        let style = super::yaml_style(call, 2, None, &[])?;
        Ok(crate::yaml::write(&call.value, &style)?.into())
    },
};
