//! `regex_search`: the first thing that a regular expression finds.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "regex_search",
    aliases: &[],
    summary: "The first thing that a regular expression finds, or its groups",
    params: &["regex", "*", "**"],
    examples: &[
        (
            "{{ 'foobar' | regex_search('o+b') }} {{ 'a1b2' | regex_search('([a-z])([0-9])', '\\1', '\\2') }} {{ 'ab' | regex_search('(?P<x>b)', '\\g<x>') }}",
            "oob ['a', '1'] ['b']",
        ),
        ("{{ 'a' | regex_search('b') }}", "None"),
        (
            "{{ 'a' | regex_search('a', 'x') }}",
            "The filter plugin 'ansible.builtin.regex_search' failed: Unknown argument",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let flag = |name: &str| call.keyword(name).is_some_and(Value::is_true);
        let mut wanted = Vec::new();
        for group in &call.rest {
            let Value::Str(name) = group else {
                let found = group.type_name();
                return Err(format!("'{found}' object has no attribute 'startswith'").into());
            };
            let inner = name.strip_prefix("\\g<").and_then(|name| name.strip_suffix('>'));
            match inner.or_else(|| name.strip_prefix('\\')) {
                Some(group) if inner.is_some() => wanted.push((group.to_owned(), None)),
                Some(group) if let Ok(index) = group.parse::<usize>() => {
                    wanted.push((group.to_owned(), Some(index)));
                }
                _ if name.starts_with('\\') => {
                    return Err("'NoneType' object has no attribute 'group'".into());
                }
                _ => return Err("Unknown argument".into()),
            }
        }
        let pattern = crate::template::regex::pattern(
            &call.pattern(0)?,
            flag("ignorecase"),
            flag("multiline"),
        )?;
        let text = call.input_text();
        let Some(found) = pattern.search(&text)? else { return Ok(Value::None) };
        if wanted.is_empty() {
            return Ok(Value::str(found.get(0).map_or("", |whole| whole.as_str())));
        }
        let mut groups = Vec::new();
        for (name, index) in wanted {
            let group = match index {
                Some(index) if index < found.len() => found.get(index),
                // A number in angle brackets is a name, which no group has.
                None if pattern
                    .regex()
                    .capture_names()
                    .any(|known| known == Some(name.as_str())) =>
                {
                    found.name(&name)
                }
                _ => return Err("no such group".into()),
            };
            groups.push(group.map_or(Value::None, |group| Value::str(group.as_str())));
        }
        Ok(groups.into())
    },
};
