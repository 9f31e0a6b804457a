//! The operator's terminal: questions, passwords without echo, and what is printed before a run has an output.

use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _},
    time::Duration,
};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::{
    connection::{Answer, Prompter, Question, Secret},
    executor::{Ask, Paused},
    output::log,
};

/// Prints a text and a line end.
pub(super) fn print(text: &str) {
    log::note(text);
    // A reader that closed the pipe wants no more.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints a text and a line end to standard error.
pub(super) fn complain(text: &str) {
    log::note(text);
    let _ = writeln!(std::io::stderr(), "{text}");
}

pub(super) fn is_styled() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// The terminal as questions are asked on it.
#[derive(Debug, Default)]
pub(super) struct Terminal;

impl Ask for Terminal {
    fn line(&self, prompt: &str, secret: bool) -> String {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let by_terminal = |terminal: &File| ask(terminal, prompt, secret).unwrap_or_default();
        match terminal {
            Ok(terminal) if std::io::stdin().is_terminal() => return by_terminal(&terminal),
            // A password is asked for where nothing is given: `sshpass` answers on the terminal of a run without input.
            Ok(terminal) if secret => {
                let given = read_line(&mut std::io::stdin().lock());
                return given.unwrap_or_else(|| by_terminal(&terminal));
            }
            _ if secret => show(prompt, std::io::stderr()), // What is printed may be what somebody reads on.
            _ => show(prompt, std::io::stdout()),
        }
        read_line(&mut std::io::stdin().lock()).unwrap_or_default()
    }

    fn line_or_end(&self, prompt: &str) -> Option<String> {
        show(prompt, std::io::stdout());
        read_line(&mut std::io::stdin().lock())
    }

    fn is_there(&self) -> bool {
        std::io::stdin().is_terminal()
    }

    fn pause(&self, prompt: &str, limit: Option<Duration>, echo: bool) -> Paused {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let paused = terminal.and_then(|terminal| {
            show(prompt, &terminal);
            super::pausing::pause(&terminal, limit, echo)
        });
        paused.unwrap_or_else(|_| {
            // Nobody can interrupt what no terminal belongs to.
            std::thread::sleep(limit.unwrap_or_default());
            Paused::Over(String::new())
        })
    }

    fn say(&self, text: &str) {
        print(text);
    }
}

/// Asks for the code that a device shows, before an account of AWS is entered.
pub(super) fn ask_code(prompt: &str) -> std::io::Result<String> {
    if !std::io::stdin().is_terminal() {
        return Err(std::io::Error::other("there is no terminal to ask on"));
    }
    Ok(Terminal.line(prompt, true))
}

/// Ends the line of a prompt that was answered by something else than a terminal.
pub(super) fn end_prompt() {
    if !std::io::stdin().is_terminal() {
        complain("");
    }
}

fn show(prompt: &str, mut out: impl std::io::Write) {
    let _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
}

/// Reads a line byte by byte: what comes after it belongs to somebody else. There is none at the end of the input.
fn read_line(input: &mut impl std::io::Read) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    let mut ended = true;
    while matches!(input.read(&mut byte), Ok(1)) {
        ended = false;
        if byte[0] == b'\n' {
            break;
        }
        bytes.push(byte[0]);
    }
    (!ended).then(|| String::from_utf8_lossy(&bytes).trim_end_matches('\r').to_owned())
}

fn ask(terminal: &File, prompt: &str, secret: bool) -> std::io::Result<String> {
    let mut out = terminal;
    let before = tcgetattr(terminal)?;
    if secret {
        // Before anybody is asked: a program that answers at once would see its answer, or lose it.
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
    }
    out.write_all(prompt.as_bytes())?;
    let mut line = String::new();
    let read = BufReader::new(terminal).read_line(&mut line);
    if secret {
        tcsetattr(terminal, OptionalActions::Flush, &before)?;
        out.write_all(b"\n")?;
    }
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

impl Prompter for Terminal {
    fn ask(&self, question: Question) -> Answer<'_> {
        let (prompt, secret) = match &question {
            Question::Passphrase { key_file } => {
                (format!("Enter passphrase for key '{key_file}': "), true)
            }
            Question::Password { user, host } => (format!("{user}@{host}'s password: "), true),
            Question::Challenge { text, echo, .. } => (text.clone(), !echo),
            Question::HostKey { host, key_type, fingerprint } => (
                format!(
                    "The authenticity of host '{host}' can't be established.\n{key_type} key fingerprint is {fingerprint}.\nAre you sure you want to continue connecting (yes/no)? "
                ),
                false,
            ),
        };
        Box::pin(async move {
            if !std::io::stdin().is_terminal() {
                return None;
            }
            let answer =
                tokio::task::spawn_blocking(move || Terminal.line(&prompt, secret)).await.ok()?;
            Some(Secret::new(answer))
        })
    }
}

/// Reads a password from a file, from what an executable file prints, or from standard input (`-`).
pub(super) fn password_file(path: &str) -> Result<String, String> {
    let mut text = String::new();
    if path == "-" {
        std::io::stdin().read_to_string(&mut text).map_err(|error| error.to_string())?;
    } else {
        use std::os::unix::fs::PermissionsExt as _;
        let path = match path.strip_prefix("~/") {
            Some(rest) => std::env::var("HOME")
                .map_or_else(|_| path.to_owned(), |home| format!("{home}/{rest}")),
            None => path.to_owned(),
        };
        let meta = std::fs::metadata(&path)
            .map_err(|_| format!("The password file {path} was not found"))?;
        if meta.permissions().mode() & 0o111 != 0 {
            let output = std::process::Command::new(
                std::path::absolute(&path).unwrap_or_else(|_| path.clone().into()),
            )
            .output()
            .map_err(|error| {
                format!("Problem occured when trying to run the password script {path}: {error}")
            })?;
            if !output.status.success() {
                return Err(format!(
                    "The password script {path} returned an error: {}",
                    String::from_utf8_lossy(&output.stderr)
                ));
            }
            text = String::from_utf8_lossy(&output.stdout).into_owned();
        } else {
            text = std::fs::read_to_string(&path)
                .map_err(|error| format!("Could not read password file {path}: {error}"))?;
        }
    }
    let password = text.trim_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err(format!("Empty password was provided from file ({path})"));
    }
    Ok(password)
}
