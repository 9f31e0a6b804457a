//! `ansible.cfg` as Python's configparser reads it: sections, keys in lower case, continuation lines, `;` comments.

use std::{collections::HashMap, sync::Arc};

use crate::diagnostic::{Diagnostic, Source, Span};

/// The sections and keys of a file.
#[derive(Debug, Default)]
pub(super) struct IniFile {
    values: HashMap<(String, String), IniValue>,
}

/// A value and its place.
#[derive(Debug)]
pub(super) struct IniValue {
    pub text: String,
    pub span: Span,
}

impl IniFile {
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&IniValue> {
        self.values.get(&(section.to_owned(), key.to_lowercase()))
    }

    /// Returns sections and keys in the order in which they stand.
    pub(super) fn keys(&self) -> Vec<(String, String)> {
        let mut found: Vec<_> = self.values.iter().collect();
        found.sort_by_key(|(_, value)| value.span.line);
        found.into_iter().map(|(key, _)| key.clone()).collect()
    }
}

/// Reads a file.
pub(super) fn parse(source: &Arc<Source>) -> Result<IniFile, Diagnostic> {
    let mut file = IniFile::default();
    let mut section: Option<String> = None;
    let mut last: Option<(String, String)> = None;
    let mut last_indent = 0;
    for (n_line, raw) in source.text.lines().enumerate() {
        let n_line = u32::try_from(n_line).unwrap_or(u32::MAX);
        let line = without_comment(raw);
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let column = |at: usize| u32::try_from(raw[..at].chars().count()).unwrap_or(u32::MAX);
        let whole =
            Span::new(source, (n_line, column(indent)), (n_line, column(line.trim_end().len())));
        if let Some(value) =
            last.as_ref().filter(|_| indent > last_indent).and_then(|key| file.values.get_mut(key))
        {
            value.text.push('\n');
            value.text.push_str(text);
            continue;
        }
        last_indent = indent;
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section = Some(name.0.to_owned());
            last = None;
            continue;
        }
        let Some(section) = &section else {
            return Err(Diagnostic::error(&whole, "a setting needs a section before it")
                .label("no section yet")
                .hint("put `[defaults]` before the first setting"));
        };
        let Some(at) = line.find(['=', ':']) else {
            return Err(Diagnostic::error(&whole, "expected `key = value`")
                .label("neither `=` nor `:` here"));
        };
        let key = line[..at].trim().to_lowercase();
        let value = line[at + 1..].trim();
        let start = line.len() - line[at + 1..].trim_start().len();
        let end = start + value.len();
        let span = Span::new(source, (n_line, column(start)), (n_line, column(end)));
        let key = (section.clone(), key);
        if let Some(first) = file.values.get(&key) {
            return Err(Diagnostic::error(
                &whole,
                format!("setting `{}` stands twice in section `{}`", key.1, key.0),
            )
            .label("again")
            .context(&first.span, "first here"));
        }
        file.values.insert(key.clone(), IniValue { text: value.to_owned(), span });
        last = Some(key);
    }
    Ok(file)
}

/// Takes away a comment: the whole line after `#` or `;` at its start, the rest after `;` with white space before it.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with(['#', ';']) {
        return "";
    }
    let comment =
        line.match_indices(';').find(|(at, _)| line[..*at].ends_with(char::is_whitespace));
    comment.map_or(line, |(at, _)| &line[..at])
}
