//! Texts that are shown whatever happens: each expression that fails gives its error in its place.

use super::{Env, TemplateError};
use crate::value::{Template, Value};

impl Env<'_> {
    /// Returns the value, errors of its expressions in their places, and what they were.
    pub fn eval_marked(&self, value: &Value) -> (Value, Vec<TemplateError>) {
        let mut errors = Vec::new();
        let error = match self.eval(value) {
            Ok(value) => return (value, errors),
            Err(error) => error,
        };
        let parts = match value {
            Value::Template(template) if !template.text.contains("{%") => parts(&template.text),
            _ => Vec::new(),
        };
        if parts.len() < 2 {
            let shown = mark(&mut errors, error);
            return (Value::str(shown), errors);
        }
        let mut text = String::new();
        for part in parts {
            if !part.starts_with("{{") {
                text.push_str(part);
                continue;
            }
            let template = Value::Template(Template::new(part, None).into());
            match self.eval(&template) {
                Ok(value) => text.push_str(&value.to_text()),
                Err(error) => text.push_str(&mark(&mut errors, error)),
            }
        }
        (Value::str(text), errors)
    }
}

fn mark(errors: &mut Vec<TemplateError>, error: TemplateError) -> String {
    let text = format!("<< error {} - {} >>", errors.len() + 1, error.message);
    errors.push(error);
    text
}

/// Cuts a template into expressions and the texts between them.
fn parts(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        let end = start + length + 2;
        found.extend(
            [&rest[..start], &rest[start..end]].into_iter().filter(|part| !part.is_empty()),
        );
        rest = &rest[end..];
    }
    found.extend(Some(rest).filter(|rest| !rest.is_empty()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_and_the_texts_between_them_are_parts() {
        assert_eq!(parts("a {{ b }}{{ c }} d"), ["a ", "{{ b }}", "{{ c }}", " d"]);
        assert_eq!(parts("{{ a }}"), ["{{ a }}"]);
        assert_eq!(parts("a {{ b"), ["a {{ b"]);
    }
}
