//! `async_status`: asks for a job in the background.

use windlass_modules::spec::Args as _;

use super::{Action, foreign};
use crate::{
    executor::{Call, Failure, Remote, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "async_status",
    spec: Some(windlass_modules::async_status::Args::SPEC),
    open: false,
    needs_host: true,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let Some(jid) = call.text("jid") else {
        return Err(Failure::plain("missing required arguments: jid"));
    };
    let mode = call.text("mode").unwrap_or_else(|| "status".to_owned());
    if !matches!(mode.as_str(), "status" | "cleanup") {
        let message = format!("value of mode must be one of: status, cleanup, got: {mode}");
        return Err(Failure::plain(message));
    }
    let args: Dict = [
        ("jid", Value::str(jid)),
        ("mode", Value::str(mode)),
        ("_async_dir", Value::str(call.jobs_folder()?)),
    ]
    .into_iter()
    .map(|(key, value)| (Value::str(key), value))
    .collect();
    let mut remote = Remote::new("async_status", &args);
    let span = call.task.span.clone();
    remote.finish = Some(Box::new(move |answer| foreign::result::read(answer, &span)));
    Ok(Step::Remote(Box::new(remote)))
}
