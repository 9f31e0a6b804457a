//! Starting commands.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::PathBuf,
    process::{Child, Stdio},
    sync::mpsc,
    time::Duration,
};

use windlass_protocol::Stream;

use super::{Failure, Host, Result};

/// A command to start: arguments, environment, folder, input.
#[derive(Clone, Debug, Default)]
pub struct Command {
    pub argv: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub cwd: Option<PathBuf>,
    pub stdin: Option<Vec<u8>>,
    /// Whether its output is sent to the operator as it appears.
    pub stream: bool,
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

    pub fn success(&self) -> bool {
        self.status == 0
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

    fn spawn(&self, command: &Command) -> Result<Child> {
        let [program, args @ ..] = command.argv.as_slice() else {
            return Err(Failure::new("no command given"));
        };
        let mut process = std::process::Command::new(program);
        process
            .args(args)
            .stdin(if command.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that cancelling reaches what the command started.
            .process_group(0);
        for (name, value) in self.environment.iter().chain(&command.environment) {
            process.env(name, value);
        }
        if let Some(cwd) = command.cwd.as_ref().or(self.cwd.as_ref()) {
            process.current_dir(cwd);
        }
        process.spawn().map_err(|error| {
            Failure::io(format!("cannot run `{program}`"), &error)
                .with("rc", error.raw_os_error().unwrap_or(257))
                .with("cmd", command.argv.join(" "))
        })
    }

    /// Feeds and drains the command's pipes until it and its output end, or the task is cancelled.
    fn collect(&self, child: &mut Child, command: &Command) -> Result<Output> {
        let (sender, receiver) = mpsc::channel();
        if let (Some(mut stdin), Some(bytes)) = (child.stdin.take(), command.stdin.clone()) {
            // A command that does not read its input is not an error.
            std::thread::spawn(move || drop(stdin.write_all(&bytes)));
        }
        let stdout = child.stdout.take().expect("piped above");
        let stderr = child.stderr.take().expect("piped above");
        let errors = sender.clone();
        std::thread::spawn(move || drain(stdout, Stream::Stdout, &sender));
        std::thread::spawn(move || drain(stderr, Stream::Stderr, &errors));

        let mut output = Output::default();
        let mut status = None;
        loop {
            match receiver.recv_timeout(Duration::from_millis(if status.is_some() {
                200
            } else {
                50
            })) {
                Ok((stream, bytes)) => {
                    if command.stream
                        && let Some(on_output) = &self.on_output
                    {
                        on_output(stream, &bytes);
                    }
                    let sink = match stream {
                        Stream::Stdout => &mut output.stdout,
                        Stream::Stderr => &mut output.stderr,
                    };
                    sink.extend_from_slice(&bytes);
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                // The command ended and what it left in the background holds the pipe: that is not waited for.
                Err(mpsc::RecvTimeoutError::Timeout) if status.is_some() => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    if self.cancelled() {
                        kill_group(child);
                        return Err(Failure::new("the task was cancelled"));
                    }
                    status = child
                        .try_wait()
                        .map_err(|error| Failure::io("cannot wait for the command", &error))?;
                }
            }
        }
        let status = match status {
            Some(status) => status,
            None => {
                child.wait().map_err(|error| Failure::io("cannot wait for the command", &error))?
            }
        };
        output.status = status.code().unwrap_or_else(|| -status.signal().unwrap_or(1));
        Ok(output)
    }
}

fn drain(mut pipe: impl Read, stream: Stream, sender: &mpsc::Sender<(Stream, Vec<u8>)>) {
    let mut buffer = vec![0; windlass_protocol::CHUNK];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) if sender.send((stream, buffer[..n].to_vec())).is_err() => return,
            Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return,
            _ => (),
        }
    }
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
        assert_eq!(error.message, "cannot run `/does/not/exist`: No such file or directory");
        assert_eq!(error.values["rc"], 2);
    }
}
