//! What results warn of, in the reference's words.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Cause, ResultEvent, excerpt::error_text};
use crate::{
    diagnostic::Told,
    value::{Dict, Value},
};

/// Returns what is said before the first warning of something deprecated; nothing later on.
pub fn announcement() -> Option<&'static str> {
    static SAID: AtomicBool = AtomicBool::new(false);
    let first = !SAID.swap(true, Ordering::Relaxed);
    first.then_some(
        "[WARNING]: Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.",
    )
}

/// Returns a warning with its place.
pub(super) fn text(told: &Told) -> String {
    let removal = if told.deprecated { format!(" {}", told.removal) } else { String::new() };
    let message = format!("{}{removal}", told.message);
    let (span, help) = (told.span.clone(), told.help);
    if let (None, Some(help)) = (&span, help) {
        return format!("{message} {help}");
    }
    error_text(&[Cause { message, span, help, ..Cause::default() }])
}

/// Returns what a result warns of.
pub(super) fn warnings(event: &ResultEvent) -> Vec<String> {
    let messages = listed(&event.result, "warnings").filter_map(Value::as_str);
    let shown = messages.map(|message| {
        let known = event.told.iter().find(|told| !told.deprecated && told.message == message);
        known.map_or_else(|| message.replace("\r\n", "\n"), text)
    });
    shown.collect()
}

/// Returns what a result says of things that will be gone.
pub(super) fn deprecations(event: &ResultEvent) -> Vec<String> {
    let mut shown: Vec<String> =
        event.told.iter().filter(|told| told.deprecated).map(text).collect();
    for entry in listed(&event.result, "deprecations").filter_map(Value::as_dict) {
        let message = said(entry, "msg");
        if !event.told.iter().any(|told| told.deprecated && told.message == message) {
            shown.push(of_module(entry, message));
        }
    }
    shown
}

fn listed<'r>(result: &'r Dict, key: &str) -> impl Iterator<Item = &'r Value> {
    result.get(key).and_then(Value::as_list).into_iter().flat_map(|list| list.iter())
}

fn said(entry: &Dict, key: &str) -> String {
    let known = entry.get(key).filter(|value| !matches!(value, Value::None));
    known.map(Value::to_text).unwrap_or_default()
}

/// What a module says: which collection, or which module of it, will not have it any more, and when.
fn of_module(entry: &Dict, mut text: String) -> String {
    if !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    let collection = said(entry, "collection_name");
    let by = entry.get("deprecator").and_then(Value::as_dict);
    if by.is_none() && collection.is_empty() {
        return format!("{text} This feature will be removed in the future.");
    }
    let (name, kind) = match by {
        Some(by) => (said(by, "resolved_name"), by.get("type").and_then(Value::as_str)),
        None => (String::new(), None),
    };
    let from = match (kind, &*collection) {
        (Some(kind), _) => {
            let short = name.rsplit('.').next().unwrap_or_default();
            format!(" from {kind} '{short}' in collection '{collection}'")
        }
        (None, "") => String::new(),
        (None, "ansible.builtin") => " from ansible-core".to_owned(),
        (None, other) => format!(" from collection '{other}'"),
    };
    let when = match (entry.get("version"), entry.get("date")) {
        (Some(version @ Value::Str(_)), _) => format!("version {}", version.to_text()),
        (_, Some(date @ Value::Str(_))) => format!("in a release after {}", date.to_text()),
        _ => "in a future release".to_owned(),
    };
    format!("{text} This feature will be removed{from} {when}.")
}
