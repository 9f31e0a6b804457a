//! `command`: a command without a shell; what it shares with `shell`.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::json;
use windlass_macros::Args;

use crate::{
    host::{
        Civil, Command, Failure, Host, Outcome, Output, Result, errno_about, join_words,
        split_words,
    },
    spec::{ArgPath, Json},
    text,
};

/// Runs a command without a shell
///
/// Pipes, redirections and `*` mean nothing here: for those there is `shell`. In check mode nothing runs; `creates` and
/// `removes` tell whether it would.
///
/// # Examples
/// ```yaml
/// - name: Ask which kernel runs
///   ansible.builtin.command: uname -r
///   register: kernel
///   changed_when: false
///
/// - name: Set up the database once
///   ansible.builtin.command:
///     cmd: /opt/shop/bin/setup --database shop
///     chdir: /opt/shop
///     creates: /var/lib/shop/schema.version
///
/// - name: Take a word with spaces as it is
///   ansible.builtin.command:
///     argv:
///       - /opt/shop/bin/shop
///       - rename
///       - "{{ title }}"
/// ```
#[derive(Args, Default)]
#[args(
    free_form,
    required_one_of("_raw_params", "cmd", "argv"),
    mutually_exclusive("_raw_params", "cmd", "argv")
)]
pub struct Args {
    /// The command as free text
    #[arg(name = "_raw_params", hidden)]
    raw: Option<String>,
    /// The command as text
    cmd: Option<String>,
    /// The command as a list of words
    argv: Vec<String>,
    /// Folder in which the command runs
    chdir: Option<ArgPath>,
    /// Runs nothing when a file matches this pattern
    creates: Option<ArgPath>,
    /// Runs nothing when no file matches this pattern
    removes: Option<ArgPath>,
    /// Shell to use instead of `/bin/sh`; only for `shell`
    executable: Option<String>,
    /// Whether `~` and `$NAME` in words are replaced
    #[arg(default = "true")]
    expand_argument_vars: bool,
    /// What the command reads on standard input
    stdin: Option<String>,
    /// Whether a line end follows `stdin`
    #[arg(default = "true")]
    stdin_add_newline: bool,
    /// Whether line ends at the end of the output are removed
    #[arg(default = "true")]
    strip_empty_ends: bool,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if let Some(executable) = &args.executable {
        host.warn(format!(
            "As of Ansible 2.4, the parameter 'executable' is no longer supported with the 'command' module. Not using '{executable}'."
        ));
    }
    let words = match args.line() {
        Some(line) => split_words(line).map_err(Failure::raised)?,
        None => args.argv.clone(),
    };
    let shown = Json::from(words.clone());
    let expanded = if args.expand_argument_vars {
        words.iter().map(|word| host.expand(word)).collect()
    } else {
        words
    };
    execute(args, host, shown, expanded)
}

impl Args {
    /// Returns the command that was given as text.
    pub(crate) fn line(&self) -> Option<&str> {
        [&self.raw, &self.cmd]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|text| !text.is_empty())
    }

    /// Returns what `shell` shows as its command, and the words that run it.
    pub(crate) fn for_shell(&self) -> (Json, Vec<String>) {
        let (shown, line) = match self.line() {
            Some(line) => (Json::from(line), line.to_owned()),
            None => (Json::from(self.argv.clone()), join_words(&self.argv)),
        };
        let shell = self.executable.as_deref().unwrap_or("/bin/sh");
        (shown, vec![shell.to_owned(), "-c".to_owned(), line])
    }
}

/// Runs the words where and when the arguments say, and returns the result that both modules give.
pub(crate) fn execute(args: Args, host: &Host, shown: Json, argv: Vec<String>) -> Result<Outcome> {
    let chdir = args.chdir.as_deref();
    if let Some(folder) = chdir
        && let Err(error) = enter(host, folder)
    {
        let failure = Failure::new("Unable to change directory before execution.");
        return Err(failed(failure, &shown).with("exception", errno_about(&error, folder)));
    }
    if let Some(skip) = skipped(&args, host) {
        return Ok(finished(false, skip.0, &shown).with("stdout", skip.1));
    }
    if host.checking() {
        let outcome = finished(true, "Command would have run if not in check mode".into(), &shown);
        if args.creates.is_none() && args.removes.is_none() {
            return Ok(Outcome { changed: false, ..outcome }.with("skipped", true));
        }
        return Ok(outcome);
    }
    if argv.last().is_none_or(|last| last.is_empty() && args.line().is_none()) {
        let message = "Argument 'args' to run_command must be list or string";
        return Err(Failure::new(message).with("rc", 257).with("cmd", Json::Null));
    }
    let newline = if args.stdin_add_newline { "\n" } else { "" };
    let command = Command {
        stdin: args.stdin.as_ref().map(|text| format!("{text}{newline}").into_bytes()),
        cwd: chdir.map(|folder| host.path(folder)),
        stream: true,
        ..Command::new(argv)
    };
    let start = SystemTime::now();
    let output = host.run(&command)?;
    let end = SystemTime::now();
    ended(&args, host, shown, &output, (start, end))
}

fn ended(
    args: &Args,
    host: &Host,
    shown: Json,
    output: &Output,
    (start, end): (SystemTime, SystemTime),
) -> Result<Outcome> {
    let text = |text: String| {
        let ends: &[char] = if args.strip_empty_ends { &['\r', '\n'] } else { &[] };
        text.trim_end_matches(ends).to_owned()
    };
    let message = if output.success() { "" } else { "non-zero return code" };
    let outcome = Outcome::changed_if(true)
        .with("stdout", text(output.text()))
        .with("stderr", text(output.error_text()))
        .with("rc", output.status)
        .with("cmd", shown)
        .with("start", moment(host, start))
        .with("end", moment(host, end))
        .with("delta", delta(end.duration_since(start).unwrap_or_default()))
        .with("msg", message)
        .with_some("_ansible_windlass_no_utf8", no_utf8(output));
    if output.success() {
        return Ok(outcome);
    }
    let mut failure = Failure::new(message).with("changed", true);
    failure.values.extend(outcome.values);
    Err(failure)
}

/// Returns the words of Python about the first output that is no UTF-8.
pub(crate) fn no_utf8(output: &Output) -> Option<String> {
    let mut both = [&output.stdout, &output.stderr].into_iter();
    let bytes = both.find(|bytes| std::str::from_utf8(bytes).is_err())?;
    text::no_utf8(&text::from_bytes(bytes.clone()))
}

/// Says why nothing needs to run, and what standard output says instead.
fn skipped(args: &Args, host: &Host) -> Option<(String, String)> {
    let verb = if host.checking() { "Would" } else { "Did" };
    let folder = args.chdir.as_deref();
    if let Some(pattern) = args.creates.as_deref().filter(|path| host.any_match(path, folder)) {
        return Some((
            format!("{verb} not run command since '{pattern}' exists"),
            format!("skipped, since {pattern} exists"),
        ));
    }
    let pattern = args.removes.as_deref().filter(|path| !path.is_empty())?;
    (!host.any_match(pattern, folder)).then(|| {
        (
            format!("{verb} not run command since '{pattern}' does not exist"),
            format!("skipped, since {pattern} does not exist"),
        )
    })
}

/// The result of a command that did not run.
fn finished(changed: bool, message: String, shown: &Json) -> Outcome {
    let outcome = Outcome::changed_if(changed).with("stdout", "").with("stderr", "").with("rc", 0);
    outcome
        .with("cmd", shown.clone())
        .with("start", Json::Null)
        .with("end", Json::Null)
        .with("delta", Json::Null)
        .with("msg", message)
}

fn failed(failure: Failure, shown: &Json) -> Failure {
    let values = json!({
        "stdout": "", "stderr": "", "rc": null, "cmd": shown, "start": null, "end": null, "delta": null,
    });
    let Json::Object(values) = values else { return failure };
    Failure { values, ..failure }
}

fn enter(host: &Host, folder: &str) -> std::io::Result<()> {
    let path: PathBuf = host.path(folder);
    if path.exists() && !path.is_dir() {
        return Err(rustix::io::Errno::NOTDIR.into());
    }
    Ok(rustix::fs::access(&path, rustix::fs::Access::EXEC_OK)?)
}

/// Local time as Python prints a `datetime`.
pub(crate) fn moment(host: &Host, time: SystemTime) -> String {
    let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(elapsed.as_secs()).unwrap_or(0);
    let Civil { year, month, day, hour, minute, second } =
        Civil::from_seconds(seconds + host.zone().offset(seconds));
    let fraction = fraction(elapsed);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction}")
}

/// A span of time as Python prints a `timedelta`.
pub(crate) fn delta(span: Duration) -> String {
    let seconds = span.as_secs();
    let days = match seconds / 86_400 {
        0 => String::new(),
        1 => "1 day, ".to_owned(),
        days => format!("{days} days, "),
    };
    let (hours, minutes) = (seconds % 86_400 / 3600, seconds % 3600 / 60);
    format!("{days}{hours}:{minutes:02}:{:02}{}", seconds % 60, fraction(span))
}

fn fraction(span: Duration) -> String {
    match span.subsec_micros() {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{HostOptions, TestHost};

    fn given(given: Json) -> Args {
        let Json::Object(given) = given else { unreachable!() };
        crate::spec::parse("command", &given).unwrap()
    }

    #[test]
    fn words_are_split_and_expanded_and_the_result_has_the_reference_keys() {
        let environment = vec![("WHO".to_owned(), "me".to_owned())];
        let host = Host::new(HostOptions { environment, ..HostOptions::default() });
        let outcome =
            run(given(json!({"_raw_params": "printf '%s\\n' \"$WHO x\" b"})), &host).unwrap();
        let keys: Vec<_> = outcome.values.keys().map(String::as_str).collect();
        assert_eq!(keys, ["stdout", "stderr", "rc", "cmd", "start", "end", "delta", "msg"]);
        assert_eq!(outcome.values["stdout"], "me x\nb");
        assert_eq!(outcome.values["cmd"], json!(["printf", "%s\\n", "$WHO x", "b"]));
        let plain =
            json!({"cmd": "echo $WHO", "expand_argument_vars": false, "strip_empty_ends": false});
        assert_eq!(run(given(plain), &host).unwrap().values["stdout"], "$WHO\n");
    }

    #[test]
    fn a_failing_command_has_changed_and_failed() {
        let host = Host::new(HostOptions::default());
        let failure =
            run(given(json!({"cmd": "sh -c 'echo a; echo b >&2; exit 3'"})), &host).unwrap_err();
        let result = host.finish(Err(failure));
        assert_eq!((&result["changed"], &result["rc"]), (&json!(true), &json!(3)));
        assert_eq!((&result["stdout"], &result["stderr"]), (&json!("a"), &json!("b")));
        assert_eq!(result["msg"], "non-zero return code");
    }

    #[test]
    fn what_cannot_start_is_told_in_the_words_of_the_reference() {
        let host = Host::new(HostOptions::default());
        let failure = run(given(json!({"argv": ["/does/not exist", "a"]})), &host).unwrap_err();
        assert_eq!(failure.message, "Error executing command.");
        assert_eq!(
            (&failure.values["rc"], &failure.values["cmd"]),
            (&json!(2), &json!("'/does/not exist' a"))
        );
        assert_eq!(
            failure.values["exception"],
            "[Errno 2] No such file or directory: b'/does/not exist'"
        );
        let failure = run(given(json!({"cmd": "ls", "chdir": "/does/not"})), &host).unwrap_err();
        assert_eq!(failure.message, "Unable to change directory before execution.");
        assert_eq!(
            run(given(json!({"cmd": "a 'b"})), &host).unwrap_err().message,
            "Task failed: Module failed: No closing quotation"
        );
        assert_eq!(run(given(json!({"cmd": ""})), &host).unwrap_err().values["rc"], 257);
    }

    #[test]
    fn files_that_exist_or_not_make_it_unnecessary() {
        let host = TestHost::with(&[("/srv/made.txt", "")]);
        let outcome = run(given(json!({"cmd": "make", "creates": "/srv/*.txt"})), &host).unwrap();
        assert!(!outcome.changed);
        assert_eq!(outcome.values["msg"], "Did not run command since '/srv/*.txt' exists");
        assert_eq!(outcome.values["stdout"], "skipped, since /srv/*.txt exists");
        let relative = json!({"cmd": "make", "creates": "made.txt", "chdir": "/srv"});
        assert!(!run(given(relative), &host).unwrap().changed);
        let host = host.check();
        let outcome = run(given(json!({"cmd": "rm x", "removes": "/srv/x"})), &host).unwrap();
        assert_eq!(outcome.values["msg"], "Would not run command since '/srv/x' does not exist");
    }

    #[test]
    fn check_mode_skips_what_it_cannot_predict() {
        let host = TestHost::with(&[("/srv/x", "")]).check();
        let outcome = run(given(json!({"cmd": "rm /srv/x"})), &host).unwrap();
        assert_eq!((outcome.changed, &outcome.values["skipped"]), (false, &json!(true)));
        let outcome = run(given(json!({"cmd": "rm /srv/x", "removes": "/srv/x"})), &host).unwrap();
        assert!(outcome.changed && !outcome.values.contains_key("skipped"));
        assert_eq!(outcome.values["msg"], "Command would have run if not in check mode");
    }

    #[test]
    fn input_gets_a_line_end_unless_told_otherwise() {
        let host = Host::new(HostOptions::default());
        let outcome = run(given(json!({"cmd": "wc -c", "stdin": "abc"})), &host).unwrap();
        assert_eq!(outcome.values["stdout"], "4");
        let bare = json!({"cmd": "wc -c", "stdin": "abc", "stdin_add_newline": false});
        assert_eq!(run(given(bare), &host).unwrap().values["stdout"], "3");
    }

    #[test]
    fn spans_are_printed_as_python_prints_them() {
        assert_eq!(delta(Duration::from_micros(3_661_000_012)), "1:01:01.000012");
        assert_eq!(delta(Duration::from_secs(86_400 + 5)), "1 day, 0:00:05");
    }
}
