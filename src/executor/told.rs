//! What a task's templates warn of becomes part of its result.

use std::sync::PoisonError;

use super::{judge::Judged, task::Prepared};
use crate::{
    diagnostic::{REMOVED_IN, Span, Told},
    playbook::{is_reserved_name, told_of_reserved},
    value::{Dict, Value},
};

/// Keys of a result that say what it warns of.
pub(super) const KEYS: [&str; 2] = ["warnings", "deprecations"];

/// Says in a result what its action warns of beside the module.
pub(crate) const WARNED: &str = "_ansible_windlass_warned";

/// What is said of a variable whose name the language keeps for itself.
pub(crate) fn reserved<'s>(name: &str, span: impl Into<Option<&'s Span>>) -> Option<Told> {
    is_reserved_name(name).then(|| Told::warning(told_of_reserved(name), span.into()))
}

impl Prepared {
    /// Takes over what an action warns of.
    pub(super) fn warn_of_action(&self, result: &mut Dict) {
        let Some(Value::List(warned)) = result.remove(WARNED) else { return };
        for message in warned.iter() {
            self.warn(message.to_text());
        }
    }

    /// Warns of something that has no place, once.
    pub(super) fn warn(&self, message: String) {
        let told = Told::warning(message, None);
        let mut known = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().any(|known| known.is_again(&told)) {
            known.push(told);
        }
    }

    /// Adds to a result what templates and actions warned of since the last one.
    pub(super) fn tell(&self, judged: &mut Judged) {
        self.normalise(&mut judged.result);
        let told = std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        let warned = told.iter().filter(|told| !told.deprecated);
        let warned: Vec<Value> = warned.map(|told| Value::str(told.message.as_str())).collect();
        if !warned.is_empty() {
            // The module's own come last.
            let own = judged.result.remove("warnings");
            let own = own.as_ref().and_then(Value::as_list).map(|own| own.to_vec());
            add(
                &mut judged.result,
                "warnings",
                once(warned.into_iter().chain(own.into_iter().flatten())),
            );
        }
        for told in told.iter().filter(|told| told.deprecated) {
            add(&mut judged.result, "deprecations", [deprecation(told)]);
        }
        judged.told.extend(told);
    }

    /// What a module tells may be of any kind; a result has lists of texts and of deprecations.
    fn normalise(&self, result: &mut Dict) {
        for key in KEYS {
            match result.get(key) {
                None => (),
                Some(value) if !value.is_true() => drop(result.remove(key)),
                Some(Value::List(told)) => {
                    let told = told.iter().filter_map(|one| self.normalised(key, one));
                    let told = once(told);
                    if told.is_empty() {
                        result.remove(key);
                    } else {
                        result.insert(key, Value::list(told));
                    }
                }
                Some(value) => {
                    let kind = value.type_name();
                    self.warn(format!(
                        "Task result `{key}` was <class '{kind}'> instead of <class 'list'>."
                    ));
                    result.remove(key);
                }
            }
        }
    }

    fn normalised(&self, key: &str, told: &Value) -> Option<Value> {
        // Modules in Python tell events, with more to them than others need to know.
        if told.get("__ansible_type").is_some() {
            return Some(self.named_event(told));
        }
        if key == "warnings" {
            return Some(told.to_text().into());
        }
        let found = match told {
            Value::Dict(entry) => of_module(entry),
            other => Err(format!("'{}' object has no attribute 'pop'", other.type_name())),
        };
        if let Err(why) = &found {
            self.warn(format!("Task result `{key}` contained an invalid item: {why}"));
        }
        found.ok()
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

/// What a module says will be gone, with all that results say of it.
fn of_module(entry: &Dict) -> Result<Value, String> {
    if entry.contains_key("deprecator") {
        return Ok(entry.clone().into());
    }
    match entry.get("msg") {
        Some(Value::Str(_)) => (),
        Some(other) => {
            let kind = other.type_name();
            return Err(format!("Event.msg must be <class 'str'> instead of <class '{kind}'>"));
        }
        None => return Err("'msg'".to_owned()),
    }
    let known = |key: &str| entry.get(key).cloned().unwrap_or_default();
    let collection = known("collection_name");
    let by = match &collection {
        Value::Str(_) => {
            Value::dict([("resolved_name", collection.clone()), ("type", Value::None)])
        }
        _ => Value::None,
    };
    let when = if known("date").is_true() { "date" } else { "version" };
    Ok(Value::dict([
        ("msg", known("msg")),
        ("collection_name", collection),
        ("deprecator", by),
        (when, known(when)),
    ]))
}

/// Each value the first time it comes.
fn once(all: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut kept = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
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
