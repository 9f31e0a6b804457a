//! `script`: a script of the controller, run on the host.

use windlass_modules::spec::Args as _;

use super::{Action, files};
use crate::executor::{Call, Failure, Remote, Step};

pub(super) static UNIT: Action = Action {
    name: "script",
    spec: Some(windlass_modules::script::Args::SPEC),
    open: false,
    needs_host: true,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let Some(line) = call.text("cmd").or_else(|| call.text("_raw_params")) else {
        return Err(Failure::plain("one of the following is required: _raw_params, cmd"));
    };
    let words = windlass_modules::host::split_words(&line)
        .map_err(|error| Failure::action(error.to_string()))?;
    let Some(name) = words.first() else {
        return Err(Failure::action("no script was given"));
    };
    let path = match files::find(call, "files", name) {
        Ok(path) => path,
        Err(failure)
            if ["creates", "removes", "chdir"].iter().any(|name| call.text(name).is_some()) =>
        {
            return Ok(files::absent_unless_done(call, "script", failure.raised()));
        }
        Err(failure) => return Err(failure.raised()),
    };
    let sent = files::send(call, &path).map_err(plainly)?;
    let mut remote = Remote::new("script", &call.args);
    let rest = line.trim_start().strip_prefix(name.as_str()).unwrap_or_default().trim();
    let rest = if rest.is_empty() {
        windlass_modules::host::join_words(&words[1..])
    } else {
        rest.to_owned()
    };
    remote.args.insert("_windlass_arguments".to_owned(), rest.into());
    remote.args.insert(
        "_windlass_name".to_owned(),
        path.file_name().unwrap_or_default().to_string_lossy().into_owned().into(),
    );
    if let Some((kind, closed)) = call.terminal() {
        remote.args.insert("_windlass_terminal".to_owned(), kind.into());
        remote.args.insert("_windlass_closed".to_owned(), closed.into());
    }
    remote.contents = vec![sent.content];
    Ok(Step::Remote(Box::new(remote)))
}

/// What kept a script from being read, in its words alone.
fn plainly(failure: Failure) -> Failure {
    match failure.causes.last() {
        Some(cause) if failure.result.get("msg").is_none() => {
            let plain = Failure::plain(cause.message.as_str());
            Failure { own_message: false, apart: true, ..plain }
        }
        _ => failure,
    }
}
