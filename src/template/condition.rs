//! `when`, `changed_when`, `until` and their kin: an expression that must be true or false.

use super::{Env, TemplateError, evaluator::Result};
use crate::value::Value;

impl Env<'_> {
    /// Returns whether a condition holds; text is a bare expression, a list holds when all its conditions do.
    pub fn condition(&self, value: &Value) -> Result<bool> {
        let result = match value {
            Value::List(conditions) => {
                for condition in conditions.iter() {
                    if !self.condition(condition)? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
            Value::Str(text) if text.trim().is_empty() => {
                return self.broken(&Value::str(""), true);
            }
            Value::Str(text) => self.eval_expression(text, None)?,
            Value::Template(template) => {
                self.warn("Conditionals should not be surrounded by templating delimiters such as {{ }} or {% %}.");
                match self.eval(value)? {
                    // The operator's template gave another expression: only its own words may be one.
                    Value::Str(text) if !matches!(&*text, "True" | "False") => {
                        return self.indirect(&template.text, &text);
                    }
                    Value::Str(text) => Value::Bool(&*text == "True"),
                    other => other,
                }
            }
            other => self.eval(other)?,
        };
        match result {
            Value::Bool(truth) => Ok(truth),
            other => {
                let truth = other.is_true();
                self.broken(&other, truth)
            }
        }
    }

    fn indirect(&self, _template: &str, text: &str) -> Result<bool> {
        self.broken(&Value::str(text), !text.is_empty())
    }

    fn broken(&self, result: &Value, truth: bool) -> Result<bool> {
        if self.context.allow_broken_conditionals {
            return Ok(truth);
        }
        let (found, text) = (result.type_name(), if truth { "True" } else { "False" });
        Err(TemplateError::exact(format!(
            "Conditional result ({text}) was derived from value of type '{found}'. Conditionals must have a boolean result."
        )))
    }

    pub(super) fn warn(&self, message: &str) {
        let mut warnings =
            self.context.warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !warnings.iter().any(|known| known == message) {
            warnings.push(message.to_owned());
        }
    }
}
