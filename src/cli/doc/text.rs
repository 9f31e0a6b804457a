//! Manuals and snippets for a terminal.

use serde_json::Value as Json;

use super::entry::{Entry, Kind, default};

/// JSON as the reference's tool writes it: four spaces.
pub(super) fn pretty(value: &Json) -> String {
    let mut out = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, format);
    serde::Serialize::serialize(value, &mut serializer).expect("JSON values can be written");
    String::from_utf8_lossy(&out).into_owned()
}

pub(super) fn manual(entry: &Entry) -> String {
    let mut text = format!("> {} {}\n\n", entry.kind.as_str().to_uppercase(), entry.full_name());
    for paragraph in entry.description() {
        text.push_str(&wrapped(&paragraph, 2));
        text.push('\n');
    }
    if entry.kind == Kind::Keyword {
        text.push_str(&format!("  May stand in: {}\n", entry.applies_to.join(", ")));
        return text;
    }
    if !entry.args.is_empty() {
        text.push_str("\nOPTIONS (= indicates it is required):\n");
    }
    for arg in &entry.args {
        let mark = if arg.is_required() { '=' } else { '-' };
        text.push_str(&format!("\n{mark} {}  {}", arg.name, wrapped(arg.doc, 10).trim_start()));
        let mut fact = |name: &str, value: String| {
            text.push_str(&format!("          {name}: {value}\n"));
        };
        if !arg.aliases.is_empty() {
            fact("aliases", format!("[{}]", arg.aliases.join(", ")));
        }
        if !arg.choices.is_empty() {
            fact("choices", format!("[{}]", arg.choices.join(", ")));
        }
        if !arg.is_required() {
            let default = default(arg);
            fact("default", default.as_str().map_or_else(|| default.to_string(), str::to_owned));
        }
        if let Some(elements) = arg.elements {
            fact("elements", elements.as_str().to_owned());
        }
        fact("type", arg.kind.as_str().to_owned());
    }
    if !entry.examples.is_empty() {
        text.push_str(&format!("\nEXAMPLES:\n\n{}\n", entry.examples));
    }
    text
}

/// A task with every argument, each with what it is.
pub(super) fn snippet(entry: &Entry) -> String {
    let mut text = format!("- name: {}\n  {}:\n", entry.summary(), entry.name);
    for arg in &entry.args {
        let mut note = arg.doc.replace('\n', " ");
        if arg.is_required() {
            note = format!("(required) {note}");
        }
        if !arg.choices.is_empty() {
            note.push_str(&format!(" (one of {})", arg.choices.join(", ")));
        }
        let value = match default(arg) {
            Json::Null => String::new(),
            default => default.to_string(),
        };
        text.push_str(format!("      {}: {value:<20} # {note}", arg.name).trim_end());
        text.push('\n');
    }
    text
}

/// The text in lines of 79 characters, each indented.
fn wrapped(text: &str, indent: usize) -> String {
    let (mut out, mut line) = (String::new(), String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && indent + line.len() + 1 + word.len() > 79 {
            out.push_str(&format!("{:indent$}{line}\n", ""));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    format!("{out}{:indent$}{line}\n", "")
}
