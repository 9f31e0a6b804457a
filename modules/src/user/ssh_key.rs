//! An account's SSH key.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::Args;
use crate::host::{Command, Failure, Host, Outcome, Result, User};

/// Makes the key unless it is there, and adds it to the result.
pub(super) fn make(args: &Args, user: &User, outcome: Outcome, host: &Host) -> Result<Outcome> {
    let mut outcome = outcome;
    let file = match args.ssh_key_file.as_deref() {
        Some(file) if file.starts_with('/') => file.to_owned(),
        Some(file) => format!("{}/{file}", user.home),
        None => format!("{}/.ssh/id_{}", user.home, args.ssh_key_type),
    };
    let public = format!("{file}.pub");
    if may_write(&file, "private", args.force, host)?
        && may_write(&public, "public", args.force, host)?
    {
        generate(args, user, &file, host)?;
        outcome.changed = true;
    }
    let text = host.read_text(&public).ok().flatten();
    let text = text.as_deref().map(str::trim);
    Ok(outcome
        .with("ssh_key_file", file.as_str())
        .with("ssh_fingerprint", fingerprint(text, &file, host)?)
        .with("ssh_public_key", text))
}

/// Whether a file of the pair may be made; what is there goes first, so that nothing is written through a link.
fn may_write(file: &str, half: &str, force: bool, host: &Host) -> Result<bool> {
    if !host.exists(file) {
        return Ok(true);
    }
    if !force {
        host.warn(format!(
            "Found existing ssh key {half} file \"{file}\", no force, so skipping ssh-keygen generation"
        ));
        return Ok(false);
    }
    host.warn(format!("Overwriting existing ssh key {half} file \"{file}\""));
    host.remove_file(file)?;
    Ok(true)
}

fn generate(args: &Args, user: &User, file: &str, host: &Host) -> Result<()> {
    let owner = (user.uid, user.gid);
    let folder = file.rsplit_once('/').map_or(".", |(folder, _)| folder);
    if !host.exists(folder) {
        host.make_folder(folder, 0o700, Some(owner))?;
    }
    let node = rustix::system::uname();
    let comment = args.ssh_key_comment.replace("$HOSTNAME", &node.nodename().to_string_lossy());
    let mut words = vec![host.required("ssh-keygen")?, "-t".to_owned(), args.ssh_key_type.clone()];
    if args.ssh_key_bits > 0 {
        words.extend(["-b".to_owned(), args.ssh_key_bits.to_string()]);
    }
    words.extend(["-C".to_owned(), comment, "-f".to_owned(), file.to_owned()]);
    let output = match args.ssh_key_passphrase.as_deref().filter(|text| !text.is_empty()) {
        None => {
            words.extend(["-N".to_owned(), String::new()]);
            host.change(&Command::new(words))?
        }
        Some(passphrase) => with_passphrase(Command::new(words), passphrase, folder, host)?,
    };
    if let Some(output) = output.filter(|output| !output.success()) {
        let failure = Failure::new(output.error_text()).with("rc", output.status);
        return Err(failure.with("name", args.name.as_str()));
    }
    if !host.checking() {
        host.give(file, owner)?;
        host.give(&format!("{file}.pub"), owner)?;
    }
    Ok(())
}

/// Answers ssh-keygen's questions by a program of ours: in its arguments everybody could read the passphrase.
fn with_passphrase(
    command: Command,
    passphrase: &str,
    folder: &str,
    host: &Host,
) -> Result<Option<crate::host::Output>> {
    let program = format!("{folder}/.windlass-askpass");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$WINDLASS_PASSPHRASE\"\n";
    host.replace(&program, Some(0o700), |file| std::io::Write::write_all(file, script.as_bytes()))?;
    let command = command
        .env("SSH_ASKPASS", &program)
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("DISPLAY", "none")
        .env("WINDLASS_PASSPHRASE", passphrase);
    let output = host.change(&command);
    host.remove_file(&program)?;
    output
}

/// Returns what `ssh-keygen -l` prints for a key; it is asked where the kind is not known here.
fn fingerprint(public: Option<&str>, file: &str, host: &Host) -> Result<String> {
    if !host.exists(file) {
        return Ok(String::new());
    }
    if let Some(text) = public.and_then(computed) {
        return Ok(text);
    }
    let output = host.run(&Command::new(["ssh-keygen", "-l", "-f", file]))?;
    let text = if output.success() { output.text() } else { output.error_text() };
    Ok(text.trim().to_owned())
}

fn computed(public: &str) -> Option<String> {
    let mut words = public.splitn(3, ' ');
    let kind = words.next()?;
    let blob = STANDARD.decode(words.next()?).ok()?;
    let comment = words.next().unwrap_or("no comment");
    let (bits, name) = match kind {
        "ssh-ed25519" => (256, "ED25519"),
        "ecdsa-sha2-nistp256" => (256, "ECDSA"),
        "ecdsa-sha2-nistp384" => (384, "ECDSA"),
        "ecdsa-sha2-nistp521" => (521, "ECDSA"),
        "ssh-rsa" => (modulus_bits(&blob)?, "RSA"),
        _ => return None,
    };
    let digest = STANDARD.encode(Sha256::digest(&blob));
    Some(format!("{bits} SHA256:{} {comment} ({name})", digest.trim_end_matches('=')))
}

/// Returns the size of the third field, an RSA key's modulus.
fn modulus_bits(blob: &[u8]) -> Option<usize> {
    let mut rest = blob;
    let mut field: &[u8] = &[];
    for _ in 0..3 {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
        let length = usize::try_from(length).ok()?;
        field = rest.get(4..4 + length)?;
        rest = &rest[4 + length..];
    }
    let start = field.iter().position(|byte| *byte != 0)?;
    let zeros = usize::try_from(field[start].leading_zeros()).ok()?;
    Some((field.len() - start) * 8 - zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_those_of_ssh_keygen() {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEGpCZNO2FlMpVwY9wWh9gO3GH01fn/qtJbXWNibcMTt hi";
        let expected = "256 SHA256:fgK0syau87gNc04XS+BCaXtNOt4uJock3AZZ1sVzNHA hi (ED25519)";
        assert_eq!(computed(key).as_deref(), Some(expected));
        assert_eq!(computed("sk-ssh-ed25519@openssh.com AAAA x"), None);
    }
}
