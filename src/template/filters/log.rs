//! `log`: the logarithm of a number.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "log",
    aliases: &[],
    summary: "The logarithm of a number; the natural one where no base is named",
    params: &["base"],
    examples: &[
        ("{{ 8 | log(2) }} {{ 100 | log(10) }} {{ 1 | log }}", "3.0 2.0 0.0"),
        (
            "{{ 'a' | log }}",
            "The filter plugin 'ansible.builtin.log' failed: log() can only be used on numbers: must be real number, not str",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(number) = call.value.as_float() else {
            return Err(format!(
                "log() can only be used on numbers: must be real number, not {}",
                call.value.type_name()
            )
            .into());
        };
        let base = call.some(0).and_then(Value::as_float);
        if number <= 0.0 || base.is_some_and(|base| base <= 0.0) {
            return Err("math domain error".into());
        }
        Ok(Value::Float(match base {
            None => number.ln(),
            Some(10.0) => number.log10(),
            Some(1.0) => return Err("float division by zero".into()),
            Some(base) => number.ln() / base.ln(),
        }))
    },
};
