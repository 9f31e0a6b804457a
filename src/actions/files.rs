//! Files of the controller: where a task finds them, what is in them.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use sha1::{Digest, Sha1};

use crate::{
    executor::{Call, Failure, Remote, Step},
    output::Cause,
    remote::Content,
    value::Dict,
    vault::{Contents, NO_SECRETS},
};

/// A file's contents up to this size are kept in memory on their way.
const IN_MEMORY: u64 = 32 << 10;

/// Returns the places where a task looks for a file, in order: the role's folder of its kind first.
pub(super) fn search_path(call: &Call<'_>, folder: &str, name: &str) -> Vec<PathBuf> {
    let name = PathBuf::from(crate::template::expand_user(name));
    if name.is_absolute() {
        return vec![name];
    }
    let mut found = Vec::new();
    for base in call.names.search_path() {
        found.push(base.join(folder).join(&name));
        found.push(base.join(&name));
    }
    found
}

/// Returns where a file lies; the failure names every place that was tried.
pub(super) fn find(call: &Call<'_>, folder: &str, name: &str) -> Result<PathBuf, Failure> {
    let places = search_path(call, folder, name);
    if let Some(found) = places.iter().find(|path| path.exists()) {
        return Ok(found.clone());
    }
    let hint = "If you are using a module and expect the file to exist on the remote, see the remote_src option";
    if places.first().is_some_and(|place| Path::new(name) == place || name.starts_with('~')) {
        return Err(absent(format!(
            "Could not find or access '{name}' on the Ansible Controller.\n{hint}"
        )));
    }
    // The folders are made short; the name stays as it was given.
    let places = call.names.search_path().into_iter().flat_map(|base| {
        let base = absolute(&base);
        [format!("\t{base}/{folder}/{name}"), format!("\t{base}/{name}")]
    });
    let mut tried: Vec<String> = places.collect();
    // The reference looks twice where the task's folder is the playbook's.
    if tried.len() == 2 {
        tried.extend(tried.clone());
    }
    Err(absent(format!(
        "Could not find or access '{name}'\nSearched in:\n{} on the Ansible Controller.\n{hint}",
        tried.join("\n")
    )))
}

/// What a task does whose file is not there: the host is asked whether the task has anything to do, as it may have
/// `creates` or `removes`; it fails where it has.
pub(super) fn absent_unless_done(call: &Call<'_>, module: &str, failure: Failure) -> Step {
    let mut remote = Remote::new(module, &call.args);
    remote.args.insert("_windlass_absent".to_owned(), true.into());
    let is_told = |result: &Dict| result.contains_key("skipped") || result.contains_key("failed");
    remote.finish =
        Some(Box::new(move |result| if is_told(&result) { Ok(result) } else { Err(failure) }));
    Step::Remote(Box::new(remote))
}

/// The failure of a task whose file is not there: it is one, whatever its conditions say.
fn absent(message: String) -> Failure {
    Failure { answered: false, ..Failure::action(message) }
}

fn absolute(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let parts: Vec<String> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .filter(|part| part != "." && part != "/")
        .collect();
    format!("/{}", parts.join("/"))
}

/// A file as it travels: its checksum, its size, and where its bytes are.
pub(super) struct Sent {
    pub(super) sha1: Arc<str>,
    pub(super) size: u64,
    pub(super) content: Content,
}

/// Reads what is needed of a file to send it; a checksum is computed once a run.
pub(super) fn send(call: &Call<'_>, path: &Path) -> Result<Sent, Failure> {
    let cannot = |error: &std::io::Error| {
        Failure::action(format!("cannot read {}: {error}", path.display()))
    };
    let vaulted = open_vault(call, path)?;
    if let Some(bytes) = vaulted {
        return Ok(send_bytes(bytes));
    }
    let meta = std::fs::metadata(path).map_err(|error| cannot(&error))?;
    if meta.len() <= IN_MEMORY {
        return Ok(send_bytes(std::fs::read(path).map_err(|error| cannot(&error))?));
    }
    let changed =
        meta.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let key = (
        path.to_owned(),
        meta.len(),
        changed.map_or(0, |since| i128::try_from(since.as_nanos()).unwrap_or(0)),
    );
    let known =
        call.run.checksums.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    let sha1 = if let Some(sha1) = known {
        sha1
    } else {
        let sha1: Arc<str> = checksum(path).map_err(|error| cannot(&error))?.into();
        call.run
            .checksums
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Arc::clone(&sha1));
        sha1
    };
    Ok(Sent {
        sha1,
        size: meta.len(),
        content: Content::File { path: path.to_owned(), len: meta.len() },
    })
}

/// Reads a file whole; what a vault holds is decrypted.
pub(super) fn read(call: &Call<'_>, path: &Path) -> Result<Vec<u8>, Failure> {
    match open_vault(call, path)? {
        Some(bytes) => Ok(bytes),
        None => std::fs::read(path)
            .map_err(|error| Failure::plain(format!("cannot read {}: {error}", path.display()))),
    }
}

/// Sends bytes that are at hand.
pub(super) fn send_bytes(bytes: Vec<u8>) -> Sent {
    let sha1 = hex(&Sha1::digest(&bytes));
    Sent { sha1: sha1.into(), size: bytes.len() as u64, content: Content::Bytes(bytes.into()) }
}

/// The plain contents of a file that is a vault.
fn open_vault(call: &Call<'_>, path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let mut start = [0; 14];
    let is_vault =
        std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
            && &start == b"$ANSIBLE_VAULT";
    if !is_vault || call.truth("decrypt") == Some(false) {
        return Ok(None);
    }
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::action(format!("cannot read {}: {error}", path.display())))?;
    // Who has no password at all is told which file needs one.
    let opened = crate::vault::open(call.run.world.vault.as_deref(), bytes);
    opened.map(|opened| Some(opened.bytes)).map_err(|message| {
        if message != NO_SECRETS {
            return not_opened(message, path);
        }
        let path = path.display();
        let message = format!("A vault password or secret must be specified to decrypt {path}");
        Failure::at(None, message).with("changed", false)
    })
}

/// Why a vault cannot be opened, with its place.
fn not_opened(message: String, path: &Path) -> Failure {
    let origin = Some(path.display().to_string());
    let cause = Cause { message, origin, ..Cause::default() };
    let failure = Failure { causes: vec![cause], apart: true, ..Failure::default() };
    failure.with("changed", false)
}

/// Returns what a file's bytes say, opened where they are a vault.
pub(super) fn open(call: &Call<'_>, path: &Path, bytes: Vec<u8>) -> Result<Contents, Failure> {
    let opened = crate::vault::open(call.run.world.vault.as_deref(), bytes);
    opened.map_err(|message| not_opened(message, path))
}

fn checksum(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let (mut hasher, mut buffer) = (Sha1::new(), vec![0; 256 << 10]);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
