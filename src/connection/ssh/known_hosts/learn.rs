//! Writing a new host's key into a `known_hosts` file.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use russh::keys::PublicKey;

use super::entry::hashed;

/// One writer at a time: two hosts that are learnt together must not share a line.
static WRITING: Mutex<()> = Mutex::new(());

/// Appends a host's key in one write, so that other programs see the whole line or nothing.
pub(super) fn append(file: &Path, name: &str, key: &PublicKey, hash: bool) -> io::Result<()> {
    let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty() && !f.exists()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut options = OpenOptions::new();
    let mut opened = options.read(true).append(true).create(true).mode(0o600).open(file)?;
    let names = if hash { hide(name)? } else { name.to_owned() };
    let mut line = format!("{names} {}\n", key_text(key)?);
    if !ends_with_newline(&mut opened)? {
        line.insert(0, '\n');
    }
    opened.write_all(line.as_bytes())
}

fn key_text(key: &PublicKey) -> io::Result<String> {
    let bare = PublicKey::new(key.key_data().clone(), "");
    bare.to_openssh().map(|text| text.trim_end().to_owned()).map_err(io::Error::other)
}

fn ends_with_newline(file: &mut std::fs::File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Returns the hashed form of a name, with a salt of its own.
fn hide(name: &str) -> io::Result<String> {
    let mut salt = [0u8; 20];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut salt)?;
    Ok(format!("|1|{}|{}", BASE64.encode(salt), BASE64.encode(hashed(&salt, name))))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::entry::parse;
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ me";

    #[test]
    fn a_new_file_is_private_and_a_missing_newline_is_added() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/known_hosts");
        let key = PublicKey::from_openssh(KEY).unwrap();
        append(&file, "web1", &key, false).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.trim_end()).unwrap();
        append(&file, "[web2]:2222", &key, true).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("web2"), "hashed: {text}");
        let entries = parse(&text);
        assert_eq!(entries.len(), 2);
        assert!(entries[0].is_about("web1"));
        assert!(entries[1].is_about("[web2]:2222"));
    }
}
