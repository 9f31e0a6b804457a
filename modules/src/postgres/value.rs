//! Values: quoted in statements, and as results have them.

use crate::{
    host::Failure,
    spec::{Json, python_json},
};

/// Quotes a name.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes a name with dots (`schema.table`), whose parts may be quoted already; `kind` has at most so many parts.
pub fn dotted(name: &str, kind: &str, most: usize) -> Result<String, Failure> {
    let mut parts = vec![String::new()];
    let mut is_open = false;
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            // Two stand for one between quotes.
            '"' if is_open && letters.next_if_eq(&'"').is_some() => {
                parts.last_mut().into_iter().for_each(|part| part.push(c));
            }
            '"' if is_open || parts.last().is_none_or(String::is_empty) => is_open = !is_open,
            '.' if !is_open => parts.push(String::new()),
            c => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    if is_open {
        return Err(Failure::raised("User escaped identifiers must escape extra quotes"));
    }
    if parts.len() > most {
        let dots = most.to_string();
        return Err(Failure::raised(format!(
            "PostgreSQL does not support {kind} with more than {dots} dots"
        )));
    }
    let quoted: Vec<String> = parts.iter().map(|part| identifier(part)).collect();
    Ok(quoted.join("."))
}

/// Quotes a name only where it means another one without quotes.
pub fn bare(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit();
    if name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        identifier(name)
    }
}

/// Quotes a text.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// Returns an argument of a statement as SQL.
pub fn sql(value: &Json) -> String {
    match value {
        Json::Null => "NULL".to_owned(),
        Json::Bool(truth) => truth.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => literal(text),
        Json::Array(items) if items.is_empty() => "'{}'".to_owned(),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(sql).collect();
            format!("ARRAY[{}]", items.join(","))
        }
        Json::Object(_) => literal(&python_json(value)),
    }
}

/// What a value's text means by its type.
pub(super) fn typed(kind: u32, text: &str) -> Json {
    let number = |text: &str| text.parse::<i64>().map(Json::from).ok();
    let float = |text: &str| {
        text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Json::Number)
    };
    let found = match kind {
        16 => Some(Json::from(text == "t")),
        20 | 21 | 23 | 26 => number(text),
        700 | 701 | 1700 => float(text),
        // Times as Python's `isoformat` has them.
        1114 => Some(text.replacen(' ', "T", 1).into()),
        1184 => {
            let time = text.replacen(' ', "T", 1);
            let whole =
                time.len().checked_sub(3).is_some_and(|at| time[at..].starts_with(['+', '-']));
            Some(if whole { format!("{time}:00") } else { time }.into())
        }
        1186 => interval(text).map(Json::from),
        114 | 3802 => serde_json::from_str(text).ok(),
        1005 | 1007 | 1016 => items(text, &|item| number(item).unwrap_or_else(|| item.into())),
        1000 => items(text, &|item| Json::from(item == "t")),
        1021 | 1022 => items(text, &|item| float(item).unwrap_or_else(|| item.into())),
        1002 | 1009 | 1015 | 1003 => items(text, &|item| item.into()),
        _ => None,
    };
    found.unwrap_or_else(|| text.into())
}

/// A span of time as Python shows it: `1 day, 2:03:04` for `1 day 02:03:04`. A month has 30 days, a year 365.
fn interval(text: &str) -> Option<String> {
    const DAY: i64 = 86_400_000_000;
    let mut total = 0i64;
    let mut words = text.split(' ');
    while let Some(word) = words.next() {
        let span = if word.contains(':') {
            clock(word)?
        } else {
            let unit = match words.next()?.trim_end_matches('s') {
                "year" => 365 * DAY,
                "mon" => 30 * DAY,
                "day" => DAY,
                _ => return None,
            };
            word.parse::<i64>().ok()?.checked_mul(unit)?
        };
        total = total.checked_add(span)?;
    }
    let (days, rest) = (total.div_euclid(DAY), total.rem_euclid(DAY));
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    let mut shown = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    shown.push_str(&format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    if micros != 0 {
        shown.push_str(&format!(".{micros:06}"));
    }
    Some(shown)
}

/// The microseconds of `-01:02:03.5`.
fn clock(text: &str) -> Option<i64> {
    let bare = text.trim_start_matches(['-', '+']);
    let (whole, part) = bare.split_once('.').unwrap_or((bare, ""));
    let mut seconds = 0i64;
    for number in whole.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(number.parse().ok()?)?;
    }
    let micros = format!("{part:0<6}").get(..6)?.parse::<i64>().ok()?;
    let span = seconds.checked_mul(1_000_000)?.checked_add(micros)?;
    Some(if text.starts_with('-') { -span } else { span })
}

/// The elements of an array's text: `{1,"a b",NULL,{2}}`.
fn items(text: &str, one: &dyn Fn(&str) -> Json) -> Option<Json> {
    let mut chars = text.chars().peekable();
    let found = list(&mut chars, one, 0)?;
    chars.next().is_none().then_some(found)
}

fn list(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    one: &dyn Fn(&str) -> Json,
    depth: usize,
) -> Option<Json> {
    if chars.next()? != '{' || depth > 6 {
        return None;
    }
    let mut found = Vec::new();
    if chars.peek() == Some(&'}') {
        chars.next();
        return Some(Json::Array(found));
    }
    loop {
        let (mut item, mut quoted) = (String::new(), false);
        match chars.peek()? {
            '{' => found.push(list(chars, one, depth + 1)?),
            first => {
                if *first == '"' {
                    quoted = true;
                    chars.next();
                    loop {
                        match chars.next()? {
                            '"' => break,
                            '\\' => item.push(chars.next()?),
                            c => item.push(c),
                        }
                    }
                } else {
                    while !matches!(chars.peek()?, ',' | '}') {
                        item.push(chars.next()?);
                    }
                }
                let null = !quoted && item == "NULL";
                found.push(if null { Json::Null } else { one(&item) });
            }
        }
        match chars.next()? {
            ',' => (),
            '}' => return Some(Json::Array(found)),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quoted_parts_of_names_stay() {
        let check = |name: &str, expected: &str| {
            assert_eq!(dotted(name, "table", 3).unwrap(), expected, "{name}");
        };
        check("a.b", r#""a"."b""#);
        check(r#""a.b".c"#, r#""a.b"."c""#);
        check(r#""a""b".c"d"#, r#""a""b"."c""d""#);
        check(r#""a"""."b""#, r#""a"""."b""#);
        assert!(dotted(r#""a"#, "table", 3).is_err());
    }

    #[test]
    fn values_are_quoted() {
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b'"), " E'a\\\\b'''");
        assert_eq!(sql(&json!([1, "a"])), "ARRAY[1,'a']");
        assert_eq!(sql(&json!({"a": 1})), "'{\"a\": 1}'");
    }

    #[test]
    fn types_are_kept() {
        assert_eq!(typed(23, "7"), json!(7));
        assert_eq!(typed(16, "t"), json!(true));
        assert_eq!(typed(1007, "{1,NULL,2}"), json!([1, null, 2]));
        assert_eq!(typed(1009, "{\"a b\",c,\"q\\\"\"}"), json!(["a b", "c", "q\""]));
        assert_eq!(typed(1007, "{{1},{2}}"), json!([[1], [2]]));
        assert_eq!(typed(3802, "{\"a\": [1]}"), json!({"a": [1]}));
        assert_eq!(typed(1114, "2020-01-02 03:04:05"), json!("2020-01-02T03:04:05"));
        assert_eq!(typed(1184, "2020-01-02 03:04:05+00"), json!("2020-01-02T03:04:05+00:00"));
        assert_eq!(typed(1082, "2020-01-02"), json!("2020-01-02"));
        assert_eq!(typed(1186, "1 day"), json!("1 day, 0:00:00"));
        assert_eq!(typed(1186, "01:30:00"), json!("1:30:00"));
        assert_eq!(
            typed(1186, "1 year 1 mon -2 days +01:02:03.5"),
            json!("393 days, 1:02:03.500000")
        );
        assert_eq!(typed(1186, "-00:00:01"), json!("-1 day, 23:59:59"));
    }
}
