//! Modules that are not ours: a role's, a playbook's or a collection's own, in any language, run as the reference runs them.

mod python;
pub(super) mod result;
mod zip;

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use serde_json::json;
use windlass_modules::spec::{Json, JsonMap, python_json, python_str};

use super::files;
use crate::{
    executor::{Call, Failure, Remote, Step},
    value::Value,
};

/// What marks a module that takes its arguments as JSON.
const WANTS_JSON: &[u8] = b"WANT_JSON";
/// What is replaced by the arguments as JSON.
const ARGS_INSIDE: &str = "<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>";

/// Folders that hold collections.
fn collection_roots(call: &Call<'_>) -> Vec<PathBuf> {
    let folders = call.names.search_path();
    let roots = folders.iter().flat_map(|folder| call.run.collections.roots(folder));
    roots.map(Cow::into_owned).collect()
}

/// Runs a module from its file.
pub(super) fn run(call: &Call<'_>, name: &str, path: &Path) -> Result<Step, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::action(format!("cannot read {}: {error}", path.display())))?;
    let given: JsonMap =
        call.args.iter().map(|(key, value)| (key.to_text(), value.to_json())).collect();
    let mut remote = Remote::new("windlass_foreign", &crate::value::Dict::default());
    remote.args.insert("_windlass_name".to_owned(), name.into());
    let is_binary = std::str::from_utf8(&bytes).is_err() || bytes.contains(&0);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut set = |style: &str, interpreter: Vec<String>, arguments: String| {
        remote.args.insert("_windlass_style".to_owned(), style.into());
        remote.args.insert("_windlass_interpreter".to_owned(), interpreter.into());
        remote.args.insert("_windlass_arguments".to_owned(), arguments.into());
    };
    if is_binary {
        set("file", Vec::new(), python_json(&Json::Object(with_run(call, name, given))));
        remote.contents.push(files::send_bytes(bytes).content);
    } else if python::is_python(&text) {
        let packed = python::pack(call, name, path, &text)?;
        let arguments = json!({"ANSIBLE_MODULE_ARGS": with_run(call, name, given)}).to_string();
        set("python", python_interpreter(call), arguments);
        remote.args.insert("_windlass_library".to_owned(), packed.hash.into());
        remote.contents.push(files::send_bytes(packed.module).content);
        remote.contents.push(packed.library);
    } else {
        let interpreter = interpreter(call, &text).ok_or_else(|| {
            Failure::action(format!("module ({name}) is missing interpreter line"))
        })?;
        if text.contains(ARGS_INSIDE) {
            let arguments = python_json(&Json::Object(with_run(call, name, given)));
            let filled = text
                .replace(&format!("\"{ARGS_INSIDE}\""), &Json::from(arguments.clone()).to_string());
            let filled = filled.replace(ARGS_INSIDE, &arguments);
            set("inside", interpreter, String::new());
            remote.contents.push(files::send_bytes(filled.into_bytes()).content);
        } else {
            let wants_json = bytes.windows(WANTS_JSON.len()).any(|window| window == WANTS_JSON);
            let arguments = if wants_json {
                python_json(&Json::Object(with_run(call, name, given)))
            } else {
                as_pairs(&with_run(call, name, given))
            };
            set("file", interpreter, arguments);
            remote.contents.push(files::send_bytes(bytes).content);
        }
    }
    let span = call.task.span.clone();
    remote.finish = Some(Box::new(move |answer| result::read(answer, &span)));
    Ok(Step::Remote(Box::new(remote)))
}

/// The arguments with what a module is told of the run.
fn with_run(call: &Call<'_>, name: &str, mut given: JsonMap) -> JsonMap {
    let verbosity =
        call.env.value("ansible_verbosity").ok().flatten().and_then(|value| value.as_int());
    for (key, value) in [
        ("_ansible_check_mode", json!(call.check)),
        ("_ansible_no_log", json!(call.no_log)),
        ("_ansible_debug", json!(false)),
        ("_ansible_diff", json!(call.diff)),
        ("_ansible_verbosity", json!(verbosity.unwrap_or(0))),
        ("_ansible_version", json!("2.19.0")),
        ("_ansible_module_name", json!(name)),
        ("_ansible_syslog_facility", json!("LOG_USER")),
        ("_ansible_selinux_special_fs", json!(call.run.settings.selinux_special_fs.value)),
        ("_ansible_socket", Json::Null),
        ("_ansible_shell_executable", json!("/bin/sh")),
        ("_ansible_keep_remote_files", json!(false)),
        ("_ansible_tmpdir", Json::Null),
        ("_ansible_remote_tmp", json!("~/.ansible/tmp")),
        ("_ansible_ignore_unknown_opts", json!(false)),
        ("_ansible_target_log_info", Json::Null),
        ("_ansible_tracebacks_for", json!([])),
    ] {
        given.insert(key.to_owned(), value);
    }
    given
}

/// `key=value` pairs, quoted for a shell.
fn as_pairs(given: &JsonMap) -> String {
    let pairs: Vec<String> = given
        .iter()
        .map(|(key, value)| {
            format!("{key}={}", windlass_modules::host::quote_word(&python_str(value)))
        })
        .collect();
    pairs.join(" ")
}

/// The words of the first line, its program replaced where a variable says so.
fn interpreter(call: &Call<'_>, text: &str) -> Option<Vec<String>> {
    let line = text.strip_prefix("#!")?.lines().next()?;
    let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    if words.first().is_some_and(|word| word.ends_with("/env")) && words.len() > 1 {
        words.remove(0);
    }
    let program = words.first()?.rsplit('/').next()?.to_owned();
    let kind = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if kind == "python" {
        words.splice(..1, python_interpreter(call));
        return Some(words);
    }
    if let Some(given) = text_of(call, &format!("ansible_{program}_interpreter")) {
        words[0] = given;
    }
    Some(words)
}

fn python_interpreter(call: &Call<'_>) -> Vec<String> {
    let given = given_python(call).unwrap_or_else(|| "python3".to_owned());
    given.split_whitespace().map(str::to_owned).collect()
}

/// The Python that a variable or the setting names, unless that says to look for one.
pub(super) fn given_python(call: &Call<'_>) -> Option<String> {
    let of_setting = || call.run.settings.interpreter_python.value.clone();
    let given = text_of(call, "ansible_python_interpreter").unwrap_or_else(of_setting);
    Some(given).filter(|given| !given.starts_with("auto"))
}

/// A variable of the host that does the task.
fn text_of(call: &Call<'_>, name: &str) -> Option<String> {
    let of_delegates = call.env.value("ansible_delegated_vars").ok().flatten();
    let own = of_delegates.as_ref().and_then(Value::as_dict);
    let value = match own.and_then(|of_delegates| of_delegates.get(&call.target_host.name)) {
        Some(Value::Object(variables)) => variables.attribute(name),
        _ => call.env.value(name).ok().flatten(),
    };
    match value? {
        Value::None | Value::Undefined(_) => None,
        value => Some(value.to_text()).filter(|text| !text.is_empty()),
    }
}
