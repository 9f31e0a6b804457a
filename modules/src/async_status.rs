//! `async_status`: how a job goes that was started in the background.

use std::time::{Duration, Instant};

use windlass_macros::{Args, Choice};
use windlass_protocol::{Json, JsonMap};

use crate::host::{Failure, Host, Outcome, Result};

/// Looks a background job up, or forgets it
///
/// A task with `async` and `poll: 0` leaves such a job behind; its result has the number as `ansible_job_id`.
///
/// # Examples
/// ```yaml
/// - name: Wait for the upgrade that was started before
///   ansible.builtin.async_status:
///     jid: "{{ upgrade.ansible_job_id }}"
///   register: job
///   until: job is finished
///   retries: 60
///   delay: 10
///
/// - name: Forget the job
///   ansible.builtin.async_status:
///     jid: "{{ upgrade.ansible_job_id }}"
///     mode: cleanup
/// ```
#[derive(Args)]
pub struct Args {
    /// Number of the job
    jid: String,
    /// Whether to ask for the job or to remove what it left
    #[arg(default = "status")]
    mode: Mode,
    /// Folder of the jobs' files
    #[arg(name = "_async_dir", hidden, default = "~/.ansible_async")]
    folder: String,
    /// Seconds to wait for its end
    #[arg(name = "_windlass_wait", hidden, default = "0")]
    wait: f64,
    /// Whether a job that has ended is forgotten at once
    #[arg(name = "_windlass_forget", hidden, default = "false")]
    forget: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Cleanup,
    Status,
}

/// How often a job's file is looked at while somebody waits.
const STEP: Duration = Duration::from_millis(10);

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let folder = match args.folder.strip_prefix('~') {
        Some(rest) => format!("{}{rest}", host.env("HOME").unwrap_or_default()),
        None => args.folder.clone(),
    };
    let path = format!("{}/{}", folder.trim_end_matches('/'), args.jid);
    let known = !args.jid.contains('/') && host.exists(&path);
    if args.mode == Mode::Cleanup {
        return cleanup(&args.jid, &path, known, host);
    }
    if !known {
        return Err(about_unknown(&args.jid).with("results_file", path));
    }
    let end = Instant::now() + Duration::try_from_secs_f64(args.wait).unwrap_or_default();
    let state = loop {
        let state = read(&args.jid, &path, host)?;
        if is_set(&state, "finished") || Instant::now() >= end || host.cancelled() {
            break state;
        }
        host.pause(STEP.min(end.saturating_duration_since(Instant::now())));
    };
    let finished = is_set(&state, "finished");
    if finished && args.forget {
        host.remove_file(&path)?;
    }
    let mut outcome = Outcome::changed_if(is_set(&state, "changed"))
        .with("stdout", "")
        .with("stderr", "")
        .with("results_file", path);
    outcome.values.extend(state);
    Ok(outcome.with("ansible_job_id", args.jid).with("started", true).with("finished", finished))
}

fn cleanup(jid: &str, path: &str, known: bool, host: &Host) -> Result<Outcome> {
    if !known {
        return Err(about_unknown(jid).with("erased", path));
    }
    host.remove_file(path)?;
    Ok(Outcome::changed_if(false)
        .with("ansible_job_id", jid)
        .with("erased", path)
        .with("started", false)
        .with("finished", false)
        .with("stdout", "")
        .with("stderr", ""))
}

fn about_unknown(jid: &str) -> Failure {
    Failure::new("could not find job")
        .with("ansible_job_id", jid)
        .with("started", true)
        .with("finished", true)
        .with("stdout", "")
        .with("stderr", "")
}

/// What the job says of itself; one that says nothing of its end has come to it.
fn read(jid: &str, path: &str, host: &Host) -> Result<JsonMap> {
    let text = host.read_text(path)?.unwrap_or_default();
    let mut state = match serde_json::from_str(&text) {
        Ok(Json::Object(state)) => state,
        _ if text.trim().is_empty() => JsonMap::from_iter([("started".to_owned(), 1.into())]),
        _ => {
            return Err(Failure::new(format!("Could not parse job output: {text}"))
                .with("ansible_job_id", jid)
                .with("results_file", path)
                .with("started", true)
                .with("finished", true));
        }
    };
    if !state.contains_key("started") {
        state.insert("finished".to_owned(), 1.into());
    }
    Ok(state)
}

fn is_set(state: &JsonMap, key: &str) -> bool {
    match state.get(key) {
        Some(Json::Bool(truth)) => *truth,
        Some(Json::Number(number)) => number.as_i64() != Some(0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    fn args(jid: &str, mode: Mode) -> Args {
        Args { jid: jid.into(), mode, folder: "/jobs".into(), wait: 0.0, forget: false }
    }

    #[test]
    fn a_job_is_what_its_file_says() {
        let host = TestHost::with(&[
            ("/jobs/j1.1", r#"{"started": 1, "finished": 0, "ansible_job_id": "j1.1"}"#),
            ("/jobs/j1.2", r#"{"changed": true, "rc": 0, "stdout": "hi"}"#),
            ("/jobs/j1.3", "half a {"),
        ]);
        let running = run(args("j1.1", Mode::Status), &host).unwrap();
        assert_eq!(running.values["finished"], false);
        let ended = run(args("j1.2", Mode::Status), &host).unwrap();
        assert!(ended.changed);
        assert_eq!(
            (&ended.values["finished"], &ended.values["stdout"]),
            (&true.into(), &"hi".into())
        );
        let message = |jid: &str, mode| run(args(jid, mode), &host).unwrap_err().message;
        assert_eq!(message("j1.3", Mode::Status), "Could not parse job output: half a {");
        assert_eq!(message("j9.9", Mode::Status), "could not find job");
        assert_eq!(message("../etc/passwd", Mode::Cleanup), "could not find job");
        run(args("j1.2", Mode::Cleanup), &host).unwrap();
        assert_eq!(message("j1.2", Mode::Cleanup), "could not find job");
    }
}
