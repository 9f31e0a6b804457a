//! Values and the JSON that travels.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde_json::{Map, Number};

use super::{Dict, Value};

impl From<serde_json::Value> for Value {
    /// Makes plain data: text from a host is never a template.
    fn from(json: serde_json::Value) -> Value {
        made(&json, &mut Keys::default())
    }
}

/// The keys of a document, of which equal ones are one text: hosts by the hundred have the same, and what lies in one
/// place is found faster than what lies in many.
type Keys = FxHashSet<Arc<str>>;

/// Nothing of the document is let go before all is made: what is made one after the other then lies together.
fn made(json: &serde_json::Value, keys: &mut Keys) -> Value {
    match json {
        serde_json::Value::Null => Value::None,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(whole)) => Value::from(whole),
            _ => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::str(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(|item| made(item, keys))),
        serde_json::Value::Object(map) if is_whole(map) => {
            let digits = map.values().next().and_then(serde_json::Value::as_str);
            let number = digits.and_then(|digits| digits.parse::<num_bigint::BigInt>().ok());
            number.map_or(Value::None, Value::from)
        }
        serde_json::Value::Object(map) => {
            let mut dict = Dict::with_capacity(map.len());
            for (key, value) in map {
                let key = shared(key, keys);
                dict.insert(key, made(value, keys));
            }
            dict.into()
        }
    }
}

/// A number of a module of ours that is too long for JSON's: its digits stand under a key of their own.
fn is_whole(map: &Map<String, serde_json::Value>) -> bool {
    map.len() == 1 && map.contains_key(windlass_protocol::WHOLE_NUMBER)
}

fn shared(key: &str, keys: &mut Keys) -> Arc<str> {
    if let Some(known) = keys.get(key) {
        return Arc::clone(known);
    }
    let key: Arc<str> = key.into();
    keys.insert(Arc::clone(&key));
    key
}

impl Value {
    /// Returns the JSON of a value without templates; what JSON does not have becomes text.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::None | Value::Undefined(_) | Value::Omit => serde_json::Value::Null,
            Value::Bool(truth) => (*truth).into(),
            Value::Int(number) => (*number).into(),
            Value::BigInt(number) => u64::try_from(&**number)
                .map_or_else(|_| number.to_string().into(), serde_json::Value::from),
            Value::Float(number) => {
                Number::from_f64(*number).map_or_else(|| number.to_string().into(), Into::into)
            }
            Value::Str(text) => (**text).into(),
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into(),
            Value::List(list) | Value::Tuple(list) => list.iter().map(Value::to_json).collect(),
            Value::Dict(dict) => {
                let entries = dict.iter().map(|(key, value)| (key.key_text(), value.to_json()));
                serde_json::Value::Object(entries.collect::<Map<_, _>>())
            }
            Value::Template(template) => (*template.text).into(),
            Value::Encrypted(encrypted) => (*encrypted.text).into(),
            Value::Object(object) => object.to_plain().unwrap_or_else(|| object.to_text()).into(),
        }
    }

    /// A dictionary's key as JSON has it: `true`, `null` and numbers become text as Python's `json` writes them.
    pub(crate) fn key_text(&self) -> String {
        match self {
            Value::Str(text) => text.to_string(),
            Value::None => "null".to_owned(),
            Value::Bool(truth) => truth.to_string(),
            Value::Object(object) => object.to_plain().unwrap_or_else(|| object.to_text()),
            other => format!("{other:?}"),
        }
    }
}
