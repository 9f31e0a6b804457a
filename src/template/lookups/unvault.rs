//! `unvault`: what files of the controller hold, opened where they are a vault's.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "unvault",
    aliases: &[],
    summary: "What a file holds, opened where it is a vault's",
    examples: &[("{{ lookup('unvault', '/nothing', errors='ignore') }}", "None")],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    query.names().iter().map(|name| Ok(Value::from(super::read(query, name)?))).collect()
}
