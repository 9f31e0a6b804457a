//! `pow`: a number to the power of another.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "pow",
    aliases: &[],
    summary: "A number to the power of another",
    params: &["y"],
    examples: &[
        ("{{ 2 | pow(8) }} {{ 2 | pow(0.5) }}", "256.0 1.4142135623730951"),
        (
            "{{ 'a' | pow(2) }}",
            "The filter plugin 'ansible.builtin.pow' failed: pow() can only be used on numbers: must be real number, not str",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let exponent = call.required(0, "y")?;
        match (call.value.as_float(), exponent.as_float()) {
            (Some(base), Some(exponent)) => {
                Ok(Value::Float(crate::template::numbers::power(base, exponent)?))
            }
            (base, _) => {
                let wrong = if base.is_none() { &call.value } else { exponent };
                Err(format!(
                    "pow() can only be used on numbers: must be real number, not {}",
                    wrong.type_name()
                )
                .into())
            }
        }
    },
};
