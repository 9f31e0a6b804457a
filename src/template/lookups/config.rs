//! `config`: settings by their names.

use std::{collections::HashMap, sync::LazyLock};

use super::{Found, Lookup, Query};
use crate::{
    settings::{Catalogue, Environment},
    value::Value,
};

/// All settings by their names, as environment and configuration file have them.
static SETTINGS: LazyLock<HashMap<&'static str, Value>> = LazyLock::new(|| {
    let catalogue = Catalogue::read(&Environment::of_process(), None);
    let settings = catalogue.map(|catalogue| catalogue.settings).unwrap_or_default();
    settings.into_iter().map(|chosen| (chosen.known.name, chosen.value)).collect()
});

pub(super) static UNIT: Lookup = Lookup {
    name: "config",
    aliases: &[],
    summary: "A setting of the run",
    examples: &[
        ("{{ lookup('config', 'DEFAULT_BECOME_USER') }}", "root"),
        ("{{ lookup('config', 'NOT_A_SETTING', on_missing='skip') }}", "[]"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let missing = query.text("on_missing", "error");
    let mut found = Vec::new();
    for name in query.names() {
        match SETTINGS.get(&*name) {
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
