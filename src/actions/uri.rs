//! `uri`: files of the controller travel with the request.

use super::{Action, files};
use crate::{
    executor::{Call, Failure, Remote, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action =
    Action { name: "uri", spec: None, open: true, needs_host: true, run };

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    if call.check {
        let action = &call.task.action_written;
        let message = format!("This action ({action}) does not support check mode.");
        return Ok(Step::skipped(message));
    }
    let mut remote = Remote::new("uri", &call.args);
    let mut names = Vec::new();
    let sends_file = call.truth("remote_src") != Some(true);
    if let Some(src) = call.text("src") {
        names.extend(Some(src).filter(|_| sends_file));
    } else if call.text("body_format").as_deref() == Some("form-multipart") {
        let body = call.args.get("body").unwrap_or(&Value::None);
        if !matches!(body, Value::Dict(_)) {
            let class = body.tagged_type_name().unwrap_or(body.type_name());
            let message = format!("body must be mapping, cannot be type {class}");
            return Err(Failure::plain(message));
        }
        if sends_file {
            names = files_of_parts(call);
        }
    }
    for name in &names {
        let path = files::find(call, "files", name).map_err(Failure::alone)?;
        remote.contents.push(files::send(call, &path)?.content);
    }
    if !names.is_empty() {
        remote.args.insert("_windlass_files".to_owned(), names.into());
    }
    Ok(Step::Remote(Box::new(remote)))
}

/// The files that parts of a form name, each once.
fn files_of_parts(call: &Call<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let parts = call.args.get("body").and_then(Value::as_dict);
    for (_, part) in parts.into_iter().flat_map(Dict::iter) {
        let given = |key: &str| part.get(key).filter(|value| !matches!(value, Value::None));
        if given("content").is_none()
            && let Some(name) = given("filename").map(Value::to_text)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}
