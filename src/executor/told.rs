//! What a task's templates warn of becomes part of its result.

use std::sync::PoisonError;

use super::{judge::Judged, task::Prepared};
use crate::{
    diagnostic::{REMOVED_IN, Told},
    value::{Dict, Value},
};

/// Keys of a result that say what it warns of.
pub(super) const KEYS: [&str; 2] = ["warnings", "deprecations"];

impl Prepared {
    /// Adds to a result what templates warned of since the last one.
    pub(super) fn tell(&self, judged: &mut Judged) {
        self.name_events(&mut judged.result);
        let told = std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        for told in &told {
            if told.deprecated {
                add(&mut judged.result, "deprecations", [deprecation(told)]);
            } else {
                add(&mut judged.result, "warnings", [Value::str(told.message.as_str())]);
            }
        }
        judged.told.extend(told);
    }

    /// Modules in Python tell events, with more to them than others need to know.
    fn name_events(&self, result: &mut Dict) {
        for key in KEYS {
            let Some(Value::List(told)) = result.get(key) else { continue };
            if told.iter().any(|one| one.get("__ansible_type").is_some()) {
                let named = told.iter().map(|one| self.named_event(one)).collect::<Vec<_>>();
                result.insert(key, Value::list(named));
            }
        }
    }

    fn named_event(&self, told: &Value) -> Value {
        let kind = told.get("__ansible_type").and_then(Value::as_str);
        let message = told.get("event").and_then(|event| event.get("msg"));
        let message = message.cloned().unwrap_or_else(|| Value::str(""));
        match kind {
            Some("WarningSummary") => message,
            Some("DeprecationSummary") => {
                let mut by = Dict::new();
                let known = told.get("deprecator");
                for key in ["resolved_name", "type"] {
                    by.insert(
                        key,
                        known.and_then(|by| by.get(key)).cloned().unwrap_or(Value::None),
                    );
                }
                if by.get("resolved_name").is_none_or(|name| matches!(name, Value::None)) {
                    let action = &*self.task.action;
                    let legacy = if action.contains('.') { "" } else { "ansible.legacy." };
                    by.insert("resolved_name", format!("{legacy}{action}"));
                    by.insert("type", "module");
                }
                let name = by.get("resolved_name").map(Value::to_text).unwrap_or_default();
                let collection = name.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
                let mut entry = Dict::new();
                entry.insert("msg", message);
                entry.insert("collection_name", collection);
                entry.insert("deprecator", Value::from(by));
                match told.get("date") {
                    Some(date @ Value::Str(_)) => entry.insert("date", date.clone()),
                    _ => {
                        entry.insert("version", told.get("version").cloned().unwrap_or(Value::None))
                    }
                };
                entry.into()
            }
            _ => told.clone(),
        }
    }
}

/// Adds to a list of a result.
pub(super) fn add(result: &mut Dict, key: &str, more: impl IntoIterator<Item = Value>) {
    let mut all = match result.get(key) {
        Some(Value::List(known)) => known.to_vec(),
        _ => Vec::new(),
    };
    all.extend(more);
    if !all.is_empty() {
        result.insert(key, Value::list(all));
    }
}

/// A deprecation as results have it.
fn deprecation(told: &Told) -> Value {
    let by = [("resolved_name", Value::str("ansible.builtin")), ("type", Value::None)];
    let entries = [
        ("msg", Value::str(told.message.as_str())),
        ("collection_name", Value::str("ansible.builtin")),
        ("deprecator", by.into_iter().collect::<Dict>().into()),
        ("version", Value::str(REMOVED_IN)),
    ];
    entries.into_iter().collect::<Dict>().into()
}
