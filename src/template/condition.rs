//! `when`, `changed_when`, `until` and their kin: an expression that must be true or false.

use std::sync::Arc;

use super::{Env, ErrorKind, TemplateError, evaluator::Result};
use crate::{
    diagnostic::{Span, Told},
    value::{Origin, Value},
};

/// What stands before the reason why a condition could not be evaluated.
pub const CONDITIONAL: &str = "Error while evaluating conditional: ";

/// Returns whether a text begins and ends as a template: otherwise it is an expression with a mistake.
fn is_all_template(text: &str) -> bool {
    let text = text.trim();
    ["{{", "{%", "{#"].iter().any(|begin| text.starts_with(begin))
        && ["}}", "%}", "#}"].iter().any(|end| text.ends_with(end))
}

impl Env<'_> {
    /// Returns whether a condition holds, which is no list of them; text is a bare expression.
    pub fn one_condition_at(&self, value: &Value, span: Option<&Span>) -> Result<bool> {
        self.condition_from(value, span, None)
    }

    /// As `one_condition_at`, of a text that a template handed on from where it is written.
    fn condition_from(
        &self,
        value: &Value,
        span: Option<&Span>,
        origin: Option<Origin>,
    ) -> Result<bool> {
        let result = match value {
            Value::Bool(truth) => return Ok(*truth),
            Value::None => return self.empty(),
            Value::Str(text) if text.trim().is_empty() => return self.empty(),
            Value::Str(text) => self.eval_condition(text, span),
            Value::Template(template) if template.literal => {
                Err(TemplateError::untrusted(template.span.clone()))
            }
            Value::Template(template) if !is_all_template(&template.text) => {
                self.eval_condition(&template.text, template.span.as_ref().or(span))
            }
            Value::Template(template) => match self.eval(value) {
                Ok(Value::Omit) => Ok(Value::Omit),
                Ok(Value::None) => {
                    return self.empty().map_err(|error| error.of_kind(ErrorKind::Nothing));
                }
                Ok(Value::Str(text)) if text.trim().is_empty() => return self.empty(),
                // Only the operator's own words may be evaluated, not what they gave.
                Ok(Value::Str(_)) if !self.hands_on(template) => {
                    Err(TemplateError::untrusted(self.place_of(template)))
                }
                Ok(text @ Value::Str(_)) => {
                    return self.condition_from(&text, span, self.origin_of_template(template));
                }
                inner => {
                    self.tell(Told::deprecation(
                        "Conditionals should not be surrounded by templating delimiters such as {{ }} or {% %}.",
                        template.span.as_ref(),
                    ));
                    inner
                }
            },
            _ => {
                let message = "Conditional expressions must be strings.";
                return Err(TemplateError::exact(message).of_kind(ErrorKind::Broken));
            }
        };
        match result {
            Ok(Value::Bool(truth)) => Ok(truth),
            Ok(Value::Omit) => Err(TemplateError::omitted().in_span(span.cloned())),
            Ok(other) => self.broken(value, &other, span, origin),
            Err(mut error) => {
                if error.is_undefined() {
                    error.message = format!("{CONDITIONAL}{}", error.message);
                }
                Err(error)
            }
        }
    }

    /// Returns conditions as they are written, or what a template holds that stands for all of them, where it holds anything.
    pub fn conditions(&self, written: &Value) -> Value {
        match written {
            Value::Template(template) if is_all_template(&template.text) => {
                self.eval(written).unwrap_or_else(|_| written.clone())
            }
            _ => written.clone(),
        }
    }

    /// Returns how a condition is named in results: an expression as it is written, a template as what it gives.
    pub fn shown_condition(&self, value: &Value) -> Value {
        match value {
            Value::Template(template) if is_all_template(&template.text) => {
                self.eval(value).unwrap_or_else(|_| Value::Str(Arc::clone(&template.text)))
            }
            Value::Template(template) => Value::Str(Arc::clone(&template.text)),
            other => other.clone(),
        }
    }

    fn empty(&self) -> Result<bool> {
        if self.context.allow_broken_conditionals {
            return Ok(true);
        }
        let message = "Empty conditional expressions are not allowed.";
        Err(TemplateError::exact(message).of_kind(ErrorKind::Broken))
    }

    fn broken(
        &self,
        condition: &Value,
        result: &Value,
        span: Option<&Span>,
        origin: Option<Origin>,
    ) -> Result<bool> {
        let truth = result.is_true();
        if self.context.allow_broken_conditionals {
            return Ok(truth);
        }
        let (found, text) = (result.type_name(), if truth { "True" } else { "False" });
        let origin = match condition {
            // Nothing has no place.
            _ if matches!(result, Value::None) => None,
            _ if origin.is_some() => origin,
            Value::Str(text) => self.origin_of_expression(text, span),
            Value::Template(template) if is_all_template(&template.text) => {
                self.origin_of_template(template)
            }
            Value::Template(template) => {
                self.origin_of_expression(&template.text, template.span.as_ref().or(span))
            }
            _ => span.map(Origin::from),
        };
        let place = Value::from(origin.map_or("<unknown>".to_owned(), |origin| origin.to_string()));
        let message = format!(
            "Conditional result ({text}) was derived from value of type '{found}' at {}. Conditionals must have a boolean result.",
            place.to_repr()
        );
        Err(TemplateError::exact(message).of_kind(ErrorKind::Broken).in_span(span.cloned()))
    }
}
