//! Which keys of dictionaries are meant: equal to names, beginning or ending with them, or matching a pattern.

use std::sync::Arc;

use super::python_class;
use crate::{
    template::filters::{Answer, Invocation, Refusal, as_dict},
    value::{Dict, Value},
};
use windlass_modules::pattern::Pattern;

/// Which keys are meant.
pub(super) enum Matching {
    Equal(Vec<String>),
    StartsWith(Vec<String>),
    EndsWith(Vec<String>),
    Regex(Arc<Pattern>),
}

impl Matching {
    /// Reads the arguments `target` and `matching_parameter` of `keep_keys` and `remove_keys`.
    pub(super) fn new(call: &Invocation<'_, '_>) -> Result<Matching, Refusal> {
        let kind = kind(call)?;
        let target = call.arg(0).cloned().unwrap_or_default();
        let names = match &target {
            Value::Str(name) => vec![name.to_string()],
            Value::List(items) | Value::Tuple(items) => {
                if let Some(item) = items.iter().find(|item| item.as_str().is_none()) {
                    let (text, class) = (item.to_text(), python_class(item));
                    return Err(
                        format!("The target items must be strings. {text} is {class}").into()
                    );
                }
                items.iter().map(Value::to_text).collect()
            }
            other => {
                let class = python_class(other);
                return Err(
                    format!("The target must be a string or a list. target is {class}.").into()
                );
            }
        };
        if !target.is_true() {
            return Err("The target can't be empty.".into());
        }
        if &*kind == "regex" {
            let [pattern] = &names[..] else {
                return Err(
                    "Single item is required in the target list if matching_parameter=regex."
                        .into(),
                );
            };
            return match crate::template::regex::pattern(pattern, false, false) {
                Ok(pattern) => Ok(Matching::Regex(pattern)),
                Err(_) => Err(Refusal::Apart(format!(
                    "The target must be a valid regex if matching_parameter=regex. target is {pattern}"
                ))),
            };
        }
        Ok(Matching::by_names(&kind, names))
    }

    fn by_names(kind: &str, names: Vec<String>) -> Matching {
        match kind {
            "starts_with" => Matching::StartsWith(names),
            "ends_with" => Matching::EndsWith(names),
            _ => Matching::Equal(names),
        }
    }

    /// Returns whether a key is meant.
    pub(super) fn holds(&self, key: &str) -> Result<bool, String> {
        Ok(match self {
            Matching::Equal(names) => names.iter().any(|name| name == key),
            Matching::StartsWith(names) => names.iter().any(|name| key.starts_with(&**name)),
            Matching::EndsWith(names) => names.iter().any(|name| key.ends_with(&**name)),
            Matching::Regex(pattern) => {
                let found = pattern.search(key)?.and_then(|found| found.get(0));
                found.is_some_and(|whole| whole.start() == 0)
            }
        })
    }
}

fn kind(call: &Invocation<'_, '_>) -> Result<Arc<str>, Refusal> {
    let kind = call.text(1, "equal");
    if ["equal", "starts_with", "ends_with", "regex"].contains(&&*kind) {
        return Ok(kind);
    }
    Err(format!("The matching_parameter must be one of ['equal', 'starts_with', 'ends_with', 'regex']. matching_parameter={kind}").into())
}

/// Returns the input's dictionaries.
pub(super) fn dictionaries(call: &Invocation<'_, '_>) -> Result<Vec<Arc<Dict>>, Refusal> {
    let is_sequence = call.value.as_list().is_some() || call.value.as_str().is_some();
    let Some(items) = call.items().ok().filter(|_| is_sequence) else {
        let (text, class) = (call.value.to_text(), python_class(&call.value));
        return Err(format!("First argument must be a list. {text} is {class}").into());
    };
    let mut dictionaries = Vec::with_capacity(items.len());
    for item in items.iter() {
        let Some(dict) = as_dict(item) else {
            let (text, class) = (item.to_text(), python_class(item));
            return Err(format!("The data items must be dictionaries. {text} is {class}").into());
        };
        dictionaries.push(dict);
    }
    for dict in &dictionaries {
        if dict.keys().any(|key| key.as_str().is_none()) {
            let keys = Value::list(dict.keys().cloned()).to_repr();
            return Err(format!("Top level keys must be strings. keys: dict_keys({keys})").into());
        }
    }
    Ok(dictionaries)
}

/// Returns the dictionaries with other keys, or without those that become none.
pub(super) fn edited(
    dictionaries: &[Arc<Dict>],
    edit: impl Fn(&str) -> Result<Option<String>, String>,
) -> Answer {
    let mut edited = Vec::with_capacity(dictionaries.len());
    for dict in dictionaries {
        let mut result = Dict::new();
        for (key, value) in dict.iter() {
            if let Some(key) = edit(key.as_str().unwrap_or_default())? {
                result.insert(key, value.clone());
            }
        }
        edited.push(result.into());
    }
    Ok(Value::list(edited))
}

/// Returns which keys `replace_keys` replaces, and by what.
pub(super) fn replacements(call: &Invocation<'_, '_>) -> Result<Vec<(Matching, String)>, Refusal> {
    let kind = kind(call)?;
    let Some(target) = call.arg(0).and_then(Value::as_list) else {
        return Err("not all arguments converted during string formatting".into());
    };
    if target.is_empty() {
        return Err("The target can't be empty.".into());
    }
    let mut rules = Vec::new();
    for item in target.iter() {
        let Some(rule) = as_dict(item) else {
            let (text, class) = (item.to_text(), python_class(item));
            return Err(format!("The target items must be dictionaries. {text} is {class}").into());
        };
        let (Some(before), Some(after)) = (rule.get("before"), rule.get("after")) else {
            return Err("All dictionaries in target must include attributes: after, before.".into());
        };
        for (value, name) in [(before, "before"), (after, "after")] {
            if value.as_str().is_none() {
                let (text, class) = (value.to_text(), python_class(value));
                return Err(
                    format!("The attributes {name} must be strings. {text} is {class}").into()
                );
            }
        }
        rules.push((before.to_text(), after.to_text()));
    }
    let mut replacements = Vec::new();
    for (before, after) in &rules {
        let matching = if &*kind == "regex" {
            let Ok(pattern) = crate::template::regex::pattern(before, false, false) else {
                let all = Value::list(rules.iter().map(|(before, _)| Value::str(&**before)));
                return Err(Refusal::Apart(format!(
                    "The attributes before must be valid regex if matching_parameter=regex. Not all items are valid regex in: {}",
                    all.to_repr()
                )));
            };
            Matching::Regex(pattern)
        } else {
            Matching::by_names(&kind, vec![before.clone()])
        };
        replacements.push((matching, after.clone()));
    }
    Ok(replacements)
}
