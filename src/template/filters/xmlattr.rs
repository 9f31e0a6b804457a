//! `xmlattr`: a dictionary as attributes of a tag.

use super::Filter;
use crate::template::escape::escape;

pub(super) static UNIT: Filter = Filter {
    name: "xmlattr",
    aliases: &[],
    summary: "A dictionary as attributes of a tag",
    params: &["autospace"],
    examples: &[(
        "<a{{ {'class': 'x', 'id': 'a<b', 'no': none} | xmlattr }}>",
        "<a class=\"x\" id=\"a&lt;b\">",
    )],
    takes_undefined: false,
    call: |call| {
        let Some(dict) = call.dict() else {
            return Err(
                format!("'{}' object has no attribute 'items'", call.value.type_name()).into()
            );
        };
        let given = dict.iter().filter(|(_, value)| !matches!(value, crate::value::Value::None));
        let pairs = given.map(|(key, value)| {
            format!("{}=\"{}\"", escape(&key.to_text()), escape(&value.to_text()))
        });
        let text = pairs.collect::<Vec<_>>().join(" ");
        Ok(if call.flag(0, true) && !text.is_empty() { format!(" {text}") } else { text }.into())
    },
};
