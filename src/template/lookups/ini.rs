//! `ini`: values of keys in INI and properties files.

use super::{Found, Inline, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "ini",
    aliases: &[],
    summary: "The value of a key in an INI or properties file",
    examples: &[
        ("{{ lookup('ini', 'a', file='/nothing.ini', errors='ignore') }}", "None"),
        ("{{ lookup('ini', 'nothing', file='/dev/null', type='properties', default='d') }}", "d"),
    ],
    run,
};

/// What a term may say itself.
const OPTIONS: [&str; 9] = [
    "allow_no_value",
    "allow_none",
    "case_sensitive",
    "default",
    "encoding",
    "file",
    "re",
    "section",
    "type",
];

/// The one section of a properties file.
const PROPERTIES: &str = "java_properties";

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for term in query.names() {
        let term = read_term(query, &term)?;
        let is_properties = term.text("type", "ini") == "properties";
        let section =
            if is_properties { PROPERTIES.to_owned() } else { term.text("section", "global") };
        let name = term.text("file", "ansible.ini");
        let Some(path) = query.find_or_warn("files", &name) else {
            return Err("Invalid filename None.".into());
        };
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        let bytes = crate::vault::open(query.env.context.vault.as_deref(), bytes)?.bytes;
        let text = crate::template::decode(&bytes, &term.text("encoding", "utf-8"))?;
        let text = if is_properties { format!("[{PROPERTIES}]\n{text}") } else { text };
        let file = Ini {
            name: &name,
            keeps_case: term.flag("case_sensitive", false),
            may_lack_values: term.flag("allow_no_value", false) || term.flag("allow_none", false),
        };
        let sections = file.sections(&text)?;
        let defaults = sections.iter().find(|section| section.name == "DEFAULT");
        let Some(section) = sections.iter().find(|known| known.name == section) else {
            return Err(format!("No section '{section}' in '{name}'.").into());
        };
        let look_up = |key: &str| section.get(key).or_else(|| defaults?.get(key));
        if term.flag("re", false) {
            let pattern = crate::template::regex::pattern(&term.key, false, false)?;
            for entry in &section.entries {
                let matched = pattern.search(&entry.key)?.and_then(|found| found.get(0));
                if matched.is_some_and(|whole| whole.start() == 0) {
                    found.extend(entry.value.as_ref().map(|value| value_of(value, &look_up)));
                }
            }
            continue;
        }
        match look_up(&file.key(&term.key)) {
            Some(entry) => {
                found.extend(entry.value.as_ref().map(|value| value_of(value, &look_up)));
            }
            None => found.push(term.option("default").unwrap_or_else(|| Value::str(""))),
        }
    }
    Ok(found)
}

/// A key may have spaces: words go on with what stands before them until one names an option.
fn read_term<'q>(query: &'q Query<'_, '_>, term: &str) -> Result<Inline<'q>, super::LookupError> {
    let mut parts: Vec<String> = Vec::new();
    for word in term.split_whitespace() {
        let is_option = word.split_once('=').is_some_and(|(name, _)| OPTIONS.contains(&name));
        match parts.last_mut() {
            Some(last) if !is_option => {
                last.push(' ');
                last.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    let mut parts = parts.into_iter();
    let key = parts.next().unwrap_or_default();
    if let Some((name, _)) = key.split_once('=') {
        if OPTIONS.contains(&name) {
            return Err(format!(
                "No key to look up was provided as first term within string inline options: {term}"
            )
            .into());
        }
        return Err(format!("'{name}' is not a valid option.").into());
    }
    let given = parts.filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        Some((name.into(), value.into()))
    });
    Ok(query.with_inline(key, given.collect()))
}

/// How a file is read.
struct Ini<'n> {
    name: &'n str,
    keeps_case: bool,
    may_lack_values: bool,
}

#[derive(Default)]
struct Section {
    name: String,
    entries: Vec<Entry>,
}

struct Entry {
    key: String,
    /// Nothing for a key that stands alone.
    value: Option<String>,
}

impl Section {
    fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl Ini<'_> {
    fn key(&self, text: &str) -> String {
        if self.keeps_case { text.to_owned() } else { text.to_lowercase() }
    }

    /// Reads all sections; a line that is indented goes on with the value before it, over empty lines, too.
    fn sections(&self, text: &str) -> Result<Vec<Section>, String> {
        let mut sections: Vec<Section> = Vec::new();
        let (mut current, mut empty_lines, mut mistakes) = (None, 0, String::new());
        for (at, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if trimmed.is_empty() {
                empty_lines += 1;
                continue;
            }
            if trimmed.starts_with(['#', ';']) {
                continue;
            }
            let goes_on = line.starts_with(char::is_whitespace);
            let section: Option<&mut Section> =
                current.map(|current: usize| &mut sections[current]);
            if let Some(name) = trimmed.strip_prefix('[').and_then(|name| name.split(']').next()) {
                let known = sections.iter().position(|section| section.name == name);
                current = Some(known.unwrap_or(sections.len()));
                if known.is_none() {
                    sections.push(Section { name: name.to_owned(), entries: Vec::new() });
                }
            } else if goes_on
                && let Some(Entry { value: Some(value), .. }) =
                    section.and_then(|section| section.entries.last_mut())
            {
                value.push_str(&"\n".repeat(empty_lines + 1));
                value.push_str(trimmed);
            } else if let Some(current) = current {
                let section = &mut sections[current];
                let split = trimmed.find(['=', ':']).map(|at| (&trimmed[..at], &trimmed[at + 1..]));
                let (key, value) = match split {
                    Some((key, value)) => (key, Some(value.trim().to_owned())),
                    None if self.may_lack_values => (trimmed, None),
                    None => {
                        let shown = Value::str(format!("{line}\n")).to_repr();
                        mistakes.push_str(&format!("\n\t[line {:>2}]: {shown}", at + 1));
                        continue;
                    }
                };
                let key = self.key(key.trim());
                if section.get(&key).is_some() {
                    return Err(format!(
                        "Duplicate option in '{}': While reading from '<???>' [line {:>2}]: option '{key}' in section '{}' already exists",
                        self.name,
                        at + 1,
                        section.name
                    ));
                }
                section.entries.push(Entry { key, value });
            } else {
                let shown = Value::str(format!("{line}\n")).to_repr();
                return Err(format!(
                    "File contains no section headers.\nfile: '<???>', line: {}\n{shown}",
                    at + 1
                ));
            }
            empty_lines = 0;
        }
        if mistakes.is_empty() {
            Ok(sections)
        } else {
            Err(format!("Source contains parsing errors: '<???>'{mistakes}"))
        }
    }
}

/// A value with those that it names, as `%(name)s`, and `%%` for `%`.
fn value_of<'s>(value: &str, look_up: &impl Fn(&str) -> Option<&'s Entry>) -> Value {
    /// How deep values may name each other, as in Python.
    const DEPTH: usize = 10;
    fn expand<'s>(
        value: &str,
        look_up: &impl Fn(&str) -> Option<&'s Entry>,
        depth: usize,
    ) -> String {
        let mut whole = String::new();
        let mut rest = value;
        while let Some(at) = rest.find('%') {
            whole.push_str(&rest[..at]);
            rest = &rest[at..];
            let named = rest.strip_prefix("%(").and_then(|rest| rest.split_once(")s"));
            if let Some(after) = rest.strip_prefix("%%") {
                whole.push('%');
                rest = after;
            } else if let Some((name, after)) = named
                && let Some(inner) =
                    look_up(&name.to_lowercase()).and_then(|entry| entry.value.as_ref())
                && depth < DEPTH
            {
                whole.push_str(&expand(inner, look_up, depth + 1));
                rest = after;
            } else {
                whole.push('%');
                rest = &rest[1..];
            }
        }
        whole + rest
    }
    Value::str(expand(value, look_up, 0))
}
