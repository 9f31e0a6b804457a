//! The passwords of vaults: from options and settings, files, programs, and the operator.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use super::{
    args::VaultOptions,
    prepare::{ERROR, Refusal},
    terminal::{self, Terminal},
};
use crate::{
    diagnostic::{Diagnostic, Source},
    executor::Ask as _,
    output::Secrets,
    paths::normal,
    settings::Settings,
    vault::{DEFAULT_ID, Decrypt, Opened, Password, Vault},
    yaml,
};

/// What stands for the operator among the sources of passwords.
const PROMPTS: [&str; 2] = ["prompt", "prompt_ask_vault_pass"];

/// Why passwords are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To open what there is.
    Open,
    /// To encrypt something: the operator types it twice.
    New,
}

/// Returns what the options of a run name.
pub(super) fn of_options(
    options: &VaultOptions,
    settings: &Settings,
) -> Result<Vec<Password>, Refusal> {
    read(&sources(options, settings), settings, Purpose::Open)
}

/// Returns what opens vaults with these passwords, and has what is opened masked.
pub(super) fn vault(
    passwords: Vec<Password>,
    settings: &Settings,
    secrets: &Secrets,
) -> Option<Arc<dyn Decrypt>> {
    if passwords.is_empty() {
        return None;
    }
    for password in &passwords {
        secrets.add(&String::from_utf8_lossy(&password.secret));
    }
    let secrets = secrets.clone();
    let vault = Vault::new(passwords, settings.vault_id_match.value);
    Some(Arc::new(vault.on_open(move |opened| match opened {
        Opened::Value(plain) => secrets.add(&String::from_utf8_lossy(plain)),
        Opened::File(plain) => add_file(&String::from_utf8_lossy(plain), &secrets),
    })))
}

/// Adds the texts of an encrypted file of variables; of another file the lines, but not what tasks are made of.
fn add_file(text: &str, secrets: &Secrets) {
    fn add(node: &yaml::Node, secrets: &Secrets) {
        if let Some(items) = node.as_sequence() {
            for item in items {
                add(item, secrets);
            }
        } else if let Some(entries) = node.as_mapping() {
            for (_, value) in entries {
                add(value, secrets);
            }
        } else if let Some(text) = node.as_str()
            && !crate::value::Template::is_in(text)
            && !is_common(text)
        {
            secrets.add(text);
        }
    }
    let source = Source::new("vault", text);
    match yaml::parse(&source).ok().and_then(|document| document.root) {
        Some(root) if root.as_mapping().is_some() => add(&root, secrets),
        Some(root) if root.as_sequence().is_some() => (),
        _ => secrets.add(text),
    }
}

/// Whether a text of an encrypted file says nothing: masking it everywhere would only spoil what is printed.
fn is_common(text: &str) -> bool {
    const COMMON: [&str; 16] = [
        "absent",
        "admin",
        "all",
        "changed",
        "default",
        "disabled",
        "enabled",
        "failed",
        "false",
        "latest",
        "local",
        "localhost",
        "none",
        "present",
        "root",
        "true",
    ];
    COMMON.contains(&text.to_lowercase().as_str())
        || text.len() < 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns ids and sources, `id@source` or a source alone, in the order in which they are tried.
pub(super) fn sources(options: &VaultOptions, settings: &Settings) -> Vec<String> {
    let mut sources = settings.vault_identity_list.value.clone();
    sources.extend(options.vault_ids.iter().cloned());
    let files = &options.password_files;
    sources.extend(files.iter().map(|file| format!("{}@{file}", *settings.vault_identity)));
    if let Some(file) = &settings.vault_password_file.value {
        sources.push(format!("{}@{}", *settings.vault_identity, file.display()));
    }
    if options.ask_vault_password {
        sources.push(format!("{}@{}", *settings.vault_identity, PROMPTS[1]));
    }
    sources
}

/// Reads passwords; a source that fails is warned of, and an error where none is left.
pub(super) fn read(
    sources: &[String],
    settings: &Settings,
    purpose: Purpose,
) -> Result<Vec<Password>, Refusal> {
    let mut passwords = Vec::new();
    let mut failure = None;
    for source in sources {
        let (id, from) = match source.split_once('@') {
            Some((id, from)) => (id, from),
            None => (settings.vault_identity.as_str(), source.as_str()),
        };
        let id = if id.is_empty() { DEFAULT_ID } else { id };
        let secret = if PROMPTS.contains(&from) {
            let shown_id = (from == PROMPTS[0]).then_some(id);
            ask(shown_id, purpose)
                .map_err(|error| (format!("Error in vault password prompt ({id})"), error))
        } else {
            from_file(from, id, settings)
        };
        match secret {
            Ok(secret) => passwords.push(Password { id: id.to_owned(), secret }),
            Err((context, message)) => {
                terminal::complain(&format!("[WARNING]: {context}: {message}"));
                failure = Some(message);
            }
        }
    }
    match failure {
        Some(message) if passwords.is_empty() => {
            Err(Refusal::new(ERROR, Diagnostic::bare(message)))
        }
        _ => Ok(passwords),
    }
}

/// Asks the operator, twice for a new password.
pub(super) fn ask(id: Option<&str>, purpose: Purpose) -> Result<Vec<u8>, String> {
    let (first, again) = match (id, purpose) {
        (None, Purpose::Open) => ("Vault password: ".to_owned(), None),
        (Some(id), Purpose::Open) => (format!("Vault password ({id}): "), None),
        (None, Purpose::New) => {
            ("New Vault password: ".to_owned(), Some("Confirm New Vault password: ".to_owned()))
        }
        (Some(id), Purpose::New) => (
            format!("New vault password ({id}): "),
            Some(format!("Confirm new vault password ({id}): ")),
        ),
    };
    let line = |prompt: &str| {
        let line = Terminal.line(prompt, true);
        terminal::end_prompt();
        line
    };
    let password = line(&first);
    if password.is_empty() {
        let id = id.unwrap_or(DEFAULT_ID);
        return Err(format!("EOFError (ctrl-d) on prompt for ({id})"));
    }
    if again.is_some_and(|prompt| line(&prompt) != password) {
        return Err("Passwords do not match".to_owned());
    }
    Ok(password.into_bytes())
}

/// Reads a password from a file, or from what a program prints; the error comes with its context.
fn from_file(from: &str, id: &str, settings: &Settings) -> Result<Vec<u8>, (String, String)> {
    let path = match (from.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => Path::new(from).to_owned(),
    };
    let path = normal(&settings.working_dir.join(path));
    let shown = path.display().to_string();
    let Ok(meta) = std::fs::metadata(&path) else {
        return Err((
            format!("Error getting vault password file ({id})"),
            format!("The vault password file {shown} was not found"),
        ));
    };
    let loading = |message| (format!("Error in vault password file loading ({id})"), message);
    let bytes = if meta.is_file() && meta.permissions().mode() & 0o111 != 0 {
        of_program(&path, &shown, id).map_err(loading)?
    } else {
        let bytes = std::fs::read(&path).map_err(|error| {
            loading(format!("Could not read vault password file {shown}: {error}"))
        })?;
        // The password file may be a vault of another password: that is for its owner to open.
        bytes
    };
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Err(loading(format!("Invalid vault password was provided from file ({shown})")));
    }
    Ok(text.to_vec())
}

/// Runs a program for a password; one whose name ends in `-client` is told which it is to give.
fn of_program(path: &Path, shown: &str, id: &str) -> Result<Vec<u8>, String> {
    let is_client =
        path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-client"));
    let mut command = Command::new(path);
    command.stdin(Stdio::inherit());
    if is_client {
        command.args(["--vault-id", id]).stderr(Stdio::piped());
    } else {
        command.stderr(Stdio::inherit());
    }
    let kind = if is_client { "client script" } else { "script" };
    let output =
        command.stdout(Stdio::piped()).spawn().and_then(std::process::Child::wait_with_output);
    let output = output.map_err(|error| {
        format!(
            "Problem running vault password {kind} {shown} ({error}). If this is not a script, remove the executable bit from the file."
        )
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = crate::value::Value::Bytes(output.stderr.into()).to_repr();
    Err(match output.status.code() {
        Some(2) if is_client => format!(
            "Vault password client script {shown} did not find a secret for vault-id={id}: {said}"
        ),
        code if is_client => format!(
            "Vault password client script {shown} returned non-zero ({}) when getting secret for vault-id={id}: {said}",
            code.unwrap_or(-1)
        ),
        code => {
            format!(
                "Vault password script {shown} returned non-zero ({}): None",
                code.unwrap_or(-1)
            )
        }
    })
}
