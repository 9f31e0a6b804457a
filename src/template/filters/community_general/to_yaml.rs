//! `to_yaml`: a value as YAML, its secrets perhaps hidden.

use super::Filter;
use crate::template::filters::yaml_style;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_yaml",
    aliases: &[],
    summary: "A value as YAML",
    params: &["**"],
    examples: &[
        ("{{ {'a':[1,{'b':2}]} | community.general.to_yaml }}", "a:\n- 1\n- {b: 2}\n"),
        ("{{ {'a':1} | community.general.to_yaml(redact_sensitive_values=true) }}", "{a: 1}\n"),
    ],
    takes_undefined: false,
    call: |call| {
        call.no_undefined()?;
        let style = yaml_style(call, 2, None, &["redact_sensitive_values"])?;
        Ok(crate::yaml::write(&call.value, &style)?.into())
    },
};
