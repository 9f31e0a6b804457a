//! `to_xml`: dictionaries as an XML document, as `xmltodict` writes it.

use super::{Filter, Refusal};
use crate::value::{Dict, Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.to_xml",
    aliases: &[],
    summary: "Dictionaries as an XML document",
    params: &["engine", "indent", "indent_width", "full_document"],
    examples: &[
        (
            "{{ {'a': {'@x': '1', 'b': [1, none], '#text': 't'}} | ansible.utils.to_xml(full_document=false) }}",
            "<a x=\"1\">\n\t<b>1</b>\n\t<b></b>\nt</a>",
        ),
        (
            "{{ {'a': {'b': true}} | ansible.utils.to_xml(indent='spaces', indent_width=2) }}",
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a>\n  <b>true</b>\n</a>",
        ),
        ("{{ {'a': '<\"&'} | ansible.utils.to_xml(full_document=false) }}", "<a>&lt;\"&amp;</a>"),
        (
            "{{ {'a': 1, 'b': 2} | ansible.utils.to_xml }}",
            "The filter plugin 'ansible.utils.to_xml' failed: Error when using plugin 'to_xml': Input json is not valid",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let data = match &call.value {
            Value::Dict(dict) => (**dict).clone(),
            Value::Str(text) => match crate::template::json::read(text) {
                Ok(Value::Dict(dict)) => (*dict).clone(),
                _ => {
                    return Err(not_a_dict(
                        "str",
                        "dictionary requested, could not parse JSON or key=value",
                    ));
                }
            },
            other => {
                let found = other.type_name();
                return Err(not_a_dict(
                    found,
                    &format!("<class '{found}'> cannot be converted to a dict"),
                ));
            }
        };
        let failed = |what: &str| format!("Error when using plugin 'to_xml': {what}");
        let engine = call.text(0, "xmltodict");
        if &*engine != "xmltodict" {
            return Err(failed(&format!("engine: {engine} is not supported")).into());
        }
        let width = usize::try_from(call.int(2, 4)?.clamp(0, 1000)).unwrap_or(4);
        let indent = match &*call.text(1, "tabs") {
            "spaces" => " ".repeat(width),
            _ => "\t".to_owned(),
        };
        let full = call.flag(3, true);
        let mut text = String::new();
        if full {
            text.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        }
        let count = |value: &Value| match value {
            Value::List(items) | Value::Tuple(items) => items.len(),
            _ => 1,
        };
        let roots: usize = data.values().map(count).sum();
        let valid = !full || data.len() == 1 && roots == 1;
        let mut writer = Writer { text, indent };
        let written = data.iter().try_for_each(|(key, value)| writer.element(key, value, 0));
        match written {
            Ok(()) if valid => Ok(writer.text.into()),
            _ => Err(Refusal::Apart(failed("Input json is not valid"))),
        }
    },
};

fn not_a_dict(found: &str, why: &str) -> super::super::Refusal {
    format!("[\"argument 'data' is of type {found} and we were unable to convert to dict: {why}\"]")
        .into()
}

struct Writer {
    text: String,
    indent: String,
}

/// What cannot be written.
struct Invalid;

impl Writer {
    fn element(&mut self, name: &Value, value: &Value, depth: usize) -> Result<(), Invalid> {
        if let Value::List(items) | Value::Tuple(items) = value {
            return items.iter().try_for_each(|item| self.element(name, item, depth));
        }
        let name = checked(name.as_str().ok_or(Invalid)?)?;
        let nothing = Dict::new();
        let entries = match value {
            Value::Dict(dict) => &**dict,
            _ => &nothing,
        };
        let is_child = |(key, value): &(&Value, &Value)| {
            !matches!(key, Value::Str(key) if key.starts_with('@') || &**key == "#text")
                && !matches!(value, Value::List(items) if items.is_empty())
        };
        self.pad(depth);
        self.text.push('<');
        self.text.push_str(&name);
        for (key, value) in entries {
            if let Some(key) = key.as_str().and_then(|key| key.strip_prefix('@')) {
                self.text.push(' ');
                self.text.push_str(&checked(key)?);
                self.text.push('=');
                self.text.push_str(&quoted(&shown(value)));
            }
        }
        self.text.push('>');
        let mut has_children = false;
        for (key, value) in entries.iter().filter(is_child) {
            if !has_children {
                self.text.push('\n');
            }
            has_children = true;
            self.element(key, value, depth + 1)?;
        }
        let own = match value {
            Value::Dict(dict) => dict.get("#text").map(shown).unwrap_or_default(),
            other => shown(other),
        };
        self.text.push_str(&escaped(&own));
        if has_children {
            self.pad(depth);
        }
        self.text.push_str("</");
        self.text.push_str(&name);
        self.text.push('>');
        if depth > 0 {
            self.text.push('\n');
        }
        Ok(())
    }

    fn pad(&mut self, depth: usize) {
        for _ in 0..depth {
            self.text.push_str(&self.indent);
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Bool(truth) => truth.to_string(),
        other => other.to_text(),
    }
}

fn checked(name: &str) -> Result<String, Invalid> {
    let wrong = |c: char| c.is_whitespace() || "<>&/\"'=".contains(c);
    if name.is_empty() || name.starts_with(['?', '!']) || name.contains(wrong) {
        return Err(Invalid);
    }
    Ok(name.to_owned())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('>', "&gt;").replace('<', "&lt;")
}

fn quoted(text: &str) -> String {
    let text = escaped(text);
    let text = text.replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;");
    match (text.contains('"'), text.contains('\'')) {
        (true, true) => format!("\"{}\"", text.replace('"', "&quot;")),
        (true, false) => format!("'{text}'"),
        _ => format!("\"{text}\""),
    }
}
