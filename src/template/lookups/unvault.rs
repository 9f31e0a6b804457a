//! `unvault`: what files of the controller hold, opened where they are a vault's.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "unvault",
    aliases: &[],
    summary: "What a file holds, opened where it is a vault's",
    examples: &[
        ("{{ lookup('unvault', '/nothing', errors='ignore') }}", "None"),
        ("{{ lookup('unvault', '/proc/sys/kernel/ostype') }}", "Linux\n"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for name in query.names() {
        if query.find_or_warn("files", &name).is_none() {
            return Err(format!("Unable to find file matching \"{name}\"").into());
        }
        found.push(Value::from(super::read(query, &name, "")?));
    }
    Ok(found)
}
