//! `b64encode`: text as base64.

use super::Filter;
use base64::Engine;

pub(super) static UNIT: Filter = Filter {
    name: "b64encode",
    aliases: &[],
    summary: "Text as base64",
    params: &["encoding", "urlsafe"],
    examples: &[
        ("{{ 'hello' | b64encode }}", "aGVsbG8="),
        ("{{ '😀?>' | b64encode(urlsafe=true) }}", "8J-YgD8-"),
        ("{{ 'ab' | b64encode(encoding='utf-16-le') }}", "YQBiAA=="),
    ],
    takes_undefined: false,
    call: |call| {
        let engine = if call.flag(1, false) {
            &base64::engine::general_purpose::URL_SAFE
        } else {
            &base64::engine::general_purpose::STANDARD
        };
        let bytes = match &call.value {
            crate::value::Value::Bytes(bytes) => bytes.to_vec(),
            _ => crate::template::encodings::encode(&call.input_text(), &call.text(0, "utf-8"))?,
        };
        Ok(engine.encode(bytes).into())
    },
};
