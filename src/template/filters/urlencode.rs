//! `urlencode`: text for an address.

use super::Filter;
use crate::template::urls::quote;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "urlencode",
    aliases: &[],
    summary: "Text, or a dictionary's entries, as an address has them",
    params: &[],
    examples: &[
        ("{{ 'a b/c?' | urlencode }}", "a%20b/c%3F"),
        ("{{ {'a': 'b c', 'd': 1} | urlencode }}", "a=b+c&d=1"),
        ("{{ [['x', 'y&']] | urlencode }}", "x=y%26"),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        Value::Str(text) => Ok(quote(text, "/").into()),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::None => {
            Ok(quote(&call.value.to_text(), "/").into())
        }
        other => {
            let encode = |text: &Value| quote(&text.to_text(), "").replace("%20", "+");
            let pairs: Vec<String> = if let Value::Dict(dict) = other {
                dict.iter()
                    .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
                    .collect()
            } else {
                let mut pairs = Vec::new();
                for pair in call.items()?.iter() {
                    let Ok(pair) = crate::template::evaluator::items(pair) else {
                        let found = pair.type_name();
                        return Err(format!("cannot unpack non-iterable {found} object").into());
                    };
                    match &pair[..] {
                        [key, value] => pairs.push(format!("{}={}", encode(key), encode(value))),
                        few if few.len() < 2 => {
                            let found = few.len();
                            return Err(format!(
                                "not enough values to unpack (expected 2, got {found})"
                            )
                            .into());
                        }
                        _ => return Err("too many values to unpack (expected 2)".into()),
                    }
                }
                pairs
            };
            Ok(pairs.join("&").into())
        }
    },
};
