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
        let Some((number, given)) = parts(&text) else {
            return Err(format!("human_to_bytes() can't interpret the input: human_to_bytes() can't interpret following string: {text}").into());
        };
        let unit = if given.is_empty() { call.text(0, "").to_string() } else { given.to_owned() };
        let Some(first) = unit.chars().next().map(|first| first.to_ascii_uppercase()) else {
            return Ok(whole(number));
        };
        let letters = ['B', 'K', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
        let Some(power) = letters.iter().position(|known| *known == first) else {
            return Err(uninterpretable(format!(
                "human_to_bytes() failed to convert {text} (unit = {unit}). The suffix must be one of Y, Z, E, P, T, G, M, K, B"
            )));
        };
        let (letter, word) = if is_bits { ("b", "bit") } else { ("B", "byte") };
        let prefix = ["", "kilo", "mega", "giga", "tera", "peta", "exa", "zeta", "yotta"][power];
        let short = if power == 0 { letter.to_owned() } else { format!("{first}{letter}") };
        if unit.chars().count() > 1
            && unit.to_lowercase() != format!("{prefix}{word}")
            && unit != short
        {
            let other = if power == 0 { word.to_owned() } else { first.to_string() };
            return Err(uninterpretable(format!(
                "human_to_bytes() failed to convert {text}. Value is not a valid string (expect {short} or {other})"
            )));
        }
        Ok(whole(number * 1024_f64.powi(i32::try_from(power).unwrap_or(0))))
    },
};

/// Returns the number at the beginning, and the letters that follow it.
fn parts(text: &str) -> Option<(f64, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let (number, rest) = text.split_at(text.find(|c| !is_number(c)).unwrap_or(text.len()));
    let unit = rest.trim();
    let is_right = number.ends_with(|c: char| c.is_ascii_digit())
        && number.matches('.').count() <= 1
        && unit.chars().all(|c| c.is_ascii_alphabetic());
    is_right.then(|| Some((number.parse().ok()?, unit))).flatten()
}

fn whole(number: f64) -> Value {
    let number = Value::Float(number.round_ties_even());
    crate::template::numbers::to_int(&number, 10).map_or(Value::None, Value::from)
}

/// The reference fails in the reason's own words.
fn uninterpretable(message: String) -> Refusal {
    Refusal::Because("human_to_bytes() can't interpret the input".to_owned(), message.into())
}
