//! `round`: a number with fewer digits.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "round",
    aliases: &[],
    summary: "A number with so many digits behind the point; none where no number is named",
    params: &["precision", "method"],
    examples: &[
        (
            "{{ 2.5 | round }} {{ 2.567 | round(2) }} {{ 2.1 | round(0, 'ceil') }} {{ 25 | round(-1) }} {{ 2.675 | round(2) }} {{ 42.55 | round(1, 'floor') }}",
            "2.0 2.57 3.0 20 2.67 42.5",
        ),
        (
            "{{ 'a' | round }}",
            "The filter plugin 'ansible.builtin.round' failed: type str doesn't define __round__ method",
        ),
        (
            "{{ 1.5 | round(0, 'nope') }}",
            "The filter plugin 'ansible.builtin.round' failed: method must be common, ceil or floor",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let precision = call.int(0, 0)?;
        let method = call.text(1, "common");
        let Some(number) = call.value.as_float() else {
            let found = call.value.type_name();
            return Err(match (&*method, &call.value) {
                ("common", _) => format!("type {found} doesn't define __round__ method"),
                (_, Value::Dict(_) | Value::None) => {
                    format!("unsupported operand type(s) for *: '{found}' and 'int'")
                }
                _ => format!("must be real number, not {found}"),
            }
            .into());
        };
        let precision = i32::try_from(precision.clamp(-400, 400)).unwrap_or(0);
        let factor = 10_f64.powi(precision);
        let rounded = match &*method {
            // Python rounds integers to integers.
            "common" if let Some(number) = call.value.to_big() => {
                return Ok(crate::template::numbers::round_whole(&number, precision).into());
            }
            "common" => crate::template::numbers::round(number, precision),
            "ceil" => ((number * factor).ceil() + 0.0) / factor,
            "floor" => ((number * factor).floor() + 0.0) / factor,
            _ => return Err("method must be common, ceil or floor".into()),
        };
        Ok(Value::Float(rounded))
    },
};
