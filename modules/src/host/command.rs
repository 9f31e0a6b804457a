//! Starting commands.

use std::{
    collections::VecDeque,
    io,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::PathBuf,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Stdio},
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use windlass_protocol::Stream;

use super::{Failure, Host, Result, concealed::concealed, terminal::open_terminal};

/// Held by whoever starts a process, until that has become its program.
static STARTING: RwLock<()> = RwLock::new(());

/// Starts a process.
pub(crate) fn start(process: &mut std::process::Command) -> io::Result<Child> {
    let _starting = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    process.spawn()
}

/// Waits until every process that is being started has become its program.
///
/// Until then it has all files open that were open when its start began, for writing too: a program that was being
/// written at that time could not be started itself (`ETXTBSY`).
pub(super) fn wait_for_starts() {
    drop(STARTING.write().unwrap_or_else(PoisonError::into_inner));
}

/// A command to start: arguments, environment, folder, input.
#[derive(Clone, Debug, Default)]
pub struct Command {
    pub argv: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub cwd: Option<PathBuf>,
    pub stdin: Option<Vec<u8>>,
    /// Whether its output is sent to the operator as it appears.
    pub stream: bool,
    /// Whether it has a terminal of its own, for its input and all of its output.
    pub terminal: bool,
}

impl Command {
    /// Returns a command of these words.
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Command {
        Command { argv: argv.into_iter().map(Into::into).collect(), ..Command::default() }
    }

    /// Returns a command line for `/bin/sh`.
    pub fn shell(line: impl Into<String>) -> Command {
        Command::new(["/bin/sh".to_owned(), "-c".to_owned(), line.into()])
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Command {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Command {
        self.stdin = Some(bytes.into());
        self
    }
}

/// What a command printed and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Exit status; the negative number of the signal that ended it, as Python's subprocess says.
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Output {
    /// Returns standard output as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns standard error as text; what is no UTF-8 is replaced.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Returns what it said in JSON; another text fails as in Python.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.stdout).map_err(|error| {
            let is_begun = self.text().trim_start().starts_with(['{', '[', '"']);
            let nothing = "Expecting value: line 1 column 1 (char 0)".to_owned();
            Failure::raised(if is_begun { error.to_string() } else { nothing })
        })
    }

    pub fn success(&self) -> bool {
        self.status == 0
    }

    /// Refuses a command that did not end well, with what it printed.
    pub fn checked(&self, command: &Command) -> Result<()> {
        if self.success() {
            return Ok(());
        }
        let error = self.error_text();
        Err(Failure::new(error.trim_end().to_owned())
            .with("cmd", super::join_words(&command.argv))
            .with("rc", self.status)
            .with("stdout", self.text())
            .with("stderr", error))
    }
}

/// Commands that a test expects, in order, and what they print.
pub(super) type Canned = VecDeque<(String, Output)>;

impl Host {
    /// Runs a command that only looks: also in check mode.
    pub fn run(&self, command: &Command) -> Result<Output> {
        if let Some(canned) = &self.canned {
            let line = command.argv.join(" ");
            let mut canned = canned.borrow_mut();
            return match canned.iter().position(|(expected, _)| *expected == line) {
                Some(at) => Ok(canned.remove(at).expect("position is in range").1),
                None => Err(Failure::new(format!("the test expects no command `{line}`"))),
            };
        }
        let mut child = self.spawn(command)?;
        self.collect(&mut child, command)
    }

    /// Runs a command that changes the host; in check mode it does not run and `None` comes back.
    pub fn change(&self, command: &Command) -> Result<Option<Output>> {
        if self.check {
            return Ok(None);
        }
        self.run(command).map(Some)
    }

    /// Runs a command that only looks and must succeed.
    pub fn must(&self, command: &Command) -> Result<Output> {
        let output = self.run(command)?;
        if output.success() { Ok(output) } else { Err(failed(command, &output)) }
    }

    /// Runs a command that changes the host and must succeed; `None` in check mode.
    pub fn must_change(&self, command: &Command) -> Result<Option<Output>> {
        if self.check {
            return Ok(None);
        }
        self.must(command).map(Some)
    }

    /// Returns the path of a program in the host's search path, the system folders included.
    pub fn which(&self, program: &str) -> Option<String> {
        if program.contains('/') {
            return self.path(program).exists().then(|| program.to_owned());
        }
        let path = self.env("PATH").unwrap_or_default();
        let folders =
            path.split(':').chain(["/sbin", "/usr/sbin", "/usr/local/sbin", "/bin", "/usr/bin"]);
        let mut found =
            folders.filter(|folder| !folder.is_empty()).map(|folder| format!("{folder}/{program}"));
        found.find(|candidate| self.is_executable(candidate))
    }

    /// Returns the path of a program that must be there.
    pub fn required(&self, program: &str) -> Result<String> {
        self.which(program).ok_or_else(|| {
            let path = self.env("PATH").unwrap_or_default();
            let mut folders: Vec<&str> = path.split(':').filter(|one| !one.is_empty()).collect();
            for folder in ["/sbin", "/usr/sbin", "/usr/local/sbin"] {
                if !folders.contains(&folder) {
                    folders.push(folder);
                }
            }
            Failure::new(format!(
                "Failed to find required executable \"{program}\" in paths: {}",
                folders.join(":")
            ))
        })
    }

    fn spawn(&self, command: &Command) -> Result<Child> {
        if command.argv.is_empty() {
            return Err(Failure::new("no command given"));
        }
        let argv = if command.terminal { &self.in_a_session(&command.argv) } else { &command.argv };
        let program = &argv[0];
        let mut process = std::process::Command::new(program);
        process.args(&argv[1..]);
        let mut ours = None;
        if command.terminal {
            let cannot = |error: io::Error| Failure::io("cannot open a terminal", &error);
            let (terminal, theirs) = open_terminal().map_err(cannot)?;
            // Nobody will type: who reads is told so, and does not wait for ever.
            rustix::io::write(&terminal, b"\x04").map_err(|error| cannot(error.into()))?;
            process
                .stdin(theirs.try_clone().map_err(cannot)?)
                .stdout(theirs.try_clone().map_err(cannot)?)
                .stderr(theirs);
            ours = Some(terminal);
        } else {
            process
                .stdin(if command.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                // A group of its own, so that cancelling reaches what the command started.
                .process_group(0);
        }
        for (name, value) in self.environment.iter().chain(&command.environment) {
            process.env(name, value);
        }
        if let Some(cwd) = command.cwd.as_ref().or(self.cwd.as_ref()) {
            process.current_dir(cwd);
        }
        let started = start(&mut process).map(|mut child| {
            child.stdout = child.stdout.take().or(ours.map(ChildStdout::from));
            child
        });
        started.map_err(|error| {
            let number = error.raw_os_error().unwrap_or(257);
            // It may be the folder that cannot be entered.
            let folder = command.cwd.as_ref().or(self.cwd.as_ref());
            let folder = folder.filter(|folder| {
                rustix::fs::access(folder.as_path(), rustix::fs::Access::EXEC_OK).is_err()
            });
            let what =
                folder.map_or(program.as_bytes(), |folder| folder.as_os_str().as_encoded_bytes());
            let reason = Failure::io("", &error).message;
            let reason = reason.trim_start_matches(": ");
            Failure::new("Error executing command.")
                .with("rc", number)
                .with("cmd", super::join_words(&command.argv))
                .with("stdout", "")
                .with("stderr", "")
                .with(
                    "exception",
                    format!("[Errno {number}] {reason}: {}", crate::text::bytes_repr(what)),
                )
        })
    }

    /// Feeds and drains the command's pipes until it and its output end, or the task is cancelled.
    ///
    /// One thread waits for everything at once, the command's end included: a short command costs its own time only.
    fn collect(&self, child: &mut Child, command: &Command) -> Result<Output> {
        let cannot = |error: rustix::io::Errno| {
            Failure::io("cannot read from the command", &std::io::Error::from(error))
        };
        let mut pipes = Pipes::of(child, command).map_err(cannot)?;
        let ended = pidfd(child);
        let mut output = Output::default();
        let mut status = None;
        let mut quiet_since = Instant::now();
        loop {
            if status.is_some() && pipes.all_closed() {
                break;
            }
            let ready = pipes.wait(ended.as_ref().filter(|_| status.is_none())).map_err(cannot)?;
            if self.cancelled() {
                kill_group(child);
                return Err(Failure::new("the task was cancelled"));
            }
            let mut moved = pipes.feed(ready.stdin);
            for stream in [Stream::Stdout, Stream::Stderr] {
                let readable = match stream {
                    Stream::Stdout => ready.stdout,
                    Stream::Stderr => ready.stderr,
                };
                if readable && let Some(bytes) = pipes.drain(stream).map_err(cannot)? {
                    moved = true;
                    if command.stream
                        && let Some(on_output) = &self.on_output
                    {
                        on_output(stream, bytes);
                    }
                    match stream {
                        Stream::Stdout => output.stdout.extend_from_slice(bytes),
                        Stream::Stderr => output.stderr.extend_from_slice(bytes),
                    }
                }
            }
            if moved {
                quiet_since = Instant::now();
            }
            if status.is_none() && (ready.ended || ended.is_none() || pipes.all_closed()) {
                status = child
                    .try_wait()
                    .map_err(|error| Failure::io("cannot wait for the command", &error))?;
                quiet_since = Instant::now();
            } else if status.is_some() && quiet_since.elapsed() >= GRACE {
                // The command ended and what it left in the background holds the pipe: that is not waited for.
                break;
            }
        }
        let status = status.expect("the loop ends after the command");
        output.status = status.code().unwrap_or_else(|| -status.signal().unwrap_or(1));
        Ok(output)
    }
}

/// Returns the failure of a task whose command did not succeed, as the reference's modules word it.
pub fn failed(command: &Command, output: &Output) -> Failure {
    Failure::new(concealed(output.error_text().trim_end()))
        .with("cmd", super::join_words(&command.argv))
        .with("rc", output.status)
        .with("stdout", output.text())
        .with("stderr", output.error_text())
}

/// How long a pipe may stay open and silent after its command ended.
const GRACE: Duration = Duration::from_millis(200);
/// How often a running command looks whether it was cancelled.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// The same on kernels that cannot tell that a process ended.
const LOOK_OFTEN: Timespec = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };

/// What happened while waiting.
#[derive(Default)]
struct Ready {
    stdin: bool,
    stdout: bool,
    stderr: bool,
    ended: bool,
}

/// Our ends of a command's pipes.
struct Pipes<'a> {
    stdin: Option<ChildStdin>,
    input: &'a [u8],
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    buffer: Vec<u8>,
}

impl<'a> Pipes<'a> {
    fn of(child: &mut Child, command: &'a Command) -> rustix::io::Result<Pipes<'a>> {
        let pipes = Pipes {
            stdin: child.stdin.take(),
            input: command.stdin.as_deref().unwrap_or_default(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            buffer: vec![0; windlass_protocol::CHUNK],
        };
        let ends = [
            pipes.stdin.as_ref().map(AsFd::as_fd),
            pipes.stdout.as_ref().map(AsFd::as_fd),
            pipes.stderr.as_ref().map(AsFd::as_fd),
        ];
        for end in ends.into_iter().flatten() {
            rustix::fs::fcntl_setfl(end, rustix::fs::OFlags::NONBLOCK)?;
        }
        Ok(pipes)
    }

    fn all_closed(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }

    fn wait(&self, ended: Option<&OwnedFd>) -> rustix::io::Result<Ready> {
        let mut fds = Vec::with_capacity(4);
        let mut who = Vec::with_capacity(4);
        type Event = fn(&mut Ready) -> &mut bool;
        let watched: [(Option<BorrowedFd<'_>>, PollFlags, Event); 4] = [
            (self.stdin.as_ref().map(AsFd::as_fd), PollFlags::OUT, |ready| &mut ready.stdin),
            (self.stdout.as_ref().map(AsFd::as_fd), PollFlags::IN, |ready| &mut ready.stdout),
            (self.stderr.as_ref().map(AsFd::as_fd), PollFlags::IN, |ready| &mut ready.stderr),
            (ended.map(AsFd::as_fd), PollFlags::IN, |ready| &mut ready.ended),
        ];
        for (fd, events, event) in &watched {
            if let Some(fd) = fd {
                fds.push(PollFd::from_borrowed_fd(*fd, *events));
                who.push(*event);
            }
        }
        let limit = if ended.is_some() { LOOK } else { LOOK_OFTEN };
        match poll(&mut fds, Some(&limit)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => (),
            Err(error) => return Err(error),
        }
        let mut ready = Ready::default();
        for (fd, event) in fds.iter().zip(who) {
            *event(&mut ready) = !fd.revents().is_empty();
        }
        Ok(ready)
    }

    /// Writes what the pipe takes; a command that does not read its input is not an error.
    fn feed(&mut self, ready: bool) -> bool {
        let Some(stdin) = self.stdin.as_ref() else { return false };
        if !ready && !self.input.is_empty() {
            return false;
        }
        match rustix::io::write(stdin, self.input) {
            Ok(n) => self.input = &self.input[n..],
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return false,
            Err(_) => self.input = &[],
        }
        if self.input.is_empty() {
            self.stdin = None;
        }
        true
    }

    /// Reads what is there; `None` when that is nothing, or the end.
    fn drain(&mut self, stream: Stream) -> rustix::io::Result<Option<&[u8]>> {
        let read = match stream {
            Stream::Stdout => {
                self.stdout.as_ref().map(|pipe| rustix::io::read(pipe, &mut self.buffer))
            }
            Stream::Stderr => {
                self.stderr.as_ref().map(|pipe| rustix::io::read(pipe, &mut self.buffer))
            }
        };
        match read {
            // Reading from a terminal that nobody holds any more is an error.
            Some(Ok(0) | Err(rustix::io::Errno::IO)) => {
                match stream {
                    Stream::Stdout => self.stdout = None,
                    Stream::Stderr => self.stderr = None,
                }
                Ok(None)
            }
            Some(Ok(n)) => Ok(Some(&self.buffer[..n])),
            None | Some(Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR)) => Ok(None),
            Some(Err(error)) => Err(error),
        }
    }
}

/// A handle that becomes readable when the command ends; kernels before 5.3 have none.
fn pidfd(child: &Child) -> Option<OwnedFd> {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).ok()?)?;
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

fn kill_group(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // Gone already is as good as killed.
        let _ = kill_process_group(group, Signal::TERM);
        std::thread::sleep(Duration::from_millis(100));
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::HostOptions;

    #[test]
    fn output_and_status_come_back() {
        let host = Host::new(HostOptions::default());
        let output = host.run(&Command::shell("cat; echo bad >&2; exit 3").stdin("good")).unwrap();
        assert_eq!(
            (output.text().as_str(), output.error_text().as_str(), output.status),
            ("good", "bad\n", 3)
        );
    }

    #[test]
    fn what_stays_in_the_background_is_not_waited_for() {
        let host = Host::new(HostOptions::default());
        let started = std::time::Instant::now();
        let output = host.run(&Command::shell("sleep 20 & echo done")).unwrap();
        assert_eq!(output.text(), "done\n");
        assert!(started.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn a_cancelled_command_is_killed_with_its_children() {
        let host = Host::new(HostOptions::default());
        host.cancelled.store(true, std::sync::atomic::Ordering::Relaxed);
        let error = host.run(&Command::shell("sleep 30; echo never")).unwrap_err();
        assert_eq!(error.message, "the task was cancelled");
    }

    #[test]
    fn a_missing_program_is_named() {
        let host = Host::new(HostOptions::default());
        let error = host.run(&Command::new(["/does/not/exist"])).unwrap_err();
        assert_eq!(error.message, "Error executing command.");
        let exception = error.values["exception"].as_str().unwrap();
        assert_eq!(exception, "[Errno 2] No such file or directory: b'/does/not/exist'");
        assert_eq!(error.values["rc"], 2);
    }
}
