//! `merge_variables`: variables whose names match as one.

use super::{Found, Lookup, Query};
use crate::value::{Dict, Value};

pub(super) static UNIT: Lookup = Lookup {
    name: "community.general.merge_variables",
    aliases: &[],
    summary: "Variables whose names match, merged into one",
    examples: &[
        ("{{ query('community.general.merge_variables', '^surely_not') }}", "[None]"),
        (
            "{{ lookup('community.general.merge_variables', '^surely_not', initial_value=[1]) }}",
            "[1]",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let kind = query.text("pattern_type", "regex");
    if !matches!(kind.as_str(), "regex" | "prefix" | "suffix") {
        return Err(query.wrong_choice(
            "pattern_type",
            &kind,
            "Valid values are: prefix, suffix, regex",
        ));
    }
    let (policy, merge) = (query.text("override", "error"), query.text("dict_merge", "deep"));
    let mut found = Vec::new();
    for term in query.names() {
        let pattern = crate::template::regex::pattern(&term, false, false)?;
        let mut merged = query.option("initial_value").cloned();
        for name in query.env.scope.names() {
            let matches = match kind.as_str() {
                "prefix" => name.starts_with(&*term),
                "suffix" => name.ends_with(&*term),
                _ => pattern.is_match(&name)?,
            };
            if !matches {
                continue;
            }
            let Some(value) = query.env.value(&name)? else { continue };
            merged = Some(match (merged, value) {
                (None, value @ (Value::List(_) | Value::Dict(_))) => value,
                (Some(Value::List(old)), Value::List(new)) => {
                    Value::list(old.iter().chain(new.iter()).cloned())
                }
                (Some(Value::Dict(old)), Value::Dict(new)) => {
                    let mut complaints = Vec::new();
                    let both = merge_dicts(&old, &new, &name, &mut complaints);
                    match (policy.as_str(), complaints.first()) {
                        ("error", Some(complaint)) => return Err(complaint.clone().into()),
                        ("warn", Some(_)) => {
                            for text in &complaints {
                                query.env.warn(text);
                            }
                        }
                        _ => (),
                    }
                    match merge.as_str() {
                        "replace" => {
                            let mut flat = (*old).clone();
                            flat.extend(
                                new.iter().map(|(key, value)| (key.clone(), value.clone())),
                            );
                            flat.into()
                        }
                        _ => both.into(),
                    }
                }
                (Some(_), Value::List(_) | Value::Dict(_)) => {
                    return Err("Unable to merge, not all variables are of the same type".into());
                }
                _ => {
                    return Err(
                        "Not supported type detected, variable must be a list or a dict".into()
                    );
                }
            });
        }
        found.push(merged.unwrap_or_default());
    }
    Ok(found)
}

fn merge_dicts(old: &Dict, new: &Dict, path: &str, complaints: &mut Vec<String>) -> Dict {
    let mut merged = old.clone();
    for (key, value) in new {
        let path = format!("{path}.{}", key.to_text());
        let both = match (old.get_value(key), value) {
            (Some(Value::Dict(a)), Value::Dict(b)) => merge_dicts(a, b, &path, complaints).into(),
            (Some(Value::List(a)), Value::List(b)) => {
                Value::list(a.iter().chain(b.iter()).cloned())
            }
            (Some(known), value) => {
                if known != value {
                    complaints.push(format!(
                        "The key '{}' with value '{}' will be overwritten with value '{}' from '{path}'",
                        key.to_text(),
                        known.to_text(),
                        value.to_text()
                    ));
                }
                value.clone()
            }
            (None, value) => value.clone(),
        };
        merged.insert(key.clone(), both);
    }
    merged
}
