//! From an open connection to a helper that said hello.

use std::{fmt, time::Duration};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use windlass_protocol::{
    Frame, HEADER_LEN, Header, Hello, Kind, PROTOCOL, SILENCE_LIMIT, bootstrap, bootstrap::Greeting,
};

use super::{EMBEDDED, Session, images};
use crate::connection::{Connection, Process, Reader};

/// Noise that is kept to explain what went wrong.
const NOISE_LIMIT: usize = 64 << 10;

/// Why there is no helper on a host that can be reached.
#[derive(Clone, Debug)]
pub enum StartError {
    /// The connection was lost, or the command could not be started.
    Connection(String),
    /// Who carries the connection says what went wrong.
    Carrier(crate::connection::Error),
    /// There is no helper for this `uname -m`.
    Architecture(String),
    /// No folder of the host could take the helper.
    Folder(String),
    /// What answered was no helper: its output, and how it ended.
    NoHelper {
        noise: String,
        status: Option<i32>,
    },
    Timeout {
        seconds: u64,
        noise: String,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Connection(text) | StartError::Folder(text) => f.write_str(text),
            StartError::Carrier(error) => f.write_str(&error.message),
            StartError::Architecture(machine) => {
                let known: Vec<&str> = EMBEDDED.iter().map(|embedded| embedded.machine).collect();
                write!(
                    f,
                    "no helper for the host's architecture `{machine}` in this build (it has: {}). \
                     Install the Rust target {machine}-unknown-linux-musl and build windlass again",
                    known.join(", ")
                )
            }
            StartError::NoHelper { noise, status } => {
                f.write_str("the host's shell did not start the helper")?;
                match status {
                    Some(127) => {
                        f.write_str(" (no /bin/sh, or a command of the bootstrap is missing)")?;
                    }
                    Some(status) => write!(f, " (exit status {status})")?,
                    None => (),
                }
                match noise.trim() {
                    "" => f.write_str(" and printed nothing"),
                    noise => write!(f, "; it printed: {noise}"),
                }
            }
            StartError::Timeout { seconds, noise } => {
                write!(f, "the helper did not start within {seconds} s")?;
                match noise.trim() {
                    "" => Ok(()),
                    noise => write!(f, "; the host printed: {noise}"),
                }
            }
        }
    }
}

/// A helper's streams from its first frame on, and what it said.
pub(super) struct Started {
    pub(super) stdin: crate::connection::Writer,
    pub(super) stdout: BufReader<Reader>,
    pub(super) hello: Hello,
}

impl Session {
    /// Starts a helper on a connection; a host that has it answers after one round trip.
    pub async fn start(connection: &Connection, limit: Duration) -> Result<Session, StartError> {
        if let Some(way) = connection.by_commands() {
            let (hello, _) = super::exchange::exchange(way, &[]).await?;
            return Ok(Session::by_exchanges(way.clone(), hello));
        }
        let serve = format!("serve --silence {SILENCE_LIMIT}");
        let script = images::script(&serve, connection.keeps_helper());
        let process = connection
            .exec(&bootstrap::command_line(&script), None)
            .await
            .map_err(|error| StartError::Connection(error.to_string()))?;
        let mut noise = String::new();
        match tokio::time::timeout(limit, greet(process, &mut noise)).await {
            Ok(started) => started.map(|(started, exit)| Session::run(started, exit)),
            Err(_) => Err(StartError::Timeout { seconds: limit.as_secs(), noise }),
        }
    }
}

type Exit = crate::connection::Exit;

async fn greet(process: Process, noise: &mut String) -> Result<(Started, Exit), StartError> {
    let Process { mut stdin, stdout, mut stderr, exit } = process;
    let mut stdout = BufReader::with_capacity(128 << 10, stdout);
    loop {
        let mut line = Vec::new();
        let read = stdout.read_until(b'\n', &mut line).await;
        if matches!(read, Ok(0) | Err(_)) {
            return Err(explain(&mut stderr, exit, noise).await);
        }
        let line = String::from_utf8_lossy(&line);
        let sent = match Greeting::parse(&line) {
            Some(Greeting::Hello) => {
                let hello = hello(&mut stdout).await.ok_or_else(|| StartError::NoHelper {
                    noise: "a hello that cannot be read".to_owned(),
                    status: None,
                })?;
                return Ok((Started { stdin, stdout, hello }, exit));
            }
            Some(Greeting::Need) => match machine_image(&line) {
                Some(embedded) => stdin.write_all(embedded.sent).await,
                None => Ok(()),
            },
            Some(Greeting::Arch(machine)) => return Err(StartError::Architecture(machine)),
            Some(Greeting::Fail(text)) => return Err(StartError::Folder(text)),
            None => {
                if noise.len() < NOISE_LIMIT {
                    noise.push_str(&line);
                }
                Ok(())
            }
        };
        let flushed = match sent {
            Ok(()) => stdin.flush().await,
            Err(error) => Err(error),
        };
        if let Err(error) = flushed {
            return Err(StartError::Connection(format!("the helper cannot be sent: {error}")));
        }
    }
}

/// As much of what a host printed as is kept to explain what went wrong.
pub(super) fn kept_noise(printed: &[u8]) -> String {
    String::from_utf8_lossy(&printed[..printed.len().min(NOISE_LIMIT)]).into_owned()
}

/// The helper for the machine that the script named.
pub(super) fn machine_image(line: &str) -> Option<&'static super::Embedded> {
    let machine = line.trim_end().rsplit(' ').next()?;
    EMBEDDED.iter().find(|embedded| embedded.machines().contains(&machine))
}

async fn hello(stdout: &mut BufReader<Reader>) -> Option<Hello> {
    let frame = read_frame(stdout).await.ok().flatten()?;
    let hello: Hello =
        (frame.kind == Kind::Hello).then(|| serde_json::from_slice(&frame.payload).ok())??;
    (hello.protocol == PROTOCOL).then_some(hello)
}

/// What is known about a shell that ended without a helper.
async fn explain(stderr: &mut Reader, exit: Exit, noise: &mut String) -> StartError {
    let mut errors = Vec::new();
    let rest = tokio::time::timeout(Duration::from_millis(500), async {
        let _ = stderr.take(NOISE_LIMIT as u64).read_to_end(&mut errors).await;
        exit.wait().await
    });
    let status = match rest.await {
        Ok(Ok(crate::connection::ExitStatus::Code(code))) => Some(code),
        Ok(Err(error)) => return StartError::Connection(error.to_string()),
        _ => None,
    };
    noise.push_str(&String::from_utf8_lossy(&errors));
    StartError::NoHelper { noise: std::mem::take(noise), status }
}

/// Reads one frame; `None` at the end of the stream.
pub(super) async fn read_frame(stream: &mut BufReader<Reader>) -> std::io::Result<Option<Frame>> {
    let mut bytes = [0; HEADER_LEN];
    match stream.read_exact(&mut bytes).await {
        Ok(_) => (),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let header = Header::decode(&bytes)?;
    let mut payload = vec![0; header.len as usize];
    stream.read_exact(&mut payload).await?;
    Ok(Some(Frame { channel: header.channel, kind: header.kind, request: header.request, payload }))
}
