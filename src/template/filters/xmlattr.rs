//! `xmlattr`: a dictionary as attributes of a tag.

use super::Filter;
use crate::template::escape::escape;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "xmlattr",
    aliases: &[],
    summary: "A dictionary as attributes of a tag",
    params: &["autospace"],
    examples: &[
        (
            "<a{{ {'class': 'x', 'id': 'a<b', 'no': none} | xmlattr }}>",
            "<a class=\"x\" id=\"a&lt;b\">",
        ),
        ("<a{{ {'href': '/'} | xmlattr }}>", "<a href=\"/\">"),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(dict) = call.dict() else {
            return Err(
                format!("'{}' object has no attribute 'items'", call.value.type_name()).into()
            );
        };
        let mut pairs = Vec::new();
        for (key, value) in dict.iter().filter(|(_, value)| !matches!(value, Value::None)) {
            let Value::Str(name) = key else {
                let found = key.type_name();
                return Err(format!("expected string or bytes-like object, got '{found}'").into());
            };
            if name.contains(|c: char| c.is_whitespace() || "/>=".contains(c)) {
                return Err(
                    format!("Invalid character in attribute name: {}", key.to_repr()).into()
                );
            }
            pairs.push(format!("{}=\"{}\"", escape(name), escape(&value.to_text())));
        }
        let text = pairs.join(" ");
        Ok(if call.flag(0, true) && !text.is_empty() { format!(" {text}") } else { text }.into())
    },
};
