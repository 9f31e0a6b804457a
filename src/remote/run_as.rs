//! One command as another user, without a helper: for `raw`.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use windlass_modules::host::quote_word;
use windlass_protocol::{BecomeFailed, BecomeFailure, Prompt};

use super::{BecomeError, Method};
use crate::connection::{Connection, Error, Output, Process, Pty};

/// Printed as soon as the command is the other user; what comes before it is the method's own.
const BECAME: &str = "WINDLASS-BECAME";

/// How long a method may take to ask and to answer.
const LIMIT: Duration = Duration::from_secs(30);

/// Why a command has no output.
#[derive(Debug)]
pub enum RunAsError {
    Connection(Error),
    Become(BecomeError),
}

impl From<Error> for RunAsError {
    fn from(error: Error) -> Self {
        RunAsError::Connection(error)
    }
}

/// Runs a command line as another user; a password is answered where the method asks for it.
pub async fn run_as(
    connection: &Connection,
    method: &Method,
    command: &str,
) -> Result<Output, RunAsError> {
    let request = method.request(0, LIMIT.as_secs_f64()).map_err(RunAsError::Become)?;
    let line = command_line(&request.argv, command);
    let output = match request.prompt {
        None => connection.exec(&line, None).await?.output(&[]).await?,
        // sudo reads its password from standard input, and asks on standard error.
        Some(prompt) if !prompt.pty => {
            let password = prompt.password.unwrap_or_default() + "\n";
            let output = connection.exec(&line, None).await?.output(password.as_bytes()).await?;
            let text = prompt.texts.concat();
            let errors = String::from_utf8_lossy(&output.stderr).replace(&text, "");
            Output { stderr: errors.into_bytes(), ..output }
        }
        Some(prompt) => {
            let process = connection.exec(&line, Some(Pty::default())).await?;
            match tokio::time::timeout(LIMIT, answer(process, &prompt)).await {
                Ok((process, before)) => {
                    let output = process.output(&[]).await?;
                    Output { stdout: [before, output.stdout].concat(), ..output }
                }
                Err(_) => {
                    return Err(failed(method, BecomeFailure::Timeout, String::new(), None));
                }
            }
        }
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if let Some((_, rest)) = said.split_once(BECAME) {
        let rest = rest.trim_start_matches('\r');
        let rest = rest.strip_prefix('\n').unwrap_or(rest);
        return Ok(Output { stdout: rest.as_bytes().to_vec(), ..output });
    }
    let said = said + &String::from_utf8_lossy(&output.stderr);
    let reason = if said.contains("password is required") {
        BecomeFailure::MissingPassword
    } else if method.password.is_some() {
        BecomeFailure::IncorrectPassword
    } else {
        return Ok(output);
    };
    Err(failed(method, reason, said, None))
}

fn failed(
    method: &Method,
    reason: BecomeFailure,
    output: String,
    status: Option<i32>,
) -> RunAsError {
    RunAsError::Become(method.explain(&BecomeFailed { channel: 0, reason, output, status }))
}

/// Waits for a prompt and answers it; returns the command, and what it printed so far.
///
/// Without a terminal of its own a method asks on standard error.
async fn answer(mut process: Process, prompt: &Prompt) -> (Process, Vec<u8>) {
    let (mut seen, mut asked) = (Vec::new(), Vec::new());
    let (mut buffer, mut errors) = ([0; 4096], [0; 4096]);
    let mut errors_ended = false;
    loop {
        tokio::select! {
            read = process.stdout.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return (process, [seen, asked].concat()),
                Ok(length) => seen.extend_from_slice(&buffer[..length]),
            },
            read = process.stderr.read(&mut errors), if !errors_ended => match read {
                Ok(0) | Err(_) => errors_ended = true,
                Ok(length) => asked.extend_from_slice(&errors[..length]),
            },
        }
        if String::from_utf8_lossy(&seen).contains(BECAME) {
            return (process, seen);
        }
        let text = [seen.as_slice(), &asked].concat();
        let text = String::from_utf8_lossy(&text);
        if prompt.texts.iter().any(|wanted| text.contains(wanted.as_str())) {
            let password = prompt.password.clone().unwrap_or_default() + "\n";
            // A method that is gone by now says so by its exit status.
            let _ = process.stdin.write_all(password.as_bytes()).await;
            let _ = process.stdin.flush().await;
            return (process, seen);
        }
    }
}

/// The method's words as one line for a shell, with the command in the place of its script.
fn command_line(argv: &[String], command: &str) -> String {
    let script = format!("echo {BECAME}; {command}");
    let encoded = windlass_protocol::bootstrap::without_dollars(&script);
    let words = argv.iter().map(|word| {
        // `su -c` has the script in quotes of its own.
        let inner = word.replace("'@SCRIPT@'", &quote_word(&script)).replace("@SCRIPT@", &script);
        quote_word(&inner.replace("@ENCODED@", &encoded))
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::command_line;

    #[test]
    fn quotes_survive_every_shell_on_the_way() {
        let argv = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        for argv in [
            argv(&["env", "A=1", "/bin/sh", "-c", "@SCRIPT@"]),
            argv(&["sh", "-c", "exec /bin/sh -c '@SCRIPT@'"]),
        ] {
            let line = command_line(&argv, "printf '%s' \"it's\"");
            let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), "WINDLASS-BECAME\nit's");
        }
    }
}
