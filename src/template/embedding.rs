//! Templates in constants of templates, which only lookups evaluate: `lookup('file', '{{ folder }}/motd')`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::tree::{Arguments, Code, Expression};
use crate::{
    diagnostic::{Span, Told},
    value::{Template, Value},
};

/// The same for all templates of a process.
static ALLOWED: AtomicBool = AtomicBool::new(true);

/// Says whether templates in constants are evaluated; otherwise they are the texts that they are.
pub fn allow_embedded(allowed: bool) {
    ALLOWED.store(allowed, Ordering::Relaxed);
}

pub(super) fn is_allowed() -> bool {
    ALLOWED.load(Ordering::Relaxed)
}

/// Makes templates of constants that a call hands to a lookup as they are.
pub(super) fn embed(code: &Code, callee: &Expression, arguments: &mut Arguments) {
    let Expression::Name(symbol, _) = callee else { return };
    if !is_allowed() {
        return;
    }
    if !matches!(&*code.names[*symbol as usize], "lookup" | "query" | "q") {
        return;
    }
    // The first one is the lookup's name.
    for (_, argument) in arguments.positional.iter_mut().skip(1) {
        constant(argument, code.span.as_ref());
    }
}

fn constant(expression: &mut Expression, span: Option<&Span>) {
    match expression {
        Expression::Const(Value::Str(text)) if Template::is_in(text) => {
            let template = Template::new(Arc::clone(text), span.cloned());
            *expression = Expression::Const(Value::Template(Arc::new(template)));
        }
        Expression::List(items) | Expression::Tuple(items) => {
            for item in items {
                constant(item, span);
            }
        }
        Expression::Dict(entries) => {
            for (_, value) in entries {
                constant(value, span);
            }
        }
        Expression::If(choice) => {
            constant(&mut choice.then, span);
            if let Some(otherwise) = &mut choice.otherwise {
                constant(otherwise, span);
            }
        }
        Expression::And(sides) | Expression::Or(sides) => {
            constant(&mut sides.0, span);
            constant(&mut sides.1, span);
        }
        Expression::Filter(filter) if filter.unit.name == "default" => {
            constant(&mut filter.input, span);
            if let Some((_, argument)) = filter.arguments.positional.first_mut() {
                constant(argument, span);
            }
        }
        _ => {}
    }
}

/// What is said when a constant is evaluated as a template, by what it stands in.
pub(super) fn warning(code: &Code, in_condition: bool) -> Told {
    let message = "Jinja constant strings should not contain embedded templates. This feature will be disabled by default in ansible-core 2.23.";
    let help = if in_condition {
        "Use inline expressions, for example: `when: \"{{ a_var }}\" == 42` becomes `when: a_var == 42`"
    } else {
        "Use inline expressions, for example: `msg: \"{{ lookup('env', '{{ a_var }}') }}\"` becomes `msg: \"{{ lookup('env', a_var) }}\"`"
    };
    Told { help: Some(help), ..Told::warning(message, code.span.as_ref()) }
}
