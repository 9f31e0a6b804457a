//! Where a value stands that a template hands on: in the file where the operator wrote it.
//!
//! Nothing is remembered while templates are evaluated: an expression is followed once more when somebody wants to know.

use std::{borrow::Cow, sync::Arc};

use super::{
    Env,
    evaluator::Evaluator,
    syntax,
    tree::{Code, Expression, Statement},
    trust::DEPTH,
};
use crate::{
    diagnostic::Span,
    value::{Origin, Template, Value},
};

/// A value as it is written, and where.
struct Written {
    value: Value,
    origin: Option<Origin>,
}

impl Env<'_> {
    /// Returns where the value stands that a bare expression gives; what the expression makes itself stands where it does.
    pub(super) fn origin_of_expression(&self, text: &str, span: Option<&Span>) -> Option<Origin> {
        let code = if Template::is_in(text) {
            Arc::new(syntax::compile_condition(text, span.cloned()).ok()?)
        } else {
            self.expression_code(text, span).ok()?
        };
        self.followed(&code, DEPTH).origin.or_else(|| span.map(Origin::from))
    }

    /// Returns where the value stands that a part of an expression gives.
    pub(super) fn followed_to(
        &self,
        code: &Arc<Code>,
        expression: &Expression,
        depth: usize,
    ) -> Option<Origin> {
        self.follow(code, expression, depth)?.origin
    }

    /// Returns where the value stands that is written at a place, as far as that costs no evaluation.
    pub(crate) fn origin_of(&self, written: &Value, place: Option<Origin>) -> Option<Origin> {
        let Value::Template(template) = written else { return place };
        let names = |code: &Code| match &code.body[..] {
            [Statement::Emit(Expression::Name(symbol, _))] => {
                Some(Arc::clone(&code.names[*symbol as usize]))
            }
            _ => None,
        };
        let named = syntax::compiled(template).ok().and_then(|compiled| names(&compiled.code));
        let named = named.and_then(|name| self.scope.origin(&name));
        named.or_else(|| template.span.as_ref().map(Origin::from))
    }

    /// Returns where the value stands that a template gives.
    pub(crate) fn origin_of_template(&self, template: &Arc<Template>) -> Option<Origin> {
        self.settle(Written { value: Value::Template(Arc::clone(template)), origin: None }, DEPTH)
            .origin
    }

    /// Returns where the value of a variable stands.
    pub fn origin_of_variable(&self, name: &str) -> Option<Origin> {
        self.variable_as_written(name, DEPTH)?.origin
    }

    fn variable_as_written(&self, name: &str, depth: usize) -> Option<Written> {
        let value = self.scope.get(name)?;
        Some(self.settle(Written { value, origin: self.scope.origin(name) }, depth))
    }

    fn followed(&self, code: &Arc<Code>, depth: usize) -> Written {
        let nowhere = Written { value: Value::None, origin: None };
        match &code.body[..] {
            [Statement::Emit(expression)] => {
                self.follow(code, expression, depth).unwrap_or(nowhere)
            }
            _ => nowhere,
        }
    }

    fn follow(&self, code: &Arc<Code>, expression: &Expression, depth: usize) -> Option<Written> {
        let depth = depth.checked_sub(1)?;
        let follow = |expression| self.follow(code, expression, depth);
        let value_of = |expression| {
            Evaluator::new(self, code, 0).expression(expression).ok().map(Cow::into_owned)
        };
        let is_true = |expression| value_of(expression).map(|value: Value| value.is_true());
        match expression {
            // A text in an expression stands where the expression does.
            Expression::Const(value @ Value::Template(text)) if !text.literal => {
                Some(self.settle(Written { value: value.clone(), origin: None }, depth))
            }
            Expression::Name(symbol, _) => {
                self.variable_as_written(&code.names[*symbol as usize], depth)
            }
            Expression::Attribute(of) => {
                Some(self.settle(entry(follow(&of.of)?, &Value::Str(of.name.clone()))?, depth))
            }
            Expression::Item(of) => {
                Some(self.settle(entry(follow(&of.of)?, &value_of(&of.key)?)?, depth))
            }
            Expression::If(choice) if is_true(&choice.condition)? => follow(&choice.then),
            Expression::If(choice) => follow(choice.otherwise.as_ref()?),
            Expression::Or(sides) if is_true(&sides.0)? => follow(&sides.0),
            Expression::And(sides) if !is_true(&sides.0)? => follow(&sides.0),
            Expression::Or(sides) | Expression::And(sides) => follow(&sides.1),
            Expression::Filter(filter) => {
                let at = match filter.unit.name {
                    "default" => return follow(&filter.input),
                    "first" => 0,
                    "last" => -1,
                    _ => return None,
                };
                Some(self.settle(entry(follow(&filter.input)?, &Value::Int(at))?, depth))
            }
            Expression::Call(call) => {
                let Expression::Name(callee, _) = &call.callee else { return None };
                let [(false, Expression::Const(kind)), (false, name)] =
                    &call.arguments.positional[..]
                else {
                    return None;
                };
                if &*code.names[*callee as usize] != "lookup" || kind.as_str() != Some("vars") {
                    return None;
                }
                self.variable_as_written(value_of(name)?.as_str()?, depth)
            }
            _ => None,
        }
    }

    /// Follows a value that is a template to what it hands on, or to itself where it makes a new value.
    fn settle(&self, written: Written, depth: usize) -> Written {
        let Value::Template(template) = &written.value else { return written };
        let own = template.span.as_ref().map(Origin::from);
        if template.literal {
            return Written { origin: own.or_else(|| written.origin.clone()), ..written };
        }
        let Ok(compiled) = syntax::compiled(template) else { return written };
        let found = self.followed(&compiled.code, depth);
        match found.origin {
            Some(_) => found,
            None => Written { value: self.eval(&written.value).unwrap_or_default(), origin: own },
        }
    }
}

/// Returns an entry of a container.
fn entry(of: Written, key: &Value) -> Option<Written> {
    match &of.value {
        Value::Dict(dict) => {
            Some(Written { value: dict.get_value(key)?.clone(), origin: dict.origin(key).cloned() })
        }
        Value::List(list) => {
            let Value::Int(at) = key else { return None };
            let at = if *at < 0 {
                list.len().checked_add_signed(isize::try_from(*at).ok()?)?
            } else {
                usize::try_from(*at).ok()?
            };
            Some(Written { value: list.get(at)?.clone(), origin: list.origin(at).cloned() })
        }
        Value::Object(object) => {
            let name = key.as_str()?;
            Some(Written { value: object.attribute(name)?, origin: object.origin(name) })
        }
        _ => None,
    }
}
