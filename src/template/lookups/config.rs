//! `config`: settings by their names.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "config",
    aliases: &[],
    summary: "A setting of the run",
    examples: &[("{{ lookup('config', 'NOT_A_SETTING', on_missing='skip') }}", "[]")],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let missing = query.text("on_missing", "error");
    let mut found = Vec::new();
    for name in query.names() {
        match (query.env.context.settings.0)().get(&*name) {
            Some(value) => found.push(value.clone()),
            None if missing == "skip" => (),
            None if missing == "warn" => {
                query.env.warn(&format!("Skipping, did not find setting {name}"));
            }
            None => {
                return Err(
                    format!("Unable to find setting {}", Value::str(&*name).to_repr()).into()
                );
            }
        }
    }
    Ok(found)
}
