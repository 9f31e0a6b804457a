//! Whole files: `view`, `encrypt`, `decrypt`, `rekey`.

use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Work, failed};
use crate::{
    cli::{
        passwords::{self, Purpose},
        prepare::Refusal,
        terminal,
    },
    vault::{DEFAULT_ID, Decrypt as _, Vault, is_vault},
};

/// What stands for standard input and output.
const STREAM: &str = "-";

/// Shows what files say, through a pager on a terminal.
pub(super) fn view(work: &Work) -> Result<(), Refusal> {
    for name in &work.args.args {
        let text = text_of(&read(work, name)?, name)?;
        let (plain, _) = open(work, &text, name)?;
        page(&plain);
    }
    Ok(())
}

/// Encrypts files in their place, or one to somewhere else.
pub(super) fn encrypt(work: &Work) -> Result<(), Refusal> {
    let said = "Reading plaintext input from stdin";
    for name in names(work, said) {
        let plain = read(work, name)?;
        if is_vault(&plain) {
            return Err(failed("input is already encrypted"));
        }
        let text = work.seal(&plain)?;
        put(work, name, text.as_bytes())?;
    }
    if std::io::stdout().is_terminal() {
        terminal::complain("Encryption successful");
    }
    Ok(())
}

/// Decrypts files in their place, or one to somewhere else.
pub(super) fn decrypt(work: &Work) -> Result<(), Refusal> {
    let names = names(work, "Reading ciphertext input from stdin");
    let mut texts = Vec::new();
    for name in &names {
        let shown = shown(work, name);
        texts.push((*name, text_of(&read(work, name)?, &shown)?, shown));
    }
    let vaults: Vec<&str> = texts.iter().map(|(_, text, _)| text.as_str()).collect();
    work.vault.prepare(&vaults);
    for (name, text, shown) in &texts {
        let (plain, _) = open(work, text, shown)?;
        put(work, name, &plain)?;
    }
    if std::io::stdout().is_terminal() {
        terminal::complain("Decryption successful");
    }
    Ok(())
}

/// Encrypts files anew with another password.
pub(super) fn rekey(work: &Work) -> Result<(), Refusal> {
    let args = &work.args;
    let source = args.new_vault_id.clone().or_else(|| {
        let file = args.new_password_file.as_ref()?;
        Some(format!("{DEFAULT_ID}@{file}"))
    });
    let source = source.unwrap_or_else(|| format!("{DEFAULT_ID}@prompt_ask_vault_pass"));
    let fresh = passwords::read(&[source], &work.settings, Purpose::New)?;
    let fresh = Vault::new(fresh, false);
    for name in &args.args {
        let shown = shown(work, name);
        let text = text_of(&read(work, name)?, &shown)?;
        let (plain, _) = open(work, &text, &shown)?;
        let text = fresh.encrypt(0, &plain, &work.salt()?);
        replace(&work.path(name), text.as_bytes(), Mode::Kept)?;
    }
    terminal::complain("Rekey successful");
    Ok(())
}

/// The files of the command line; standard input where there are none.
fn names<'w>(work: &'w Work, said: &str) -> Vec<&'w str> {
    let names: Vec<&str> = work.args.args.iter().map(String::as_str).collect();
    if !names.is_empty() {
        return names;
    }
    if std::io::stdin().is_terminal() {
        terminal::complain(said);
    }
    vec![STREAM]
}

/// Returns a file's path as messages show it.
pub(super) fn shown(work: &Work, name: &str) -> String {
    if name == STREAM { name.to_owned() } else { real(&work.path(name)).display().to_string() }
}

/// Returns the file that a path means after all links.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| crate::paths::normal(path))
}

pub(super) fn read(work: &Work, name: &str) -> Result<Vec<u8>, Refusal> {
    if name == STREAM {
        let mut bytes = Vec::new();
        let read = std::io::stdin().read_to_end(&mut bytes);
        read.map_err(|error| failed(format!("Unable to read standard input: {error}")))?;
        return Ok(bytes);
    }
    let path = real(&work.path(name));
    let shown = path.display();
    std::fs::read(&path).map_err(|error| {
        let text = error.to_string();
        let reason = text.split(" (os error").next().unwrap_or_default();
        let number = error.raw_os_error().unwrap_or(0);
        failed(format!(
            "Unable to read source file ({shown}): [Errno {number}] {reason}: '{shown}'"
        ))
    })
}

pub(super) fn text_of(bytes: &[u8], shown: &str) -> Result<String, Refusal> {
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_vault(bytes));
    text.map(str::to_owned)
        .ok_or_else(|| failed(format!("Input is not vault encrypted data. for {shown}")))
}

/// Opens a vault; returns the position of its password, too.
pub(super) fn open(work: &Work, text: &str, shown: &str) -> Result<(Vec<u8>, usize), Refusal> {
    work.vault.decrypt_with(text).map_err(|message| failed(format!("{message} for {shown}")))
}

/// Writes a result to where the options say: the file itself, another one, or standard output.
fn put(work: &Work, name: &str, bytes: &[u8]) -> Result<(), Refusal> {
    let target = work.args.output.as_deref().unwrap_or(name);
    if target != STREAM {
        return replace(&work.path(target), bytes, Mode::Private);
    }
    let mut out = std::io::stdout();
    // A reader that closed the pipe wants no more.
    let _ = out.write_all(bytes).and_then(|()| out.flush());
    Ok(())
}

/// Who may read a file that is replaced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Who might before.
    Kept,
    /// Its owner alone, as the reference leaves what it encrypts and decrypts.
    Private,
}

/// Replaces a file at once; a new one is its owner's alone.
pub(super) fn replace(path: &Path, bytes: &[u8], mode: Mode) -> Result<(), Refusal> {
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
    let path = &real(path);
    let cannot =
        |error: std::io::Error| failed(format!("cannot write {}: {error}", path.display()));
    let before = std::fs::metadata(path).ok();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = (|| {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        if let Some(before) = &before {
            // Who may not give the file back keeps it as his own.
            let _ = std::os::unix::fs::chown(&beside, Some(before.uid()), Some(before.gid()));
            if mode == Mode::Kept {
                file.set_permissions(std::fs::Permissions::from_mode(before.mode() & 0o7777))?;
            }
        }
        file.sync_all()?;
        std::fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(cannot)
}

/// Prints a text, through a pager on a terminal.
fn page(plain: &[u8]) {
    let mut text = plain.to_vec();
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
    if std::io::stdout().is_terminal() {
        let pager = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
        let child = Command::new("/bin/sh").args(["-c", &pager]).stdin(Stdio::piped()).spawn();
        if let Ok(mut child) = child {
            if let Some(mut input) = child.stdin.take() {
                // A pager that was left early wants no more.
                let _ = input.write_all(&text);
            }
            if child.wait().is_ok_and(|status| status.code() != Some(127)) {
                return;
            }
        }
    }
    let mut out = std::io::stdout();
    let _ = out.write_all(&text).and_then(|()| out.flush());
}
