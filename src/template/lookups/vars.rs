//! `vars`: variables by names that are only known now.

use super::{Found, Lookup, Query};
use crate::{template::TemplateError, value::Value};

pub(super) static UNIT: Lookup = Lookup {
    name: "vars",
    aliases: &[],
    summary: "Variables by their names",
    examples: &[
        ("{{ lookup('vars', 'nothing', default='d') }}", "d"),
        ("{{ lookup('vars', 'nothing') }}", "No variable named 'nothing' was found."),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for term in &query.terms {
        let Value::Str(name) = term else {
            let found = term.type_name();
            return Err(format!("Variable name must be 'str' not '{found}'.").into());
        };
        match (query.env.variable(name, 0)?, query.option("default")) {
            (Some(Value::Undefined(undefined)), _) => {
                return Err(TemplateError::from(&*undefined).into());
            }
            // What fails in it fails where it is used.
            (Some(value), _) => found.push(query.env.complete(&value, 0)?),
            (None, Some(default)) => found.push(default.clone()),
            (None, None) => {
                return Err(TemplateError::undefined(format!(
                    "No variable named '{name}' was found."
                ))
                .into());
            }
        }
    }
    Ok(found)
}
