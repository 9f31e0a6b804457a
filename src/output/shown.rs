//! What is shown of a result.

use super::dump::{OWN, without_own};
use crate::value::Dict;

/// What replaces a result that must not be shown.
const CENSORED: &str =
    "the output has been hidden due to the fact that 'no_log: true' was specified for this result";

/// A result that must not be seen: what says whether something changed stays, and how often it was tried.
pub fn censored(result: &Dict) -> Dict {
    let mut shown = Dict::new();
    shown.insert("censored", CENSORED);
    for key in ["changed", "attempts"] {
        if let Some(value) = result.get(key) {
            shown.insert(key, value.clone());
        }
    }
    shown
}

/// Leaves out what is for the machine, and of `debug` all but what was asked for.
pub(super) fn abridged(result: &Dict, action: &str, verbosity: u8) -> Dict {
    let is_debug = action == "debug";
    let is_message = is_debug && result.contains_key("msg");
    let is_empty_loop = result.contains_key("skipped_reason");
    let hidden = |key: &str| {
        key.starts_with(OWN)
            || (verbosity < 3 && matches!(key, "invocation" | "diff"))
            || (is_empty_loop && key == "results")
            || matches!(key, "exception" | "warnings" | "deprecations" | "skipped")
            || (is_message && key != "msg")
            || (is_debug
                && matches!(
                    key,
                    "changed"
                        | "failed"
                        | "skipped"
                        | "skip_reason"
                        | "ansible_loop_var"
                        | "ansible_index_var"
                        | "ansible_loop"
                ))
    };
    result
        .iter()
        .filter(|(key, _)| key.as_str().is_none_or(|key| !hidden(key)))
        .map(|(key, value)| (key.clone(), without_own(value)))
        .collect()
}
