//! Time spans such as `2h 30m`, in one unit.

use crate::{
    template::filters::{Answer, Invocation, Refusal},
    value::Value,
};

/// A unit: its long names, its short one, how many milliseconds it has.
struct Unit(&'static [&'static str], &'static str, f64);

const DAY: f64 = 86_400_000.0;

const UNITS: &[Unit] = &[
    Unit(&["millisecond", "msec", "msecond"], "ms", 1.0),
    Unit(&["sec", "second"], "s", 1000.0),
    Unit(&["hour"], "h", 3_600_000.0),
    Unit(&["min", "minute"], "m", 60_000.0),
    Unit(&["day"], "d", DAY),
    Unit(&["week"], "w", 7.0 * DAY),
    Unit(&["month"], "mo", 30.0 * DAY),
    Unit(&["year"], "y", 365.0 * DAY),
];

/// Returns the input in the unit that the filter's name says, or `to_time_unit`'s argument.
pub(super) fn converted(call: &mut Invocation<'_, '_>, filter: &'static str) -> Answer {
    let unit = match filter.strip_prefix("to_") {
        Some("time_unit") | None => call.text(0, "ms"),
        Some(unit) => unit.into(),
    };
    let Value::Str(text) = &call.value else {
        let found = call.value.type_name();
        return Err(format!("'{found}' object has no attribute 'split'").into());
    };
    if &**text == "0" {
        return Ok(Value::Int(0));
    }
    let known = ["year", "month"];
    let unknown: Vec<&str> = call
        .keywords
        .iter()
        .map(|(name, _)| &**name)
        .filter(|name| !known.contains(name))
        .collect();
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        return Err(format!("to_time_unit() got unknown keyword arguments: {unknown}").into());
    }
    let Some(wanted) = named(&unit) else {
        let long: Vec<&str> = UNITS.iter().flat_map(|unit| unit.0.iter().copied()).collect();
        let short = ["ms", "s", "m", "h", "d", "w", "mo", "y"];
        return Err(format!(
            "to_time_unit() can not convert to the following unit: {unit}. Available units (singular or plural): {}. Available short units: {}",
            long.join(", "),
            short.join(", ")
        )
        .into());
    };
    let mut milliseconds = 0.0;
    for part in text.split_whitespace() {
        let Some((count, unit)) = parsed(part) else {
            return Err(format!("to_time_unit() can not interpret following string: {text}").into());
        };
        milliseconds += count * length(call, unit)?;
    }
    let result = milliseconds / length(call, wanted)?;
    // Twelve digits after the point, as Python rounds: by the decimal form.
    let rounded: f64 = format!("{result:.12}").parse().unwrap_or(result);
    Ok(rounded.into())
}

/// Returns the unit with this name: short, long, or long in the plural.
fn named(name: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|Unit(long, short, _)| {
        *short == name
            || long.contains(&name)
            || name.strip_suffix('s').is_some_and(|name| long.contains(&name))
    })
}

fn parsed(part: &str) -> Option<(f64, &'static Unit)> {
    let digits = part.strip_prefix('-').unwrap_or(part);
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = part.split_at(part.len() - digits.len() + end);
    Some((number.parse().ok()?, named(unit)?))
}

/// Returns a unit's milliseconds; how many days a month or a year has may be told.
fn length(call: &Invocation<'_, '_>, unit: &Unit) -> Result<f64, Refusal> {
    let Some(days) = call.keyword(unit.0[0]).filter(|_| matches!(unit.1, "mo" | "y")) else {
        return Ok(unit.2);
    };
    match days {
        Value::Float(days) => Ok(*days * DAY),
        #[expect(clippy::cast_precision_loss, reason = "days of a year are few")]
        Value::Int(days) => Ok(*days as f64 * DAY),
        other => {
            let found = other.type_name();
            Err(format!("unsupported operand type(s) for +=: 'int' and '{found}'").into())
        }
    }
}
