//! `encrypt_string`: values to put into a file of variables.

use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    sync::Mutex,
};

use super::{Work, failed, files, usage};
use crate::{
    cli::{
        prepare::Refusal,
        terminal::{self, Terminal},
    },
    executor::Ask as _,
    vault::on_all_cores,
};

/// A string, where it came from, and its variable.
struct Secret {
    plain: Vec<u8>,
    from: &'static str,
    name: Option<String>,
}

const ARGS: &str = "the command line args";
const STDIN: &str = "stdin";
const PROMPT: &str = "the interactive prompt";

/// Encrypts strings; each is printed as a value of YAML.
pub(super) fn encrypt(work: &Work) -> Result<(), Refusal> {
    let secrets = collect(work)?;
    let mut salts = Vec::with_capacity(secrets.len());
    for _ in &secrets {
        salts.push(work.salt()?);
    }
    let texts = Mutex::new(vec![String::new(); secrets.len()]);
    on_all_cores(secrets.len(), |at| {
        let text = work.vault.encrypt(work.encrypt_with, &secrets[at].plain, &salts[at]);
        texts.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[at] = text;
    });
    let texts = texts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut out = String::new();
    for (number, (secret, text)) in secrets.iter().zip(texts).enumerate() {
        if secrets.len() > 1 {
            terminal::complain(&comment(secret, number + 1));
        }
        out += &yaml(secret.name.as_deref(), &text);
    }
    match work.args.output.as_deref() {
        Some(path) if path != "-" => {
            files::replace(&work.path(path), out.as_bytes(), files::Mode::Private)
        }
        _ => {
            let mut stdout = std::io::stdout();
            // A reader that closed the pipe wants no more.
            let _ = stdout.write_all(out.as_bytes()).and_then(|()| stdout.flush());
            if stdout.is_terminal() {
                terminal::complain("Encryption successful");
            }
            Ok(())
        }
    }
}

/// Collects the strings: those of a prompt, of standard input, and of the command line.
fn collect(work: &Work) -> Result<Vec<Secret>, Refusal> {
    let args = &work.args;
    let mut secrets = Vec::new();
    let has_dash = args.args.iter().any(|arg| arg == "-");
    let texts: Vec<&String> = args.args.iter().filter(|arg| *arg != "-").collect();
    if args.prompt {
        let name = Terminal.line("Variable name (enter for no name): ", false);
        let hidden = !args.show_input;
        let prompt = if hidden { "String to encrypt (hidden): " } else { "String to encrypt: " };
        let plain = Terminal.line(prompt, hidden);
        if hidden {
            terminal::end_prompt();
        }
        if plain.is_empty() {
            return Err(usage("The plaintext provided from the prompt was empty, not encrypting"));
        }
        let name = (!name.is_empty()).then_some(name);
        secrets.push(Secret { plain: plain.into_bytes(), from: PROMPT, name });
    }
    if has_dash || args.stdin_name.is_some() || (texts.is_empty() && !args.prompt) {
        if std::io::stdin().is_terminal() {
            terminal::complain(
                "Reading plaintext input from stdin. (ctrl-d to end input, twice if your content does not already have a newline)",
            );
        }
        let mut plain = Vec::new();
        let read = std::io::stdin().read_to_end(&mut plain);
        read.map_err(|error| failed(format!("Unable to read standard input: {error}")))?;
        if plain.is_empty() {
            return Err(usage("stdin was empty, not encrypting"));
        }
        secrets.push(Secret { plain, from: STDIN, name: args.stdin_name.clone() });
    }
    if !args.names.is_empty() && args.names.len() != texts.len() && !texts.is_empty() {
        terminal::complain("The number of --name options do not match the number of args.");
        terminal::complain(&format!(
            "The last named variable will be \"{}\". The rest will not have names.",
            args.names.last().map_or("", String::as_str)
        ));
    }
    let mut names = args.names.iter();
    for text in texts {
        if text.is_empty() {
            return Err(usage(format!(
                "The plaintext provided from {ARGS} was empty, not encrypting"
            )));
        }
        let plain = text.as_bytes().to_vec();
        secrets.push(Secret { plain, from: ARGS, name: names.next().cloned() });
    }
    Ok(secrets)
}

fn comment(secret: &Secret, number: usize) -> String {
    match &secret.name {
        Some(name) => format!(
            "# The encrypted version of variable (\"{name}\", the string #{number} from {}).",
            secret.from
        ),
        None => {
            format!("# The encrypted version of the string #{number} from {}.)", secret.from)
        }
    }
}

/// Returns a vault as a value of YAML, under its variable where it has one.
fn yaml(name: Option<&str>, text: &str) -> String {
    let mut out = name.map(|name| format!("{name}: ")).unwrap_or_default();
    out += "!vault |\n";
    for line in text.lines() {
        out += "          ";
        out += line;
        out.push('\n');
    }
    out
}
