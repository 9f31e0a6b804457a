//! `b64decode`: the text that base64 stands for.

use super::Filter;
use base64::Engine;

pub(super) static UNIT: Filter = Filter {
    name: "b64decode",
    aliases: &[],
    summary: "Text from base64",
    params: &["encoding", "urlsafe"],
    examples: &[
        ("{{ 'aGVsbG8=' | b64decode }} {{ '8J-YgA==' | b64decode(urlsafe=true) }}", "hello 😀"),
        (
            "{{ 'a' | b64decode }}",
            "The filter plugin 'ansible.builtin.b64decode' failed: Invalid base64-encoded string: number of data characters (1) cannot be 1 more than a multiple of 4",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        // As Python's does, it passes over whatever is not of the alphabet.
        let url_safe = call.flag(1, false);
        let engine = if url_safe {
            &base64::engine::general_purpose::URL_SAFE
        } else {
            &base64::engine::general_purpose::STANDARD
        };
        let clean: String = text
            .chars()
            .filter(|c| {
                c.is_ascii_alphanumeric() || "+/=".contains(*c) || (url_safe && "-_".contains(*c))
            })
            .collect();
        let count = clean.trim_end_matches('=').len();
        let bytes = engine.decode(clean).map_err(|_| match count % 4 {
        1 => format!("Invalid base64-encoded string: number of data characters ({count}) cannot be 1 more than a multiple of 4"),
        _ => "Incorrect padding".to_owned(),
    })?;
        Ok(crate::template::encodings::decode(&bytes, &call.text(0, "utf-8"))?.into())
    },
};
