//! `passwordstore`: what `pass` keeps.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use super::{Found, Lookup, Query};
use crate::{
    template::{
        lookups::{Inline, LookupError},
        random::Random,
    },
    value::Value,
};

pub(super) static UNIT: Lookup = Lookup {
    name: "community.general.passwordstore",
    aliases: &["passwordstore"],
    summary: "What the password store `pass` keeps, or a new password for it",
    examples: &[
        (
            "{{ lookup('community.general.passwordstore', 'a', directory='/nonexistent') }}",
            "The lookup plugin 'community.general.passwordstore' failed: Passwordstore directory '/nonexistent' does not exist",
        ),
        (
            "{{ lookup('community.general.passwordstore', 'a', directory='/nonexistent', errors='ignore') }}",
            "None",
        ),
    ],
    run,
};

const OPTIONS: [&str; 13] = [
    "subkey",
    "create",
    "overwrite",
    "directory",
    "umask",
    "returnall",
    "length",
    "backup",
    "nosymbols",
    "userpass",
    "missing",
    "preserve",
    "backend",
];

/// Letters of new passwords.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const SYMBOLS: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

fn run(query: &mut Query<'_, '_>) -> Found {
    query.names().iter().map(|term| one(query, term)).collect()
}

fn one(query: &Query<'_, '_>, term: &str) -> Result<Value, LookupError> {
    // The name may hold spaces, as only options have `=` in them.
    let words: Vec<&str> = term.split(' ').collect();
    let is_option =
        |word: &str| word.split_once('=').is_some_and(|(name, _)| OPTIONS.contains(&name));
    let at = words.iter().position(|word| is_option(word)).unwrap_or(words.len());
    let name = words[..at].join(" ");
    let given = words[at..].iter().filter(|word| !word.is_empty()).map(|word| {
        let (name, value) = word.split_once('=').ok_or_else(|| {
            LookupError::from(format!("Passwordstore lookup: `{word}` is not an option"))
        })?;
        Ok((name.into(), value.into()))
    });
    let given = given.collect::<Result<Vec<_>, LookupError>>()?;
    let options = query.with_inline(name.trim().to_owned(), given);
    let home = std::env::var("HOME").unwrap_or_default();
    let folder = match options.option("directory") {
        Some(folder) => crate::template::paths::expand_user(&folder.to_text()).clone(),
        None => std::env::var("PASSWORD_STORE_DIR").unwrap_or(format!("{home}/.password-store")),
    };
    if !std::path::Path::new(&folder).is_dir() {
        let message = format!("Passwordstore directory '{folder}' does not exist");
        return match (options.option("directory"), missing(&options).as_str()) {
            (None, "empty") => Ok(Value::None),
            _ => Err(message.into()),
        };
    }
    let pass = |arguments: &[&str], input: Option<&str>| pass(&folder, arguments, input);
    let shown = pass(&["show", &options.key], None)?;
    let Some(shown) = shown else {
        return absent(&options, &pass);
    };
    let (password, rest) = shown.split_once('\n').unwrap_or((&shown, ""));
    if options.flag("overwrite", false) && options.option("subkey").is_none() {
        let fresh = fresh(&options);
        let mut text = format!("{fresh}\n");
        if options.flag("preserve", true) && !rest.is_empty() {
            text.push_str(rest);
            text.push('\n');
        }
        if options.flag("backup", false) {
            text.push_str(&format!("lookup_pass: old password was {password}\n"));
        }
        pass(&["insert", "-f", "-m", &options.key], Some(&text))?;
        return Ok(fresh.into());
    }
    if options.flag("returnall", false) {
        return Ok(shown.into());
    }
    let subkey = options.text("subkey", "password");
    if subkey == "password" {
        return Ok(password.into());
    }
    let entries = rest.lines().filter_map(|line| line.split_once(':'));
    let mut found = entries.filter(|(key, _)| key.trim() == subkey);
    match found.next_back() {
        Some((_, value)) => Ok(value.trim().into()),
        None => match missing(&options).as_str() {
            "warn" => {
                query.env.warn(&format!(
                    "passwordstore: subkey {subkey} for passname {} not found",
                    options.key
                ));
                Ok(Value::None)
            }
            "empty" => Ok(Value::None),
            _ => Err(format!(
                "passwordstore: subkey {subkey} for passname {} not found and missing=error is set",
                options.key
            )
            .into()),
        },
    }
}

/// What to do about a password that is not there.
fn missing(options: &Inline<'_>) -> String {
    if options.flag("create", false) {
        return "create".to_owned();
    }
    options.text("missing", "error")
}

/// Runs `pass` with arguments and an input, and returns what it prints, or nothing where it knows no such password.
type Pass<'p> = &'p dyn Fn(&[&str], Option<&str>) -> Result<Option<String>, LookupError>;

fn absent(options: &Inline<'_>, pass: Pass<'_>) -> Result<Value, LookupError> {
    let name = &options.key;
    match missing(options).as_str() {
        "create" => {
            let fresh = match options.option("userpass") {
                Some(given) => given.to_text(),
                None => fresh(options),
            };
            pass(&["insert", "-f", "-m", name], Some(&format!("{fresh}\n")))?;
            Ok(fresh.into())
        }
        "empty" | "warn" => Ok(Value::None),
        _ => {
            Err(format!("passwordstore: passname {name} not found and missing=error is set").into())
        }
    }
}

fn fresh(options: &Inline<'_>) -> String {
    if let Some(given) = options.option("userpass") {
        return given.to_text();
    }
    let length = options.text("length", "16").parse::<usize>().unwrap_or(16).min(10_000);
    let mut letters = LETTERS.to_owned();
    if !options.flag("nosymbols", false) {
        letters.push_str(SYMBOLS);
    }
    let letters = letters.as_bytes();
    let mut random = Random::seeded(None);
    let picked = (0..length).map(|_| {
        let at = usize::try_from(random.below(letters.len() as u64)).unwrap_or(0);
        char::from(letters[at])
    });
    picked.collect()
}

/// Runs `pass`; nothing where it knows no such password.
fn pass(
    folder: &str,
    arguments: &[&str],
    input: Option<&str>,
) -> Result<Option<String>, LookupError> {
    let failed = |why: String| {
        LookupError::from(format!(
            "exit code {why} while running ['pass', '{}']",
            arguments.join("', '")
        ))
    };
    let mut child = Command::new("pass")
        .args(arguments)
        .env("PASSWORD_STORE_DIR", folder)
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("Unable to run pass: {error}"))?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        stdin.write_all(input.as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        return Ok(Some(text.trim_end_matches('\n').to_owned()));
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    if complaint.contains("not in the password store") {
        return Ok(None);
    }
    let code = output.status.code().unwrap_or(-1);
    Err(failed(format!("{code}. Error output: {}", complaint.trim())))
}
