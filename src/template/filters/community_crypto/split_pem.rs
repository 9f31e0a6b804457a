//! `split_pem`: the parts of a file in PEM.

use super::Filter;
use crate::value::Value;

const NAME: &str = "community.crypto.split_pem";

pub(super) static UNIT: Filter = Filter {
    name: NAME,
    aliases: &[],
    summary: "The certificates or keys of a text in PEM, one by one",
    params: &[],
    examples: &[
        (
            "{{ 'a\n-----BEGIN X-----\nb\n-----END X-----\nc\n-----BEGIN Y-----\nd\n' | community.crypto.split_pem }}",
            "['-----BEGIN X-----\\nb\\n-----END X-----\\n']",
        ),
        (
            "{{ '-----BEGIN X-----\nb\n-----BEGIN Y-----\nc\n-----END X-----\n-----END Y-----' | community.crypto.split_pem }}",
            "['-----BEGIN Y-----\\nc\\n-----END X-----\\n']",
        ),
        ("{{ '' | community.crypto.split_pem }}", "[]"),
        (
            "{{ 1 | community.crypto.split_pem }}",
            "The filter plugin 'community.crypto.split_pem' failed: The community.crypto.split_pem input must be a text type, not <class 'int'>",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let text = super::text(call, NAME)?;
        let mut parts = Vec::new();
        let mut part: Option<String> = None;
        for line in text.split_inclusive('\n') {
            if line.starts_with("-----BEGIN ") {
                part = Some(String::new());
            }
            let Some(lines) = part.as_mut() else { continue };
            lines.push_str(line);
            if line.starts_with("-----END ") {
                parts.extend(part.take().map(Value::from));
            }
        }
        Ok(Value::list(parts))
    },
};
