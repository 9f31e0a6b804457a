//! Texts that are shown whatever happens: each expression that fails gives its error in its place.

use std::sync::Arc;

use super::{
    Env, TemplateError,
    cells::freeze,
    evaluator::{Evaluator, Result},
    tree::{Code, Statement},
};
use crate::{
    diagnostic::{Span, Told},
    value::{Dict, Template, Value},
};

impl Env<'_> {
    /// Returns the value with errors of its expressions in their places, which are warned of.
    pub fn eval_marked(&self, value: &Value) -> Value {
        let mut marks = Marks { env: self, count: 0 };
        match value {
            Value::Template(template) => marks.template(template, true),
            other => other.clone(),
        }
    }

    /// Returns what an expression gives; what is undefined in it is told in its place, and warned of.
    pub fn eval_shown(&self, text: &str, place: Option<&Span>) -> Result<Value> {
        let error = match self.eval_expression(text, None) {
            Err(error) if error.is_undefined() => error,
            other => return other,
        };
        let value = self.raw(&self.expression_code(text, None)?);
        let value = value.ok().flatten().unwrap_or_else(|| error.into());
        Ok(Marks { env: self, count: 0 }.whole(&value, place))
    }

    /// Returns what a lone expression gives, templates and undefined values in it as they are.
    pub(super) fn raw(&self, code: &Arc<Code>) -> Result<Option<Value>> {
        let [Statement::Emit(expression)] = &code.body[..] else { return Ok(None) };
        let evaluator = Evaluator::new(self, code, 0);
        let value = evaluator.expression(expression)?;
        Ok(Some(freeze(&value)))
    }
}

/// Puts errors in the places of values that could not be made, and numbers them.
struct Marks<'e> {
    env: &'e Env<'e>,
    count: usize,
}

impl Marks<'_> {
    /// A value that stands for itself: its own errors are warned of together.
    fn whole(&mut self, value: &Value, place: Option<&Span>) -> Value {
        let mut errors = Vec::new();
        let value = self.value(value, &mut errors);
        self.warn(&errors, place);
        value
    }

    fn value(&mut self, value: &Value, errors: &mut Vec<TemplateError>) -> Value {
        match value {
            Value::Undefined(undefined) => Value::str(self.mark((&**undefined).into(), errors)),
            Value::Template(template) => self.template(template, false),
            Value::List(list) | Value::Tuple(list) => {
                Value::list(list.iter().map(|item| self.value(item, errors)).collect::<Vec<_>>())
            }
            Value::Dict(dict) => {
                let entries =
                    dict.iter().map(|(key, value)| (key.clone(), self.value(value, errors)));
                entries.collect::<Dict>().into()
            }
            Value::Object(object) if let Some(entries) = object.mapping() => {
                self.value(&Value::Dict(entries), errors)
            }
            other => self.env.eval(other).unwrap_or_else(|_| other.clone()),
        }
    }

    /// With `all`, other errors than of what is undefined are marked, too.
    fn template(&mut self, template: &Arc<Template>, all: bool) -> Value {
        let value = Value::Template(Arc::clone(template));
        let error = match self.env.eval(&value) {
            Ok(value) => return value,
            Err(error) => error,
        };
        let mut errors = Vec::new();
        let place = template.span.as_ref();
        let parts = if template.text.contains("{%") { Vec::new() } else { parts(&template.text) };
        if let [only] = parts[..]
            && let Some(inner) = only.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"))
            && !all
            && let Ok(code) = self.env.expression_code(inner, None)
            && let Ok(Some(value)) = self.env.raw(&code)
            && !matches!(value, Value::Undefined(_))
        {
            return self.whole(&value, place);
        }
        // A text that does not parse is wrong as a whole.
        if parts.len() < 2 || error.message.starts_with("Syntax error in template") {
            let shown = self.mark(error, &mut errors);
            self.warn(&errors, place);
            return Value::str(shown);
        }
        let mut text = String::new();
        for part in parts {
            if !part.starts_with("{{") {
                text.push_str(part);
                continue;
            }
            let template = Value::Template(Template::new(part, None).into());
            match self.env.eval(&template) {
                Ok(value) => text.push_str(&value.to_text()),
                Err(error) => text.push_str(&self.mark(error, &mut errors)),
            }
        }
        self.warn(&errors, place);
        Value::str(text)
    }

    fn mark(&mut self, mut error: TemplateError, errors: &mut Vec<TemplateError>) -> String {
        self.count += 1;
        let message = format!("error {} - {}", self.count, error.message);
        let text = format!("<< {message} >>");
        error.message = message;
        errors.push(error);
        text
    }

    fn warn(&self, errors: &[TemplateError], place: Option<&Span>) {
        let Some(first) = errors.first() else { return };
        let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        let (count, plural) = (errors.len(), if errors.len() == 1 { "" } else { "s" });
        let message =
            format!("Encountered {count} template error{plural}.\n{}", messages.join("\n"));
        let place = first.origin.as_ref().or(first.span.as_ref()).or(place);
        self.env.tell(Told::warning(message, place));
    }
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
