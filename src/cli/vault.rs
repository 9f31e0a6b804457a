//! `windlass vault`: secrets in files and strings.

mod edit;
mod files;
mod strings;

use std::{ffi::OsString, path::PathBuf};

use clap::Parser;

use super::{
    args::{VaultOptions, mistake, parse},
    passwords::{self, Purpose},
    prepare::{self, ERROR, OPTIONS_ERROR, Refusal},
    terminal,
};
use crate::{
    diagnostic::Diagnostic,
    settings::Settings,
    vault::{DEFAULT_ID, Password, Salt, Vault},
};

#[derive(Parser)]
#[command(about = "Encrypts, opens and edits files and strings with a password")]
struct VaultArgs {
    /// Files; strings with `encrypt_string`
    #[arg(value_name = "args")]
    args: Vec<String>,
    #[command(flatten)]
    vault: VaultOptions,
    /// Write to this file; `-` is standard output
    #[arg(long = "output", value_name = "OUTPUT_FILE")]
    output: Option<String>,
    /// Encrypt with the password of this id
    #[arg(long = "encrypt-vault-id", value_name = "ENCRYPT_VAULT_ID")]
    encrypt_vault_id: Option<String>,
    /// Open the editor without a terminal, too
    #[arg(long = "skip-tty-check")]
    skip_tty_check: bool,
    /// Ask for the string to encrypt
    #[arg(short = 'p', long = "prompt")]
    prompt: bool,
    /// Show what is typed at that prompt
    #[arg(long = "show-input")]
    show_input: bool,
    /// Name of the variable; once for each string
    #[arg(short = 'n', long = "name", value_name = "ENCRYPT_STRING_NAMES", action = clap::ArgAction::Append)]
    names: Vec<String>,
    /// Name of the variable that standard input gives
    #[arg(long = "stdin-name", value_name = "ENCRYPT_STRING_STDIN_NAME")]
    stdin_name: Option<String>,
    /// File with the new password
    #[arg(long = "new-vault-password-file", value_name = "NEW_VAULT_PASSWORD_FILE")]
    new_password_file: Option<String>,
    /// Id and source of the new password
    #[arg(
        long = "new-vault-id",
        value_name = "NEW_VAULT_ID",
        conflicts_with = "new_password_file"
    )]
    new_vault_id: Option<String>,
    /// Tell more
    #[arg(short = 'v', long = "verbose", action = clap::ArgAction::Count)]
    _verbose: u8,
    /// Show the version
    #[arg(long = "version")]
    _version: bool,
}

const ACTIONS: [&str; 7] =
    ["create", "decrypt", "edit", "view", "encrypt", "encrypt_string", "rekey"];

/// What an action works with.
struct Work {
    args: VaultArgs,
    settings: Settings,
    vault: Vault,
    /// The password to encrypt with; its id is what headers get.
    encrypt_with: usize,
}

/// A mistake in how the command is used.
fn usage(message: impl Into<String>) -> Refusal {
    Refusal::new(OPTIONS_ERROR, Diagnostic::bare(message.into()))
}

/// What went wrong with a file or a password.
fn failed(message: impl Into<String>) -> Refusal {
    Refusal::new(ERROR, Diagnostic::bare(message.into()))
}

/// Runs the command; returns its exit status.
pub(super) fn main(program: &str, arguments: Vec<OsString>) -> Result<u8, Refusal> {
    let settings = prepare::settings()?;
    let is_action = |word: &OsString| !word.to_string_lossy().starts_with('-');
    let at = arguments.iter().position(is_action);
    let action = at.map(|at| arguments[at].to_string_lossy().into_owned()).unwrap_or_default();
    let mut rest = arguments;
    if let Some(at) = at {
        rest.remove(at);
    }
    let action = ACTIONS.into_iter().find(|known| *known == action).ok_or(action);
    let parsed = parse::<VaultArgs>(program, rest, &settings);
    let stop = match (action, parsed) {
        (Ok(action), Ok(args)) => return run(action, args, settings),
        (_, Err(stop)) => stop,
        (Err(action), Ok(_)) if action.is_empty() => {
            mistake(program, "the following arguments are required: action")
        }
        (Err(action), Ok(_)) => {
            let known: Vec<String> = ACTIONS.iter().map(|name| format!("'{name}'")).collect();
            let known = known.join(", ");
            mistake(
                program,
                &format!("argument action: invalid choice: '{action}' (choose from {known})"),
            )
        }
    };
    Ok(stop.tell())
}

fn run(action: &str, args: VaultArgs, settings: Settings) -> Result<u8, Refusal> {
    check(action, &args)?;
    let encrypts = matches!(action, "create" | "encrypt" | "encrypt_string");
    let purpose = if encrypts { Purpose::New } else { Purpose::Open };
    let sources = passwords::sources(&args.vault, &settings);
    let passwords = if sources.is_empty() {
        let secret = passwords::ask(None, purpose).map_err(|message| {
            terminal::complain(&format!(
                "[WARNING]: Error in vault password prompt ({DEFAULT_ID}): {message}"
            ));
            failed(message)
        })?;
        vec![Password { id: DEFAULT_ID.to_owned(), secret }]
    } else {
        passwords::read(&sources, &settings, purpose)?
    };
    let encrypt_with =
        if encrypts { encryption_password(&args, &settings, &passwords)? } else { 0 };
    let vault = Vault::new(passwords, settings.vault_id_match.value);
    let work = Work { args, settings, vault, encrypt_with };
    match action {
        "create" => edit::create(&work)?,
        "edit" => edit::edit(&work)?,
        "view" => files::view(&work)?,
        "encrypt" => files::encrypt(&work)?,
        "decrypt" => files::decrypt(&work)?,
        "rekey" => files::rekey(&work)?,
        _ => strings::encrypt(&work)?,
    }
    Ok(0)
}

/// Refuses arguments that do not belong together, before any password is asked for.
fn check(action: &str, args: &VaultArgs) -> Result<(), Refusal> {
    match action {
        "encrypt" | "decrypt" if args.output.is_some() && args.args.len() > 1 => {
            Err(usage("At most one input file may be used with the --output option"))
        }
        "create" if args.args.len() != 1 => {
            Err(usage("ansible-vault create can take only one filename argument"))
        }
        "encrypt_string" if args.prompt && args.args.iter().any(|arg| arg == "-") => {
            Err(usage("The --prompt option is not supported if also reading input from stdin"))
        }
        "encrypt_string" if args.prompt && !args.args.is_empty() => {
            Err(usage("The --prompt option cannot be used together with strings"))
        }
        _ => Ok(()),
    }
}

/// Returns which password encrypts: the named one, or the only one.
fn encryption_password(
    args: &VaultArgs,
    settings: &Settings,
    passwords: &[Password],
) -> Result<usize, Refusal> {
    let named = args.encrypt_vault_id.as_ref().or(settings.vault_encrypt_identity.value.as_ref());
    if let Some(name) = named {
        return passwords.iter().position(|password| password.id == *name).ok_or_else(|| {
            let known: Vec<String> =
                passwords.iter().map(|password| format!("'{}'", password.id)).collect();
            failed(format!(
                "Did not find a match for --encrypt-vault-id={name} in the known vault-ids [{}]",
                known.join(", ")
            ))
        });
    }
    let ids: Vec<&str> = passwords.iter().map(|password| password.id.as_str()).collect();
    if ids.len() > 1 {
        return Err(usage(format!(
            "The vault-ids {} are available to encrypt. Specify the vault-id to encrypt with --encrypt-vault-id",
            ids.join(",")
        )));
    }
    Ok(0)
}

impl Work {
    fn salt(&self) -> Result<Vec<u8>, Refusal> {
        Salt::of(self.settings.vault_encrypt_salt.as_deref()).map(|salt| salt.0).map_err(failed)
    }

    /// Returns a text as a vault of the password to encrypt with.
    fn seal(&self, plain: &[u8]) -> Result<String, Refusal> {
        Ok(self.vault.encrypt(self.encrypt_with, plain, &self.salt()?))
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
            (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
            _ => PathBuf::from(name),
        };
        self.settings.working_dir.join(path)
    }
}
