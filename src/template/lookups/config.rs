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
    let (kind, plugin) = (query.text("plugin_type", ""), query.text("plugin_name", ""));
    if kind.is_empty() != plugin.is_empty() {
        return Err(
            "Both plugin_type and plugin_name are required, cannot use one without the other."
                .into(),
        );
    }
    let of_plugin = |name: &str| format!("{kind}/{plugin}/{name}");
    if !plugin.is_empty()
        && !(query.env.context.settings.0)().keys().any(|key| key.starts_with(&of_plugin("")))
    {
        return Err(format!("Unable to load {kind} plugin '{plugin}'.").into());
    }
    let mut found = Vec::new();
    for name in query.names() {
        let key = if plugin.is_empty() { name.clone() } else { of_plugin(&name) };
        match (query.env.context.settings.0)().get(&*key) {
            Some(value) => found.push(value.clone()),
            None if missing == "skip" => (),
            None if missing == "warn" => {
                query.env.warn(&format!("Skipping, did not find setting {name}"));
            }
            None if !plugin.is_empty() => {
                return Err(format!(
                    "No config definition exists for '{name}' for '{plugin}' {kind} plugin."
                )
                .into());
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
