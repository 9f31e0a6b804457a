//! Which keys of data are meant, however deep they lie.

use crate::{
    template::filters::{Answer, Invocation, Refusal, as_dict},
    value::{Dict, Value},
};

/// Names or patterns of keys.
pub(super) struct Target {
    filter: &'static str,
    /// What the filter is for, as the reference says it.
    purpose: &'static str,
    names: Vec<String>,
    kind: String,
}

impl Target {
    /// Reads the arguments `target` and `matching_parameter`.
    pub(super) fn new(
        call: &Invocation<'_, '_>,
        filter: &'static str,
        purpose: &'static str,
    ) -> Result<Target, Refusal> {
        let Some(target) = call.arg(0) else {
            return Err("['missing required arguments: target']".into());
        };
        let names = match target {
            Value::List(items) | Value::Tuple(items) => items.iter().map(Value::to_text).collect(),
            one => one.to_text().split(',').map(str::to_owned).collect(),
        };
        Ok(Target { filter, purpose, names, kind: kind(call)? })
    }

    fn holds(&self, key: &Value) -> Result<bool, String> {
        let key = key.to_text();
        for name in &self.names {
            let holds = match self.kind.as_str() {
                "starts_with" => key.starts_with(&**name),
                "ends_with" => key.ends_with(&**name),
                "regex" => {
                    let pattern = crate::template::regex::pattern(name, false, false)?;
                    let found = pattern.search(&key)?.and_then(|found| found.get(0));
                    found.is_some_and(|whole| whole.start() == 0)
                }
                _ => key == *name,
            };
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn checked<'v>(&self, value: &'v Value) -> Result<&'v Value, Refusal> {
        match value {
            Value::List(_) | Value::Tuple(_) | Value::Dict(_) => Ok(value),
            _ => Err(format!(
                "Error when using plugin '{}': Input is not valid for {}",
                self.filter, self.purpose
            )
            .into()),
        }
    }
}

fn kind(call: &Invocation<'_, '_>) -> Result<String, Refusal> {
    let kind = call.text(1, "equality").to_string();
    if ["equality", "starts_with", "ends_with", "regex"].contains(&&*kind) {
        return Ok(kind);
    }
    Err(format!(
        "['value of matching_parameter must be one of: starts_with, ends_with, regex, got: {kind}']"
    )
    .into())
}

/// Returns data without the keys that match.
pub(super) fn remove(value: &Value, target: &Target) -> Answer {
    Ok(without(target.checked(value)?, target)?)
}

fn without(value: &Value, target: &Target) -> Result<Value, String> {
    Ok(match value {
        Value::Dict(dict) => {
            let mut kept = Dict::new();
            for (key, value) in dict.iter() {
                if !target.holds(key)? {
                    kept.insert(key.clone(), without(value, target)?);
                }
            }
            kept.into()
        }
        Value::List(items) => {
            // What becomes nothing is left out.
            let mut kept = Vec::with_capacity(items.len());
            for item in items.iter() {
                let left = without(item, target)?;
                if !matches!(&left, Value::Dict(dict) if dict.is_empty()) {
                    kept.push(left);
                }
            }
            kept.into()
        }
        other => other.clone(),
    })
}

/// Returns data with only the keys that match, and those above them.
pub(super) fn keep(value: &Value, target: &Target) -> Answer {
    Ok(only(target.checked(value)?, target)?)
}

/// What is nothing in a dictionary is left out, what is nothing in a list stays.
fn only(value: &Value, target: &Target) -> Result<Value, String> {
    Ok(match value {
        Value::Dict(dict) => {
            let mut kept = Dict::new();
            for (key, value) in dict.iter() {
                if target.holds(key)? {
                    kept.insert(key.clone(), value.clone());
                } else if let Value::Dict(_) | Value::List(_) = value
                    && let value = only(value, target)?
                    && value.is_true()
                {
                    kept.insert(key.clone(), value);
                }
            }
            kept.into()
        }
        Value::List(items) => {
            let kept: Result<Vec<Value>, String> =
                items.iter().map(|item| only(item, target)).collect();
            kept?.into()
        }
        other => other.clone(),
    })
}

/// Returns which keys are replaced, and by what.
pub(super) fn rules(call: &Invocation<'_, '_>) -> Result<Vec<(Target, Value)>, Refusal> {
    let kind = kind(call)?;
    let Some(target) = call.arg(0) else {
        return Err("['missing required arguments: target']".into());
    };
    let mut rules = Vec::new();
    for item in crate::template::evaluator::items(target)?.iter() {
        let rule = as_dict(item).unwrap_or_default();
        if let (Some(before), Some(after)) = (rule.get("before"), rule.get("after")) {
            rules.push((
                Target {
                    filter: "replace_keys",
                    purpose: "replace operation",
                    names: vec![before.to_text()],
                    kind: kind.clone(),
                },
                after.clone(),
            ));
        }
    }
    Ok(rules)
}

/// Returns data with the keys that match replaced; those come last.
pub(super) fn replace(value: &Value, rules: &[(Target, Value)]) -> Answer {
    if let Some((target, _)) = rules.first() {
        target.checked(value)?;
    }
    Ok(replaced(value, rules)?)
}

fn replaced(value: &Value, rules: &[(Target, Value)]) -> Result<Value, String> {
    Ok(match value {
        Value::Dict(dict) => {
            let (mut kept, mut renamed) = (Dict::new(), Vec::new());
            for (key, value) in dict.iter() {
                let value = replaced(value, rules)?;
                let mut after = None;
                for (target, name) in rules {
                    if target.holds(key)? {
                        after = Some(name.clone());
                        break;
                    }
                }
                match after {
                    Some(name) => renamed.push((name, value)),
                    None => drop(kept.insert(key.clone(), value)),
                }
            }
            kept.extend(renamed);
            kept.into()
        }
        Value::List(items) => {
            let items: Result<Vec<Value>, String> =
                items.iter().map(|item| replaced(item, rules)).collect();
            items?.into()
        }
        other => other.clone(),
    })
}
