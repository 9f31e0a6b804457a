//! Methods of bytes.

use std::sync::Arc;

use crate::{
    template::{
        TemplateError,
        digests::hexadecimal,
        encodings::decode_strictly,
        evaluator::{Evaluator, Passed, Result},
    },
    value::Value,
};

/// Methods that bytes share with text, and that do to each byte what they do to a letter.
const AS_TEXT: &[&str] = &[
    "capitalize",
    "center",
    "count",
    "endswith",
    "expandtabs",
    "find",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdigit",
    "islower",
    "isspace",
    "istitle",
    "isupper",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "zfill",
];

pub(super) fn exists(name: &str) -> bool {
    matches!(name, "decode" | "hex") || AS_TEXT.contains(&name)
}

pub(super) fn call(
    eval: &Evaluator<'_>,
    bytes: &[u8],
    name: &str,
    passed: &Passed,
) -> Result<Value> {
    match name {
        "hex" => Ok(hexadecimal(bytes).into()),
        "decode" => {
            let named = |index: usize, name: &str, usual: &str| {
                passed.get(index, name).map_or_else(|| usual.to_owned(), Value::to_text)
            };
            let (encoding, errors) = (named(0, "encoding", "utf-8"), named(1, "errors", "strict"));
            let text = decode_strictly(bytes, &encoding, &errors);
            text.map(Value::from).map_err(TemplateError::runtime)
        }
        _ => {
            // Each byte is the letter of the same number while the method of text runs.
            let widened = |value: &Value| match value {
                Value::Bytes(bytes) => wide(bytes),
                Value::Tuple(items) => Value::Tuple(Arc::new(
                    items
                        .iter()
                        .map(|item| match item {
                            Value::Bytes(bytes) => wide(bytes),
                            other => other.clone(),
                        })
                        .collect(),
                )),
                other => other.clone(),
            };
            if let Some(text) =
                passed.positional.iter().find(|value| matches!(value, Value::Str(_)))
            {
                let found = text.type_name();
                let message = format!("a bytes-like object is required, not '{found}'");
                return Err(TemplateError::runtime(message));
            }
            let passed = Passed {
                positional: passed.positional.iter().map(widened).collect(),
                named: passed
                    .named
                    .iter()
                    .map(|(name, value)| (name.clone(), widened(value)))
                    .collect(),
            };
            let Value::Str(text) = wide(bytes) else { return Ok(Value::None) };
            super::text::call(eval, &text, name, &passed).map(|value| narrow(&value))
        }
    }
}

fn wide(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into()
}

fn narrow(value: &Value) -> Value {
    match value {
        Value::Str(text) => {
            let bytes = text.chars().filter_map(|letter| u8::try_from(u32::from(letter)).ok());
            Value::Bytes(bytes.collect())
        }
        Value::List(items) => Value::list(items.iter().map(narrow)),
        Value::Tuple(items) => Value::Tuple(Arc::new(items.iter().map(narrow).collect())),
        other => other.clone(),
    }
}
