//! `truncate`: text that is not longer than so much.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "truncate",
    aliases: &[],
    summary: "Text that is cut to so many letters, with dots at its end",
    params: &["length", "killwords", "end", "leeway"],
    examples: &[
        ("{{ 'Hello World' | truncate(8) }}", "Hello World"),
        ("{{ 'foo bar baz qux' | truncate(9) }}", "foo..."),
        ("{{ 'foo bar baz qux' | truncate(9, true) }}", "foo ba..."),
        ("{{ 'foo bar baz qux' | truncate(11, False, '...', 0) }}", "foo bar..."),
    ],
    takes_undefined: false,
    call: |call| {
        if !matches!(call.value, Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Dict(_))
        {
            return Err(format!("object of type '{}' has no len()", call.value.type_name()).into());
        }
        let text = call.input_text();
        let length = usize::try_from(call.int(0, 255)?).unwrap_or(0);
        let end = call.text(2, "...");
        let leeway = usize::try_from(call.optional_int(3, 5)?).unwrap_or(0);
        let letters: Vec<char> = text.chars().collect();
        let end_length = end.chars().count();
        if length < end_length {
            return Err(format!("expected length >= {end_length}, got {length}").into());
        }
        let own_length = match &call.value {
            Value::List(list) | Value::Tuple(list) => list.len(),
            Value::Dict(dict) => dict.len(),
            _ => letters.len(),
        };
        if own_length <= length + leeway && !matches!(call.value, Value::Str(_)) {
            return Ok(call.value.clone());
        }
        if letters.len() <= length + leeway {
            return Ok(text.into());
        }
        let cut: String = letters[..length - end_length].iter().collect();
        if call.flag(1, false) {
            return Ok((cut + &end).into());
        }
        let kept = cut.rfind(' ').map_or(&*cut, |at| &cut[..at]);
        Ok(format!("{kept}{end}").into())
    },
};
