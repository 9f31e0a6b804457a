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
    if !["error", "skip", "warn"].contains(&missing.as_str()) {
        return Err(format!(
            "Invalid value '{missing}' for config 'on_missing' for 'config' lookup plugin."
        )
        .into());
    }
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
    let with_origin = query.flag("show_origin", false);
    let mut found = Vec::new();
    for term in &query.terms {
        let Value::Str(name) = term else {
            return Err(format!(
                "Invalid setting identifier, {} is not a <class 'str'>, its a <class '{}'>.",
                term.to_repr(),
                term.type_name()
            )
            .into());
        };
        let key = if plugin.is_empty() { name.to_string() } else { of_plugin(name) };
        match (query.env.context.settings.0)().get(&*key) {
            Some((value, origin)) if with_origin => {
                found.push(Value::list([value.clone(), Value::str(origin.as_str())]));
            }
            Some((value, _)) => found.push(value.clone()),
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
                return Err(format!("No config definition exists for '{name}'.").into());
            }
        }
    }
    Ok(found)
}
