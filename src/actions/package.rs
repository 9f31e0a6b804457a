//! `package`: the module, with the package manager that a variable names.

use super::Action;
use crate::{
    executor::{Call, Failure, Remote, Step},
    value::Value,
};

pub(super) static UNIT: Action =
    Action { name: "package", spec: None, open: true, needs_host: true, run };

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let mut args = call.args.clone();
    if call.text("use").is_none_or(|manager| manager == "auto") {
        let named = call
            .env
            .value("ansible_package_use")
            .map_err(|error| Failure::template(&error, "", Some(&call.task.action_span)))?;
        if let Some(named) = named.filter(|named| !matches!(named, Value::None)) {
            args.insert("use", named);
        }
    }
    // Its messages name it as the task does.
    let written = Some(&*call.task.action_written);
    let written = written.filter(|name| windlass_modules::find(name).is_some());
    Ok(Step::Remote(Box::new(Remote::new(written.unwrap_or("package"), &args))))
}
