//! `human_to_bytes`: a number of bytes from text with a unit.

use super::{Filter, Refusal};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "human_to_bytes",
    aliases: &[],
    summary: "A number of bytes from text with a unit",
    params: &["default_unit", "isbits"],
    examples: &[
        (
            "{{ '10MB' | human_to_bytes }} {{ '1.5 G' | human_to_bytes }} {{ '5' | human_to_bytes('k') }} {{ '10Mb' | human_to_bytes(isbits=true) }} {{ 5 | human_to_bytes }}",
            "10485760 1610612736 5120 10485760 5",
        ),
        (
            "{{ 'x' | human_to_bytes }}",
            "The filter plugin 'ansible.builtin.human_to_bytes' failed: human_to_bytes() can't interpret the input: human_to_bytes() can't interpret following string: x",
        ),
        (
            "{{ '10 Q' | human_to_bytes }}",
            "The filter plugin 'ansible.builtin.human_to_bytes' failed: human_to_bytes() can't interpret the input: human_to_bytes() failed to convert 10 Q (unit = Q). The suffix must be one of Y, Z, E, P, T, G, M, K, B",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let is_bits = call.flag(1, false);
        let trimmed = text.trim();
        let end =
            trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let Ok(number) = number.parse::<f64>() else {
            return Err(format!("human_to_bytes() can't interpret the input: human_to_bytes() can't interpret following string: {text}").into());
        };
        let given = unit.trim();
        let unit = if given.is_empty() { call.text(0, "").to_string() } else { given.to_owned() };
        let Some(first) = unit.chars().next() else {
            return Ok(Value::from(
                crate::template::numbers::to_int(&Value::Float(number.round_ties_even()), 10)
                    .unwrap_or_default(),
            ));
        };
        let letters = ["B", "K", "M", "G", "T", "P", "E", "Z", "Y"];
        let Some(power) =
            letters.iter().position(|known| known.starts_with(first.to_ascii_uppercase()))
        else {
            return Err(uninterpretable(format!(
                "human_to_bytes() failed to convert {text} (unit = {unit}). The suffix must be one of Y, Z, E, P, T, G, M, K, B"
            )));
        };
        let rest = &unit[1..];
        let suffix_is_right = if is_bits {
            rest.is_empty() || rest == "b" || rest == "its" || rest == "it"
        } else {
            rest.is_empty()
                || rest == "B"
                || rest.eq_ignore_ascii_case("yte")
                || rest.eq_ignore_ascii_case("ytes")
        };
        if !suffix_is_right {
            let what = if is_bits { "a bit" } else { "a byte" };
            return Err(uninterpretable(format!(
                "human_to_bytes() failed to convert {text}. Value is not a valid string ({what} unit is expected)"
            )));
        }
        let bytes = number * 1024_f64.powi(i32::try_from(power).unwrap_or(0));
        Ok(crate::template::numbers::to_int(&Value::Float(bytes.round_ties_even()), 10)
            .map_or(Value::None, Value::from))
    },
};

/// The reference fails in the reason's own words.
fn uninterpretable(message: String) -> Refusal {
    Refusal::Because("human_to_bytes() can't interpret the input".to_owned(), message.into())
}
