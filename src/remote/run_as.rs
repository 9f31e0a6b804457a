//! One command as another user, without a helper: for `raw`.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use windlass_modules::host::quote_word;
use windlass_protocol::{BecomeFailed, BecomeFailure, Prompt, wants_password};

use super::{BecomeError, Method};
use crate::connection::{Connection, Error, Output, Process, Pty};

/// Printed as soon as the command is the other user; what comes before it is the method's own.
const BECAME: &str = "WINDLASS-BECAME";

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

/// Runs a command line as another user, in a terminal where one is wanted or needed; a password is answered where the
/// method asks for it.
pub async fn run_as(
    connection: &Connection,
    method: &Method,
    command: &str,
    terminal: bool,
) -> Result<Output, RunAsError> {
    let request = method.request(0).map_err(RunAsError::Become)?;
    let pty = terminal || request.prompt.as_ref().is_some_and(|prompt| prompt.pty);
    let line = command_line(&request.argv, command, pty);
    if let Some(way) = connection.by_commands() {
        let output = way.run(command, Vec::new(), Some(method.to_json(&line))).await?;
        return Ok(Heard::default().became(output, false));
    }
    let process = connection.exec(&line, pty.then(Pty::default)).await?;
    let mut heard = Heard::default();
    let limit = Duration::from_secs(method.limit);
    let prompt = request.prompt.as_ref();
    let reason = match tokio::time::timeout(limit, heard.until_became(process, prompt)).await {
        Ok(Ok(process)) => {
            let output = process.output(&[]).await?;
            return Ok(heard.became(output, method.keeps_preamble));
        }
        Ok(Err(Refused::Asked)) => BecomeFailure::IncorrectPassword,
        Ok(Err(Refused::Ended(process))) => {
            let output = process.output(&[]).await?;
            heard.errors.extend_from_slice(&output.stderr);
            let said = heard.since_answered();
            if prompt.is_some_and(|prompt| prompt.refuses(&said)) {
                BecomeFailure::IncorrectPassword
            } else if wants_password(&said) {
                BecomeFailure::MissingPassword
            } else if method.is_local {
                BecomeFailure::Ended
            } else {
                return Ok(Output { stdout: heard.said, stderr: heard.errors, ..output });
            }
        }
        Err(_) => BecomeFailure::Timeout,
    };
    Err(RunAsError::Become(method.explain(&heard.refused(reason, pty))))
}

/// Why a command did not become the other user's.
enum Refused {
    /// It asked again for the password.
    Asked,
    Ended(Process),
}

/// What a command printed before it was the other user's.
#[derive(Default)]
struct Heard {
    said: Vec<u8>,
    errors: Vec<u8>,
    answered: bool,
    /// How much had been printed when the password was given.
    before: (usize, usize),
}

impl Heard {
    /// Waits until the command is the other user's, and answers what the method asks.
    async fn until_became(
        &mut self,
        mut process: Process,
        prompt: Option<&Prompt>,
    ) -> Result<Process, Refused> {
        let (mut buffer, mut errors) = ([0; 4096], [0; 4096]);
        let mut errors_ended = false;
        loop {
            tokio::select! {
                read = process.stdout.read(&mut buffer) => match read {
                    Ok(0) | Err(_) => return Err(Refused::Ended(process)),
                    Ok(length) => self.said.extend_from_slice(&buffer[..length]),
                },
                read = process.stderr.read(&mut errors), if !errors_ended => match read {
                    Ok(0) | Err(_) => errors_ended = true,
                    Ok(length) => self.errors.extend_from_slice(&errors[..length]),
                },
            }
            if after_mark(&self.said).is_some() {
                return Ok(process);
            }
            let Some(prompt) = prompt.filter(|prompt| prompt.asks_on(self.streams())) else {
                continue;
            };
            if self.answered {
                return Err(Refused::Asked);
            }
            let password = prompt.password.clone().unwrap_or_default() + "\n";
            // A method that is gone by now says so by its exit status.
            let _ = process.stdin.write_all(password.as_bytes()).await;
            let _ = process.stdin.flush().await;
            self.answered = true;
            self.before = (self.said.len(), self.errors.len());
        }
    }

    fn since_answered(&self) -> String {
        self.streams().map(String::from_utf8_lossy).concat()
    }

    /// What was printed on each stream since the password was given.
    fn streams(&self) -> [&[u8]; 2] {
        [&self.said[self.before.0..], &self.errors[self.before.1..]]
    }

    /// What the command itself printed; what the method printed before is left out unless it is wanted.
    fn became(self, rest: Output, keeps_preamble: bool) -> Output {
        let own = |bytes: Vec<u8>| match after_mark(&bytes) {
            Some((before, after)) if keeps_preamble => [before, after].concat(),
            Some((_, after)) => after.to_vec(),
            None => bytes,
        };
        let stdout = own([self.said, rest.stdout].concat());
        let stderr = own([self.errors, rest.stderr].concat());
        Output { stdout, stderr, ..rest }
    }

    fn refused(&self, reason: BecomeFailure, pty: bool) -> BecomeFailed {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (said, errors) = (text(&self.said), text(&self.errors));
        // What asks on a terminal asks beside its output.
        let (stdout, stderr) = if pty { (errors, said) } else { (said, errors) };
        let output = self.since_answered();
        let answered = self.answered;
        BecomeFailed { output, stdout, stderr, answered, ..BecomeFailed::new(0, reason) }
    }
}

/// What stands before and after the line that says that the command is the other user's.
fn after_mark(printed: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = printed.windows(BECAME.len()).position(|part| part == BECAME.as_bytes())?;
    let rest = &printed[at + BECAME.len()..];
    let after = rest.strip_prefix(b"\n").or_else(|| rest.strip_prefix(b"\r\n"))?;
    Some((&printed[..at], after))
}

/// The method's words as one line for a shell, with the command in the place of its script.
fn command_line(argv: &[String], command: &str, pty: bool) -> String {
    // On a terminal both streams are one.
    let also = if pty { String::new() } else { format!("; echo {BECAME} >&2") };
    let script = format!("echo {BECAME}{also}; {command}");
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
            let line = command_line(&argv, "printf '%s' \"it's\"", false);
            let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), "WINDLASS-BECAME\nit's");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "WINDLASS-BECAME\n");
        }
    }
}
