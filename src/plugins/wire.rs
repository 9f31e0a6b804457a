//! Values as JSON that loses nothing: what JSON lacks is an object with the key `TAG`, as `host.py` has it.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::civil;
use num_bigint::BigInt;
use serde_json::{Map, Value as Json, json};

use crate::{
    template::{Failure, TemplateError},
    value::{
        Dict, Value,
        time::{Date, Duration, Time},
    },
};

const TAG: &str = "\0";

fn tagged(kind: &str, value: impl Into<Json>) -> Json {
    json!({TAG: kind, "v": value.into()})
}

/// Returns a value as a plugin gets it.
pub fn packed(value: &Value) -> Json {
    match value {
        Value::None | Value::Omit => Json::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::BigInt(number) => tagged("int", number.to_string()),
        Value::Float(number) if number.is_finite() => (*number).into(),
        Value::Float(_) => tagged("float", value.to_text()),
        Value::Str(text) => (**text).into(),
        Value::Bytes(bytes) => tagged("bytes", BASE64_STANDARD.encode(bytes)),
        Value::List(items) => items.iter().map(packed).collect(),
        Value::Tuple(items) => tagged("tuple", items.iter().map(packed).collect::<Vec<_>>()),
        Value::Dict(dict) => dict_packed(dict),
        Value::Undefined(undefined) => tagged("undefined", undefined.message.clone()),
        Value::Object(object) => {
            let any = object.as_any();
            if let Some(time) = any.downcast_ref::<Time>() {
                tagged("datetime", time.iso('T'))
            } else if let Some(Date(date)) = any.downcast_ref::<Date>() {
                tagged("date", date.to_string())
            } else if let Some(Duration(microseconds)) = any.downcast_ref::<Duration>() {
                tagged("timedelta", *microseconds)
            } else if let Some(dict) = object.mapping() {
                dict_packed(&dict)
            } else if let Some(items) = object.items() {
                items.iter().map(packed).collect()
            } else {
                value.to_text().into()
            }
        }
        Value::Template(template) if template.literal => (*template.text).into(),
        Value::Template(template) => tagged("template", &*template.text),
        Value::Encrypted(_) => value.to_text().into(),
    }
}

fn dict_packed(dict: &Dict) -> Json {
    let is_plain = |key: &Value| matches!(key, Value::Str(text) if &**text != TAG);
    if dict.keys().all(is_plain) {
        let entries = dict.iter().map(|(key, value)| (key.to_text(), packed(value)));
        return Json::Object(entries.collect::<Map<_, _>>());
    }
    let pairs: Vec<Json> =
        dict.iter().map(|(key, value)| json!([packed(key), packed(value)])).collect();
    tagged("dict", pairs)
}

/// What a plugin says of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    Plain,
    /// It may be evaluated.
    Trusted,
    /// It is what a vault holds.
    Sealed,
    /// It says why there is no value.
    Undefined,
}

/// Makes the value of a text.
type Make<'m> = &'m dyn Fn(&str, Words) -> Result<Value, Failure>;

/// Returns the value that a plugin gave.
pub fn unpacked(json: &Json) -> Result<Value, Failure> {
    unpacked_with(json, &|text, words| match words {
        Words::Undefined => Err(TemplateError::undefined(text).into()),
        // Nothing that a plugin gives is evaluated.
        _ => Ok(Value::str(text)),
    })
}

/// Returns the value that a plugin gave, its texts as the caller makes them.
pub fn unpacked_with(json: &Json, make: Make<'_>) -> Result<Value, Failure> {
    let unpacked = |json: &Json| unpacked_with(json, make);
    let items = |list: &Json| -> Result<Vec<Value>, Failure> {
        list.as_array().into_iter().flatten().map(unpacked).collect()
    };
    let Json::Object(map) = json else {
        return match json {
            Json::Array(_) => Ok(Value::list(items(json)?)),
            Json::String(text) => make(text, Words::Plain),
            other => Ok(Value::from(other.clone())),
        };
    };
    let Some(kind) = map.get(TAG).and_then(Json::as_str) else {
        let mut dict = Dict::with_capacity(map.len());
        for (key, value) in map {
            dict.insert(Value::str(key.as_str()), unpacked(value)?);
        }
        return Ok(dict.into());
    };
    let inner = &map["v"];
    let text = inner.as_str().unwrap_or_default();
    let bad = || Failure::from(format!("a plugin gave a {kind} that is none: {inner}"));
    Ok(match kind {
        "int" => text.parse::<BigInt>().map_err(|_| bad())?.into(),
        "float" => Value::Float(text.parse().map_err(|_| bad())?),
        "bytes" => Value::Bytes(BASE64_STANDARD.decode(text).map_err(|_| bad())?.into()),
        "tuple" => Value::Tuple(std::sync::Arc::new(items(inner)?.into_iter().collect())),
        "datetime" => Value::Object(std::sync::Arc::new(time(text).ok_or_else(bad)?)),
        "date" => {
            let date: civil::Date = text.parse().map_err(|_| bad())?;
            Value::Object(std::sync::Arc::new(Date(date)))
        }
        "timedelta" => {
            Value::Object(std::sync::Arc::new(Duration(inner.as_i64().ok_or_else(bad)?)))
        }
        "template" => make(text, Words::Trusted)?,
        "vault" => make(text, Words::Sealed)?,
        "undefined" => make(text, Words::Undefined)?,
        _ => {
            let mut dict = Dict::new();
            for pair in inner.as_array().into_iter().flatten() {
                // A key is a name, whoever says it.
                dict.insert(self::unpacked(&pair[0])?, unpacked(&pair[1])?);
            }
            dict.into()
        }
    })
}

/// Reads what Python's `isoformat` writes.
fn time(text: &str) -> Option<Time> {
    let at = text.get(19..).and_then(|rest| rest.find(['+', '-'])).map(|at| at + 19);
    let (moment, zone) = text.split_at(at.unwrap_or(text.len()));
    let offset = match zone.split_once(':') {
        None => None,
        Some((hours, minutes)) => {
            let sign = if hours.starts_with('-') { -1 } else { 1 };
            let hours: i32 = hours[1..].parse().ok()?;
            let minutes: i32 = minutes.get(..2)?.parse().ok()?;
            Some(sign * (hours * 3600 + minutes * 60))
        }
    };
    Some(Time { civil: moment.parse().ok()?, offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for text in
            ["2020-01-01T00:00:00", "2020-02-29T12:30:01.000250", "2020-01-01T00:00:00-03:30"]
        {
            assert_eq!(time(text).map(|time| time.iso('T')).as_deref(), Some(text));
        }
        assert!(time("yesterday").is_none());
    }
}
