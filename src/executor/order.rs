//! The order of the keys in what a task registers: as the reference's modules give them, which `dict2items` and the
//! items of a loop over results show.

use crate::value::{Dict, Value};

/// Modules that do not say themselves whether they changed something: that comes last.
const LATE: &str =
    "debug getent gather_facts package_facts ping service_facts set_fact setup slurp wait_for";

/// The first keys of a module's result; of several lines the first one holds of which all keys are there.
const FIRST: &[(&str, &str)] = &[
    ("assemble", "src dest checksum md5sum changed"),
    ("assert", "failed evaluated_to assertion msg changed"),
    ("copy", "diff path changed uid gid owner group mode state size checksum dest"),
    ("copy", "diff dest src md5sum checksum changed"),
    ("copy", "dest src md5sum checksum changed"),
    ("cron", "jobs envs changed cron_file"),
    ("expect", "cmd stdout rc start end delta changed"),
    ("fail", "failed msg changed"),
    ("fetch", "changed md5sum dest remote_md5sum checksum remote_checksum"),
    ("file", "dest src changed"),
    ("file", "path changed"),
    ("file", "dest changed"),
    ("find", "files changed msg matched examined skipped_paths"),
    ("group", "name state changed"),
    ("include_vars", "ansible_included_var_files ansible_facts failed changed"),
    ("known_hosts", "name path state hash_host key changed diff"),
    ("raw", "rc stdout stdout_lines stderr stderr_lines changed"),
    ("replace", "rc msg changed"),
    ("script", "rc stdout stdout_lines stderr stderr_lines changed"),
    ("template", "diff path changed uid gid owner group mode state size checksum dest"),
    ("template", "diff dest src md5sum checksum changed"),
    ("template", "dest src md5sum checksum changed"),
    ("user", "name state append move_home changed"),
    ("validate_argument_spec", "validate_args_context changed msg"),
];

/// Keys that are added when the module has ended.
const ADDED: [&str; 3] = ["attempts", "exception", "failed_when_result"];

/// Puts a result's keys in order; that nothing failed stands behind what the module gave.
pub(super) fn sorted(action: &str, mut result: Dict) -> Dict {
    let loop_var = result.get("ansible_loop_var").map(Value::to_text);
    let is_added = |key: &str| ADDED.contains(&key) || Some(key) == loop_var.as_deref();
    let is_late = LATE.split(' ').any(|late| late == action);
    // What was skipped does not say whether it failed.
    let is_well = result.get("failed").is_some_and(|failed| !failed.is_true());
    let mut first = Dict::new();
    let mut lines = FIRST.iter().filter(|(of, _)| *of == action);
    if let Some((_, keys)) =
        lines.find(|(_, keys)| keys.split(' ').all(|key| result.contains_key(key)))
    {
        for key in keys.split(' ') {
            first.insert(key, result.remove(key).unwrap_or_default());
        }
    }
    let mut behind = Vec::new();
    for (key, moves) in [("failed", is_well), ("changed", is_late && is_well)] {
        if moves && let Some(value) = result.remove(key) {
            behind.push((key, value));
        }
    }
    for (key, value) in result {
        if key.as_str().is_some_and(is_added) {
            for (key, value) in behind.drain(..) {
                first.insert(key, value);
            }
        }
        first.insert(key, value);
    }
    for (key, value) in behind {
        first.insert(key, value);
    }
    first
}
