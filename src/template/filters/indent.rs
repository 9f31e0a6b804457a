//! `indent`: lines moved to the right.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "indent",
    aliases: &[],
    summary: "Lines moved to the right, but for the first one",
    params: &["width", "first", "blank"],
    examples: &[
        ("{{ 'a\\nb\\n\\nc' | indent(2) }}", "a\\nb\\n\\nc"),
        ("{{ 'a\\nb\\n\\nc' | indent(2, true, true) }}", "  a\\nb\\n\\nc"),
        ("{{ 'a\\nb' | indent('> ', first=true) }}", "> a\\nb"),
    ],
    takes_undefined: false,
    call: |call| {
        let indention = match call.some(0) {
            Some(Value::Str(text)) => text.to_string(),
            _ => " ".repeat(usize::try_from(call.int(0, 4)?).unwrap_or(0).min(10_000)),
        };
        let (first, blank) = (call.flag(1, false), call.flag(2, false));
        if !matches!(call.value, Value::Str(_)) {
            let found = call.value.type_name();
            return Err(match &call.value {
                Value::List(_) => format!("'{found}' object has no attribute 'splitlines'"),
                Value::Tuple(_) => r#"can only concatenate tuple (not "str") to tuple"#.to_owned(),
                _ => format!("unsupported operand type(s) for +=: '{found}' and 'str'"),
            }
            .into());
        }
        let text = call.input_text();
        // The line after the last newline counts too: an empty one at the end stays empty.
        let text = format!("{text}\n");
        let lines = crate::value::lines(&text, false);
        let mut indented = String::new();
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                indented.push('\n');
            }
            let wanted = if index == 0 { first } else { blank || !line.is_empty() };
            if wanted {
                indented.push_str(&indention);
            }
            indented.push_str(line);
        }
        Ok(indented.into())
    },
};
