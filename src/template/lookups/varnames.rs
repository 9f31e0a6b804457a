//! `varnames`: names of variables that patterns match.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "varnames",
    aliases: &[],
    summary: "Names of variables that patterns match",
    examples: &[
        ("{{ query('varnames', '^surely_not') }}", "[]"),
        ("{{ query('varnames', '^surely_not', '^nor_this') }}", "[]"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    let names = query.env.scope.names();
    for term in query.terms.clone() {
        let Value::Str(term) = &term else {
            let (shown, kind) = (term.to_repr(), term.type_name());
            return Err(format!(
                "Invalid setting identifier, \"{shown}\" is not a string, it is a <class '{kind}'>"
            )
            .into());
        };
        let pattern = crate::template::regex::pattern(term, false, false)
            .map_err(|error| format!("Unable to use {term:?} as a search parameter: {error}"))?;
        for name in &names {
            if pattern.is_match(name)? {
                found.push(Value::Str(std::sync::Arc::clone(name)));
            }
        }
    }
    Ok(found)
}
