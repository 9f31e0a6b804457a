//! `file`: what files of the controller hold.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "file",
    aliases: &[],
    summary: "What a file of the controller holds",
    examples: &[
        (
            "{{ lookup('file', '/nothing/here') }}",
            "The lookup plugin 'file' failed: Unable to access the file '/nothing/here': File not found. Use -vvvvv to see paths searched.",
        ),
        ("{{ lookup('file', '/nothing/here', errors='ignore') }}", "None"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let (left, right) = (query.flag("lstrip", false), query.flag("rstrip", true));
    let mut found = Vec::new();
    for name in query.names() {
        let text = super::read(query, &name, &format!("Unable to access the file '{name}': "))?;
        let mut text = text.as_str();
        if left {
            text = text.trim_start();
        }
        if right {
            text = text.trim_end();
        }
        found.push(Value::str(text));
    }
    Ok(found)
}
