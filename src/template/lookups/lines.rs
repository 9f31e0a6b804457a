//! `lines`: the lines that commands of the controller print.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "lines",
    aliases: &[],
    summary: "The lines that a command of the controller prints",
    examples: &[
        ("{{ query('lines', 'printf \"1-2-\"') }}", "['1-2-']"),
        ("{{ query('lines', 'echo a; echo b') }}", "['a', 'b']"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for command in query.names() {
        let text = super::output("lines", &command)?;
        found.extend(crate::value::lines(&text, false).into_iter().map(Value::str));
    }
    Ok(found)
}
