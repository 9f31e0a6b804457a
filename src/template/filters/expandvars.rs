//! `expandvars`: a path with the variables of the environment in it.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "expandvars",
    aliases: &[],
    summary: "A path with the environment's variables in it",
    params: &[],
    examples: &[
        ("{{ '$SURELY_NOT_SET/a${ALSO_NOT}' | expandvars }}", "$SURELY_NOT_SET/a${ALSO_NOT}"),
        ("{{ 'a$' | expandvars }}", "a$"),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.path_for(super::PATH)?;
        let mut out = String::new();
        let mut rest = &*text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let (name, length) = if let Some(name) =
                after.strip_prefix('{').and_then(|inner| inner.find('}').map(|end| &inner[..end]))
            {
                (name, name.len() + 2)
            } else {
                let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                let name = &after[..end.unwrap_or(after.len())];
                (name, name.len())
            };
            match std::env::var(name) {
                Ok(value) if !name.is_empty() => out.push_str(&value),
                _ => out.push_str(&rest[at..=at + length]),
            }
            rest = &after[length..];
        }
        out.push_str(rest);
        Ok(out.into())
    },
};
