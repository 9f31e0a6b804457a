//! `sequence`: numbers in a row, formatted.

use super::{Found, Lookup, Query};
use crate::{
    template::{formatting, numbers},
    value::Value,
};

pub(super) static UNIT: Lookup = Lookup {
    name: "sequence",
    aliases: &[],
    summary: "Numbers in a row, as texts",
    examples: &[
        ("{{ query('sequence', 'start=1 end=3 format=x%02d') }}", "['x01', 'x02', 'x03']"),
        (
            "{{ query('sequence', '5-8') }} {{ query('sequence', count=4, stride=2) }} {{ query('sequence', '4:host%02d') }}",
            "['5', '6', '7', '8'] ['1', '3', '5', '7'] ['host01', 'host02', 'host03', 'host04']",
        ),
        ("{{ query('sequence', 'start=3 end=1 stride=-1') }}", "['3', '2', '1']"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    let mut terms = query.names();
    if terms.is_empty() && !query.options.is_empty() {
        terms.push(String::new());
    }
    for term in terms {
        let mut given: Vec<(String, String)> =
            query.options.iter().map(|(key, value)| (key.to_string(), value.to_text())).collect();
        match shortcut(&term) {
            Some(pairs) => given.extend(pairs),
            None => {
                for word in term.split_whitespace() {
                    let Some((key, value)) = word.split_once('=') else {
                        let message = "unrecognized arguments to with_sequence: ['_raw_params']";
                        return Err(message.into());
                    };
                    given.push((key.to_owned(), value.to_owned()));
                }
            }
        }
        if let Some((key, _)) = given
            .iter()
            .find(|(key, _)| !["start", "end", "count", "stride", "format"].contains(&key.as_str()))
        {
            return Err(format!("unrecognized arguments to with_sequence: ['{key}']").into());
        }
        let text = |name: &str| {
            given.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let number = |name: &str| -> Result<Option<i64>, String> {
            let Some(text) = text(name) else { return Ok(None) };
            match numbers::parse_int(&text, 10).and_then(|number| i64::try_from(number).ok()) {
                Some(number) => Ok(Some(number)),
                None => Err(query.wrong_value(name, "integer", &text.as_str().into())),
            }
        };
        let start = number("start")?.unwrap_or(1);
        let (count, end, stride) =
            (number("count")?, number("end")?, number("stride")?.unwrap_or(1));
        let end = match (count, end) {
            (None, None) => return Err("must specify count or end in with_sequence".into()),
            (Some(_), Some(_)) => {
                return Err("can't specify both count and end in with_sequence".into());
            }
            (Some(0), None) => continue,
            (Some(count), None) => start + count * stride - 1,
            (None, Some(end)) => end,
        };
        if stride > 0 && end < start {
            return Err("to count backwards make stride negative".into());
        }
        if stride < 0 && end > start {
            return Err("to count forward don't make stride negative".into());
        }
        if stride == 0 {
            continue;
        }
        let format = text("format").unwrap_or_else(|| "%d".to_owned());
        // One number goes in, and nothing else.
        if format.replace("%%", "").matches('%').count() != 1 {
            return Err(format!("bad formatting string: {format}").into());
        }
        if (i128::from(end) - i128::from(start)) / i128::from(stride) > 5_000_000 {
            return Err("the sequence is too long".into());
        }
        let mut at = start;
        while if stride > 0 { at <= end } else { at >= end } {
            let formatted = formatting::percent(&format, &Value::Int(at));
            found.push(
                formatted.map_err(|_| format!("problem formatting {at} with '{format}'"))?.into(),
            );
            at += stride;
        }
    }
    Ok(found)
}

/// Reads `[start-]end[/stride][:format]`.
fn shortcut(term: &str) -> Option<Vec<(String, String)>> {
    let (range, format) = match term.split_once(':') {
        Some((range, format)) => (range, Some(format)),
        None => (term, None),
    };
    let (range, stride) = match range.split_once('/') {
        Some((range, stride)) => (range, Some(stride)),
        None => (range, None),
    };
    let (start, end) = match range.split_once('-') {
        Some((start, end)) => (Some(start), end),
        None => (None, range),
    };
    // What looks like a number is taken for one here, and refused later where it is none.
    let is_number = |text: &str| {
        let digits = text.strip_prefix('0').unwrap_or(text);
        let digits = digits.strip_prefix(['x', 'X']).unwrap_or(digits);
        let digits = if digits.is_empty() { text } else { digits };
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let valid = is_number(end) && start.is_none_or(is_number) && stride.is_none_or(is_number);
    let pair =
        |key: &str, value: Option<&str>| value.map(|value| (key.to_owned(), value.to_owned()));
    valid.then(|| {
        [
            pair("start", start),
            pair("end", Some(end)),
            pair("stride", stride),
            pair("format", format),
        ]
        .into_iter()
        .flatten()
        .collect()
    })
}
