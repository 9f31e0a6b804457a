//! `root`: the root of a number.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "root",
    aliases: &[],
    summary: "The root of a number; the square root where no other is named",
    params: &["base"],
    examples: &[
        ("{{ 16 | root }} {{ 27 | root(3) }}", "4.0 3.0"),
        (
            "{{ 'a' | root }}",
            "The filter plugin 'ansible.builtin.root' failed: root() can only be used on numbers: must be real number, not str",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(number) = call.value.as_float() else {
            return Err(format!(
                "root() can only be used on numbers: must be real number, not {}",
                call.value.type_name()
            )
            .into());
        };
        let base = call.some(0).and_then(Value::as_float).unwrap_or(2.0);
        if base == 0.0 {
            return Err("float division by zero".into());
        }
        let root = crate::template::numbers::power(number, 1.0 / base)
            .map_err(|message| format!("root() can only be used on numbers: {message}"))?;
        Ok(Value::Float(if base.to_bits() == 2.0_f64.to_bits() { number.sqrt() } else { root }))
    },
};
