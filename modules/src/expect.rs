//! `expect`: a command whose questions are answered.

use std::{
    fs::File,
    io::{Read, Write},
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use windlass_macros::Args;

use crate::{
    command::{delta, moment},
    host::{Failure, Host, Outcome, Result, errno_of, join_words, open_terminal, split_words},
    pattern::{Flags, Pattern},
    spec::{ArgPath, Json, JsonMap, python_str},
    text,
};

/// Runs a command and answers what it asks
///
/// Patterns are regular expressions. In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Set a password
///   ansible.builtin.expect:
///     command: passwd alice
///     responses:
///       (?i)password: "MySekretPa$$word"
///
/// - name: Answer an installer's questions, the second one twice
///   ansible.builtin.expect:
///     command: /opt/vendor/install.sh
///     creates: /opt/vendor/bin/vendor
///     timeout: 120
///     responses:
///       '(?i)licen[sc]e.*\[y/n\]': y
///       'Folder for .*:':
///         - /srv/vendor/data
///         - /srv/vendor/log
/// ```
#[derive(Args)]
pub struct Args {
    /// Command and its arguments; no shell reads them
    command: String,
    /// Patterns of questions, and the answer or the answers one after the other
    responses: JsonMap,
    /// Folder in which it runs
    chdir: Option<ArgPath>,
    /// Runs nothing when this file is there
    creates: Option<ArgPath>,
    /// Runs nothing when this file is not there
    removes: Option<ArgPath>,
    /// Seconds to wait for a question that is known; nothing waits for ever
    #[arg(default = "30")]
    timeout: Json,
    /// Whether what is answered appears in the output
    #[arg(default = "false")]
    echo: bool,
}

/// A question and what is answered.
struct Question {
    pattern: Pattern,
    text: String,
    answers: Answers,
}

enum Answers {
    Always(String),
    /// In reverse: the next is last.
    InTurn(Vec<String>),
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("ansible.legacy.expect"));
    }
    let start = Instant::now();
    let began = std::time::SystemTime::now();
    if args.command.trim().is_empty() {
        return Err(Failure::new("no command given").with("rc", 256));
    }
    let told = |text: String| {
        Ok(Outcome::changed_if(false)
            .with("cmd", args.command.as_str())
            .with("stdout", text)
            .with("rc", 0))
    };
    if let Some(path) = args.creates.as_deref().filter(|path| host.any_match(path, None)) {
        return told(format!("skipped, since {path} exists"));
    }
    if let Some(path) = args.removes.as_deref().filter(|path| !host.any_match(path, None)) {
        return told(format!("skipped, since {path} does not exist"));
    }
    let timeout = limit(&args.timeout)?;
    let mut questions = args
        .responses
        .iter()
        .map(|(pattern, answer)| question(pattern, answer))
        .collect::<Result<Vec<_>>>()?;
    // A quote that does not end ends with the command.
    let words = ["", "'", "\""]
        .iter()
        .find_map(|end| split_words(&format!("{}{end}", args.command)).ok())
        .unwrap_or_else(|| vec![args.command.clone()]);
    let (output, status) = talk(&args, host, &words, &mut questions, timeout)?;
    let end = start.elapsed();
    let stdout = output.trim_end_matches(['\r', '\n']);
    let result = |status: Option<i32>| {
        let mut result = JsonMap::from_iter([
            ("cmd".to_owned(), args.command.as_str().into()),
            ("stdout".to_owned(), stdout.into()),
            ("rc".to_owned(), status.map_or(Json::Null, Json::from)),
            ("start".to_owned(), moment(host, began).into()),
            ("end".to_owned(), moment(host, began + end).into()),
            ("delta".to_owned(), delta(end).into()),
        ]);
        if let Some(why) = text::no_utf8(stdout) {
            result.insert("_ansible_windlass_no_utf8".to_owned(), why.into());
        }
        result
    };
    match status {
        Ended::With(0) => Ok(Outcome { changed: true, values: result(Some(0)) }),
        Ended::With(status) => {
            let mut failure = Failure::new("non-zero return code").with("changed", true);
            failure.values.extend(result(Some(status)));
            Err(failure)
        }
        Ended::Silent => {
            let mut failure = Failure::new("command exceeded timeout").with("changed", true);
            failure.values.extend(result(None));
            Err(failure)
        }
        Ended::NoAnswer(pattern, asked) => Err(Failure::new(format!(
            "No remaining responses for '{pattern}', output was '{asked}'"
        ))),
    }
}

fn limit(timeout: &Json) -> Result<Option<Duration>> {
    match timeout {
        Json::Null => Ok(None),
        other => match python_str(other).trim().parse::<f64>() {
            Ok(seconds) if seconds >= 0.0 => Ok(Some(Duration::from_secs_f64(seconds.min(1e9)))),
            _ => Err(Failure::new(format!(
                "argument 'timeout' is of type <class 'str'> and we were unable to convert to int: \"'{}'\" cannot be converted to an int",
                python_str(other)
            ))),
        },
    }
}

fn question(pattern: &str, answer: &Json) -> Result<Question> {
    let line = |text: &Json| format!("{}\n", python_str(text).trim_end_matches('\n'));
    let answers = match answer {
        Json::Array(items) => Answers::InTurn(items.iter().rev().map(line).collect()),
        other => Answers::Always(line(other)),
    };
    let compiled = Pattern::new(pattern, Flags { dot_all: true, ..Flags::default() })
        .map_err(Failure::raised)?;
    Ok(Question { pattern: compiled, text: pattern.to_owned(), answers })
}

/// A program that asks for a password turns the echo off after its question, and throws away what was typed before;
/// the reference gives it as long.
const BEFORE_ANSWER: Duration = Duration::from_millis(50);

/// How the conversation ended.
enum Ended {
    With(i32),
    /// Nobody said anything that is known.
    Silent,
    /// No answer is left to the question of this pattern; what was printed since the last answer.
    NoAnswer(String, String),
}

#[expect(clippy::too_many_lines, reason = "one conversation with a program")]
fn talk(
    args: &Args,
    host: &Host,
    words: &[String],
    questions: &mut [Question],
    timeout: Option<Duration>,
) -> Result<(String, Ended)> {
    if let Some(folder) = args.chdir.as_deref()
        && let Err(error) = std::fs::read_dir(host.path(folder))
    {
        return Err(Failure::raised(errno_of(&error, folder)));
    }
    let program = match args.chdir.as_deref() {
        Some(folder) if words[0].contains('/') && !words[0].starts_with('/') => {
            Some(format!("{folder}/{}", words[0]))
        }
        _ => host.which(&words[0]),
    };
    if !program.is_some_and(|program| host.is_executable(program)) {
        return Err(Failure::new(format!(
            "The command was not found or was not executable: {}.",
            words[0]
        )));
    }
    let cannot = |error: &std::io::Error| Failure::io("cannot start the command", error);
    let (terminal, slave) = open_terminal().map_err(|error| cannot(&error))?;
    let size = rustix::termios::Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&slave, size).map_err(|e| cannot(&e.into()))?;
    if !args.echo {
        let mut modes = rustix::termios::tcgetattr(&slave).map_err(|e| cannot(&e.into()))?;
        modes.local_modes.remove(rustix::termios::LocalModes::ECHO);
        rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &modes)
            .map_err(|e| cannot(&e.into()))?;
    }
    let seated = host.in_a_session(words);
    let mut process = std::process::Command::new(&seated[0]);
    process.args(&seated[1..]);
    let clone = || slave.try_clone().map(Stdio::from);
    process
        .stdin(clone().map_err(|e| cannot(&e))?)
        .stdout(clone().map_err(|e| cannot(&e))?)
        .stderr(clone().map_err(|e| cannot(&e))?);
    for (name, value) in host.environment() {
        process.env(name, value);
    }
    if let Some(folder) = args.chdir.as_deref() {
        process.current_dir(host.path(folder));
    }
    let mut child = crate::host::start(&mut process).map_err(|error| {
        cannot(&error).with("cmd", join_words(words)).with("rc", error.raw_os_error().unwrap_or(2))
    })?;
    // The command holds it as well; ours would keep the terminal open after its end.
    drop((process, slave));
    let mut terminal = File::from(terminal);
    let (mut output, mut seen) = (Vec::new(), 0);
    let mut heard = Instant::now();
    let ended = loop {
        let mut fds = [PollFd::new(&terminal, PollFlags::IN)];
        let tick = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        let ready = poll(&mut fds, Some(&tick)).unwrap_or(0);
        if host.cancelled() {
            end(&mut child);
            return Err(Failure::new("the task was cancelled"));
        }
        if ready > 0 {
            let mut chunk = [0; 4096];
            // The last one who held the terminal has closed it.
            let n = terminal.read(&mut chunk).unwrap_or(0);
            if n == 0 {
                break child
                    .wait()
                    .map(|status| Ended::With(code(status)))
                    .map_err(|e| cannot(&e))?;
            }
            output.extend_from_slice(&chunk[..n]);
        }
        let text = text::from_bytes(output[seen..].to_vec());
        if let Some((at, consumed)) = next_question(questions, &text)? {
            let asked = text::to_bytes(&text[..consumed]);
            seen += asked.len();
            heard = Instant::now();
            let question = &mut questions[at];
            let answer = match &mut question.answers {
                Answers::Always(answer) => Some(answer.clone()),
                Answers::InTurn(answers) => answers.pop(),
            };
            match answer {
                Some(answer) => {
                    std::thread::sleep(BEFORE_ANSWER);
                    let written = terminal.write_all(answer.as_bytes());
                    written.map_err(|error| Failure::io("cannot answer the command", &error))?;
                }
                None => {
                    end(&mut child);
                    break Ended::NoAnswer(question.text.clone(), text::bytes_repr(&asked));
                }
            }
        } else if timeout.is_some_and(|timeout| heard.elapsed() > timeout) {
            end(&mut child);
            break Ended::Silent;
        }
    };
    Ok((text::from_bytes(output), ended))
}

/// The question that is asked first, and how much of the text it takes.
fn next_question(questions: &[Question], text: &str) -> Result<Option<(usize, usize)>> {
    let mut first: Option<(usize, usize, usize)> = None;
    for (at, question) in questions.iter().enumerate() {
        if let Some(found) = question.pattern.search(text).map_err(Failure::new)?
            && let Some(whole) = found.get(0)
            && first.is_none_or(|(_, start, _)| whole.start() < start)
        {
            first = Some((at, whole.start(), whole.end()));
        }
    }
    Ok(first.filter(|(_, _, end)| *end > 0).map(|(at, _, end)| (at, end)))
}

fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| -status.signal().unwrap_or(1))
}

fn end(child: &mut std::process::Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn expect(args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let mut result = crate::find("expect").unwrap().run(args.as_object().unwrap(), &host);
        for key in ["start", "end", "delta"] {
            result.remove(key);
        }
        Json::Object(result)
    }

    #[test]
    fn questions_are_answered() {
        let command =
            "sh -c 'printf \"name? \"; read n; printf \"again? \"; read m; echo got $n $m'";
        let result =
            expect(json!({"command": command, "responses": {"(?i)NAME": "ann", "again": "bob"}}));
        assert_eq!((&result["rc"], &result["changed"]), (&json!(0), &json!(true)));
        assert_eq!(result["stdout"], "name? again? got ann bob");
    }

    #[test]
    fn answers_may_come_in_turn_and_run_out() {
        let command = "sh -c 'for i in 1 2; do printf \"q? \"; read n; echo $n; done'";
        let result = expect(json!({"command": command, "responses": {"q": ["a", "b"]}}));
        assert_eq!(result["stdout"], "q? a\r\nq? b");
        let result = expect(json!({"command": command, "responses": {"q": ["a"]}}));
        assert!(
            result["msg"].as_str().unwrap().starts_with("No remaining responses for 'q'"),
            "{result}"
        );
    }

    #[test]
    fn failures_are_told() {
        let result = expect(json!({"command": "sh -c 'exit 3'", "responses": {"x": "y"}}));
        assert_eq!((&result["msg"], &result["rc"]), (&json!("non-zero return code"), &json!(3)));
        let result = expect(json!({"command": "/no/such", "responses": {"x": "y"}}));
        assert_eq!(result["msg"], "The command was not found or was not executable: /no/such.");
        let result = expect(json!({"command": "sleep 60", "responses": {"x": "y"}, "timeout": 0}));
        assert_eq!(result["msg"], "command exceeded timeout");
        let result = expect(json!({"command": "true", "responses": {"x": "y"}, "creates": "/"}));
        assert_eq!(result["stdout"], "skipped, since / exists");
        let nowhere = json!({"command": "/no/such", "responses": {"x": "y"}, "chdir": "/none"});
        let message = expect(nowhere)["msg"].as_str().unwrap().to_owned();
        assert!(message.ends_with("[Errno 2] No such file or directory: '/none'"), "{message}");
    }
}
