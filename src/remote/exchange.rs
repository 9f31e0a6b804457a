//! Helpers behind a connection that answers a command only when it has ended: each exchange is a helper of its own.
//!
//! What is asked is its whole input, what is answered its whole output, as lines of text. The program itself is brought by
//! a command of its own, so that nothing else is ever taken for it.

use windlass_protocol::{Frame, Hello, Kind, PROTOCOL, bootstrap::Greeting};

use super::{
    StartError, images,
    start::{kept_noise, machine_image},
};
use crate::connection::{ByCommands, ExitStatus, Output};

/// How the helper is started.
const SERVE: &str = "serve --text --finish";

/// Asks everything at once and returns what was answered; the helper is brought where it is missing.
pub(super) async fn exchange(
    way: &ByCommands,
    asked: &[Frame],
) -> Result<(Hello, Vec<Frame>), StartError> {
    let input: Vec<u8> = asked.iter().flat_map(Frame::to_bytes).collect();
    let answer = run(way, &images::script_if_there(SERVE), input.clone()).await?;
    let Reply::Need(embedded) = answer else { return answer.frames() };
    run(way, &images::script(SERVE, true), embedded.sent.to_vec()).await?.frames()?;
    run(way, &images::script_if_there(SERVE), input).await?.frames()
}

/// What a command answered.
enum Reply {
    Frames(Hello, Vec<Frame>),
    Need(&'static super::Embedded),
}

impl Reply {
    fn frames(self) -> Result<(Hello, Vec<Frame>), StartError> {
        match self {
            Reply::Frames(hello, frames) => Ok((hello, frames)),
            Reply::Need(_) => Err(StartError::Folder(
                "the user's cache folder keeps no helper, and this kind of connection needs one there"
                    .to_owned(),
            )),
        }
    }
}

async fn run(way: &ByCommands, script: &str, input: Vec<u8>) -> Result<Reply, StartError> {
    // Plugins expect the path of a shell in front.
    let command = format!("/bin/sh -c '{script}'");
    let output = way.run(&command, input, None).await.map_err(StartError::Carrier)?;
    let mut lines = output.stdout.split(|byte| *byte == b'\n');
    let mut failed = None;
    while let Some(line) = lines.next() {
        let text = String::from_utf8_lossy(line);
        match Greeting::parse(&text) {
            Some(Greeting::Hello) => return read(lines, &output),
            Some(Greeting::Need) if failed.is_none() => {
                failed = machine_image(&text).map(|embedded| Ok(Reply::Need(embedded)));
                failed = failed.or_else(|| {
                    let machine = text.trim_end().rsplit(' ').next().unwrap_or_default();
                    Some(Err(StartError::Architecture(machine.to_owned())))
                });
            }
            Some(Greeting::Arch(machine)) => return Err(StartError::Architecture(machine)),
            Some(Greeting::Fail(text)) => return Err(StartError::Folder(text)),
            Some(Greeting::Need) | None => (),
        }
    }
    failed.unwrap_or_else(|| Err(no_helper(&output)))
}

fn read<'a>(lines: impl Iterator<Item = &'a [u8]>, output: &Output) -> Result<Reply, StartError> {
    // Whatever else was printed is noise of the host.
    let mut frames = lines.filter_map(Frame::from_line);
    let hello = frames.next().filter(|frame| frame.kind == Kind::Hello);
    let hello: Option<Hello> = hello.and_then(|frame| serde_json::from_slice(&frame.payload).ok());
    match hello.filter(|hello| hello.protocol == PROTOCOL) {
        Some(hello) => Ok(Reply::Frames(hello, frames.collect())),
        None => Err(no_helper(output)),
    }
}

fn no_helper(output: &Output) -> StartError {
    let status = match output.status {
        ExitStatus::Code(code) => Some(code),
        ExitStatus::Signal(_) => None,
    };
    StartError::NoHelper {
        noise: kept_noise(&[&output.stdout[..], &output.stderr].concat()),
        status,
    }
}
