//! `ini`: values of keys in INI and properties files.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "ini",
    aliases: &[],
    summary: "The value of a key in an INI or properties file",
    examples: &[("{{ lookup('ini', 'a', file='/nothing.ini', errors='ignore') }}", "None")],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for term in query.names() {
        let mut words = term.split_whitespace();
        let key = words.next().unwrap_or_default().to_owned();
        let given: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
        let option = |name: &str, default: &str| {
            let inline =
                given.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
            inline.unwrap_or_else(|| query.text(name, default))
        };
        let is_properties = option("type", "ini") == "properties";
        let section =
            if is_properties { "java_properties".to_owned() } else { option("section", "global") };
        let file = option("file", "ansible.ini");
        let text = super::read(query, &file)?;
        let text = if is_properties { format!("[java_properties]\n{text}") } else { text };
        let case_sensitive = query.flag("case_sensitive", false);
        let entries = entries(&text, case_sensitive);
        let wanted = if case_sensitive { key.clone() } else { key.to_lowercase() };
        if query.flag("re", false) {
            let pattern = crate::template::regex::pattern(&key, false, false)?;
            for (_, name, value) in entries.iter().filter(|(known, ..)| *known == section) {
                if pattern
                    .search(name)?
                    .and_then(|f| f.get(0))
                    .is_some_and(|whole| whole.start() == 0)
                {
                    found.push(Value::str(&**value));
                }
            }
            continue;
        }
        let value =
            entries.iter().rev().find(|(known, name, _)| *known == section && *name == wanted);
        found.push(match value {
            Some((_, _, value)) => Value::str(&**value),
            None => query.option("default").cloned().unwrap_or_else(|| Value::str("")),
        });
    }
    Ok(found)
}

/// Returns sections, keys and values; a line that is indented goes on with the value before it.
fn entries(text: &str, case_sensitive: bool) -> Vec<(String, String, String)> {
    let mut entries: Vec<(String, String, String)> = Vec::new();
    let mut section = String::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if line.starts_with(char::is_whitespace)
            && let Some((known, _, value)) = entries.last_mut()
            && *known == section
        {
            value.push('\n');
            value.push_str(trimmed);
        } else {
            let (key, value) = match trimmed.find(['=', ':']) {
                Some(at) => (&trimmed[..at], &trimmed[at + 1..]),
                None => (trimmed, ""),
            };
            let key = key.trim();
            let key = if case_sensitive { key.to_owned() } else { key.to_lowercase() };
            entries.push((section.clone(), key, value.trim().to_owned()));
        }
    }
    entries
}
