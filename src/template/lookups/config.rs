//! `config`: settings by their names.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "config",
    aliases: &[],
    summary: "The value of a setting of the run",
    examples: &[
        ("{{ lookup('config', 'NOT_A_SETTING', on_missing='skip') }}", "[]"),
        (
            "{{ lookup('config', 'NOT_A_SETTING') }}",
            "The lookup plugin 'config' failed: No config definition exists for 'NOT_A_SETTING'.",
        ),
    ],
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
    let settings = (query.env.context.settings.0)();
    let (place, plugin) = match (query.option("plugin_type"), query.option("plugin_name")) {
        (None, None) => (String::new(), String::new()),
        (Some(kind), Some(name)) => {
            let (kind, name) = (kind.to_text(), name.to_text());
            let place = format!("{kind}/{name}/");
            let is_there = kind == "lookup" && super::exists(&name);
            if !is_there && !settings.keys().any(|key| key.starts_with(&place)) {
                return Err(format!("Unable to load {kind} plugin '{name}'.").into());
            }
            (place, format!(" for '{name}' {kind} plugin"))
        }
        _ => {
            return Err(
                "Both plugin_type and plugin_name are required, cannot use one without the other."
                    .into(),
            );
        }
    };
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
        match settings.get(&*format!("{place}{name}")) {
            Some((value, origin)) if with_origin => {
                found.push(Value::list([value.clone(), Value::str(origin.as_str())]));
            }
            Some((value, _)) => found.push(value.clone()),
            None if missing == "skip" => (),
            None if missing == "warn" => {
                query.env.warn(&format!("Skipping, did not find setting {name}"));
            }
            None => {
                return Err(format!("No config definition exists for '{name}'{plugin}.").into());
            }
        }
    }
    Ok(found)
}
