//! The one Python of a run, and lines of JSON to and from it.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::Shutdown,
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// What runs filters, tests, lookups and actions.
pub(super) const PLUGINS: &str = concat!(
    include_str!("stand_in.py"),
    include_str!("host.py"),
    include_str!("gaps.py"),
    include_str!("options.py"),
    include_str!("overheard.py"),
    include_str!("connect.py"),
    include_str!("act.py"),
    include_str!("serve.py")
);

/// What runs callbacks: what they print is the run's own output.
pub(super) const CALLBACKS: &str = concat!(
    include_str!("stand_in.py"),
    include_str!("host.py"),
    include_str!("gaps.py"),
    include_str!("options.py"),
    include_str!("shown.py"),
    include_str!("callback_base.py"),
    include_str!("callbacks.py")
);

/// What runs vars plugins.
pub(super) const VARIABLES: &str = concat!(
    include_str!("stand_in.py"),
    include_str!("host.py"),
    include_str!("gaps.py"),
    include_str!("options.py"),
    include_str!("variables.py")
);

/// What runs a cache plugin.
pub(super) const CACHES: &str = concat!(
    include_str!("stand_in.py"),
    include_str!("host.py"),
    include_str!("gaps.py"),
    include_str!("options.py"),
    include_str!("caches.py")
);

/// What runs a connection plugin: what it shows is the run's own output.
pub(super) const CONNECTIONS: &str = concat!(
    include_str!("stand_in.py"),
    include_str!("host.py"),
    include_str!("gaps.py"),
    include_str!("options.py"),
    include_str!("connect.py"),
    include_str!("connections.py")
);

pub(super) struct Process {
    child: Child,
    requests: UnixStream,
    answers: BufReader<UnixStream>,
    /// The folders that it was told.
    told: serde_json::Value,
}

impl Process {
    /// Starts the first of the interpreters that there is.
    pub(super) fn start(interpreters: &[PathBuf], source: &str) -> Result<Process, String> {
        let mut reason = String::new();
        for program in interpreters {
            // Its standard input is the way in both directions: its output is for what plugins print.
            let (ours, its) = UnixStream::pair().map_err(|error| error.to_string())?;
            let output = if source == CALLBACKS || source == CONNECTIONS {
                Stdio::inherit()
            } else {
                std::io::stderr().into()
            };
            let started = Command::new(program)
                .args(["-c", source])
                .stdin(OwnedFd::from(its))
                .stdout(output)
                .spawn();
            match started {
                Ok(child) => {
                    let requests = ours.try_clone().map_err(|error| error.to_string())?;
                    let answers = BufReader::new(ours);
                    return Ok(Process { child, requests, answers, told: ().into() });
                }
                Err(error) => reason = format!("{}: {error}", program.display()),
            }
        }
        Err(format!("plugins in Python need a python3 on this machine: {reason}"))
    }

    /// Lets it end by itself, and waits for that.
    pub(super) fn end(&mut self) {
        let _ = self.requests.shutdown(Shutdown::Both);
        let _ = self.child.wait();
    }

    /// Tells it where plugins are, unless it knows.
    pub(super) fn tell(&mut self, folders: &serde_json::Value) -> Result<(), String> {
        if self.told != *folders {
            self.exchange(folders)?;
            self.told = folders.clone();
        }
        Ok(())
    }

    /// Sends a message and waits for what comes back.
    pub(super) fn exchange(
        &mut self,
        message: &serde_json::Value,
    ) -> Result<serde_json::Value, String> {
        self.send(message)?;
        self.receive()
    }

    fn send(&mut self, message: &serde_json::Value) -> Result<(), String> {
        let mut line = message.to_string();
        line.push('\n');
        let sent = self.requests.write_all(line.as_bytes()).and_then(|()| self.requests.flush());
        sent.map_err(|error| gone(&error))
    }

    fn receive(&mut self) -> Result<serde_json::Value, String> {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line);
        match read.map_err(|error| gone(&error)) {
            Ok(0) => Err(ENDED.to_owned()),
            Ok(_) => serde_json::from_str(&line)
                .map_err(|error| format!("Python answered with no JSON: {error}")),
            Err(error) => Err(error),
        }
    }
}

const ENDED: &str = "Python ended without an answer";

/// Says why nothing can be sent or received: mostly because the other end is gone.
fn gone(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => ENDED.to_owned(),
        _ => format!("Python does not listen: {error}"),
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
