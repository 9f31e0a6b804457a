//! Which keys of data are meant, however deep they lie.

use crate::{
    template::filters::{Answer, Invocation, Refusal, as_dict},
    value::{Dict, Value},
};

/// Names or patterns of keys.
pub(super) struct Target {
    filter: &'static str,
    names: Vec<String>,
    kind: String,
}

impl Target {
    /// Reads the arguments `target` and `matching_parameter`.
    pub(super) fn new(call: &Invocation<'_, '_>, filter: &'static str) -> Result<Target, Refusal> {
        let Some(target) = call.arg(0) else {
            return Err("['missing required arguments: target']".into());
        };
        let names = match target {
            Value::List(items) | Value::Tuple(items) => items.iter().map(Value::to_text).collect(),
            one => one.to_text().split(',').map(str::to_owned).collect(),
        };
        Ok(Target { filter, names, kind: kind(call)? })
    }

    fn one(filter: &'static str, name: String, kind: &str) -> Target {
        Target { filter, names: vec![name], kind: kind.to_owned() }
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
                "Error when using plugin '{}': Input is not valid for attribute removal",
                self.filter
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
            let items: Result<Vec<Value>, String> =
                items.iter().map(|item| without(item, target)).collect();
            items?.into()
        }
        other => other.clone(),
    })
}

/// Returns data with only the keys that match, and those above them.
pub(super) fn keep(value: &Value, target: &Target) -> Answer {
    Ok(only(target.checked(value)?, target)?.unwrap_or_else(|| match value {
        Value::Dict(_) => Dict::new().into(),
        _ => Value::list([]),
    }))
}

fn only(value: &Value, target: &Target) -> Result<Option<Value>, String> {
    Ok(match value {
        Value::Dict(dict) => {
            let mut kept = Dict::new();
            for (key, value) in dict.iter() {
                if target.holds(key)? {
                    kept.insert(key.clone(), value.clone());
                } else if let Value::Dict(_) | Value::List(_) = value
                    && let Some(value) = only(value, target)?
                {
                    kept.insert(key.clone(), value);
                }
            }
            (!kept.is_empty()).then(|| kept.into())
        }
        Value::List(items) => {
            let mut kept = Vec::new();
            let mut any = false;
            for item in items.iter() {
                match item {
                    Value::Dict(_) | Value::List(_) => {
                        if let Some(item) = only(item, target)? {
                            any = true;
                            kept.push(item);
                        }
                    }
                    other => kept.push(other.clone()),
                }
            }
            any.then(|| kept.into())
        }
        other => Some(other.clone()),
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
            rules.push((Target::one("replace_keys", before.to_text(), &kind), after.clone()));
        }
    }
    Ok(rules)
}

/// Returns data with the keys that match replaced; those come last.
pub(super) fn replace(value: &Value, rules: &[(Target, Value)]) -> Answer {
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
