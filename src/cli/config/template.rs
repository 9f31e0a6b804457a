//! `windlass config init`: every setting as a file to begin with.

use crate::{
    cli::terminal,
    settings::{KNOWN, Known},
    value::Value,
};

/// Prints all settings with their defaults, as `ansible.cfg` or as variables of the environment.
pub(super) fn init(format: Option<&str>, disabled: bool) {
    let text = match format {
        Some("env") => env(disabled),
        Some("vars") => vars(),
        _ => ini(disabled),
    };
    terminal::print(text.trim_end_matches('\n'));
}

/// A default as `ansible.cfg` has it.
fn text_of(known: &Known) -> String {
    match known.default() {
        Value::None => String::new(),
        Value::List(list) => list.iter().map(Value::to_text).collect::<Vec<_>>().join(", "),
        other => other.to_text().replace("{home}", "~/.ansible"),
    }
}

fn ini(disabled: bool) -> String {
    let mut sections: Vec<(&str, String)> = Vec::new();
    let mark = if disabled { ";" } else { "" };
    for known in KNOWN.iter() {
        let Some((section, key)) = known.keys.first() else { continue };
        let at = sections.iter().position(|(name, _)| name == section).unwrap_or_else(|| {
            sections.push((section, String::new()));
            sections.len() - 1
        });
        let text =
            format!("# ({}) {}\n{mark}{key}={}\n\n", known.kind, known.summary, text_of(known));
        sections[at].1.push_str(&text);
    }
    let sections = sections.iter().map(|(name, text)| format!("[{name}]\n{text}\n"));
    sections.collect()
}

fn env(disabled: bool) -> String {
    let mark = if disabled { "#" } else { "" };
    let mut text = String::new();
    for known in KNOWN.iter() {
        let Some(variable) = known.variables.first() else { continue };
        let value = match known.default() {
            Value::Bool(flag) => i64::from(*flag).to_string(),
            Value::Str(_) | Value::List(_) => quoted(&text_of(known)),
            _ => text_of(known),
        };
        text.push_str(&format!(
            "# {}({})\n{mark}{variable}={value}\n\n",
            known.summary, known.kind
        ));
    }
    text
}

/// A text as a shell takes it.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// Variables of hosts that say what a setting says: only plugins have such.
fn vars() -> String {
    KNOWN.iter().map(|known| format!("# {}({})\n", known.summary, known.kind)).collect()
}
