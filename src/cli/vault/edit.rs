//! `edit` and `create`: an editor sees the plain text, no disk does.
//!
//! The text lies in a folder of a file system in memory. Another process of ours removes the folder as soon as this one
//! is gone, however it ended; where there is no such file system, the editor gets a file that has no name.

use std::{
    fs,
    io::{IsTerminal as _, Write as _},
    os::{
        fd::AsRawFd as _,
        unix::{fs::DirBuilderExt as _, fs::OpenOptionsExt as _, process::CommandExt as _},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::{Work, failed, files, usage};
use crate::{
    cli::{prepare::Refusal, terminal},
    inventory::words,
    vault::{Salt, Vault},
};

/// File systems of this kind are in memory.
const TMPFS: u64 = 0x0102_1994;

/// Opens an editor on an empty text; what it leaves becomes a new file.
pub(super) fn create(work: &Work) -> Result<(), Refusal> {
    let Some(name) = work.args.args.first() else { return Ok(()) };
    if !std::io::stdout().is_terminal() && !work.args.skip_tty_check {
        return Err(usage("not a tty, editor cannot be opened"));
    }
    let path = work.path(name);
    if path.is_file() {
        return Err(failed(format!("{name} exists, please use 'edit' instead")));
    }
    if let Some(folder) = path.parent()
        && !folder.is_dir()
    {
        let shown = Path::new(name).parent().unwrap_or(folder).display();
        terminal::complain(&format!("[WARNING]: {shown} does not exist, creating..."));
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| failed(format!("cannot create {shown}: {error}")))?;
    }
    let plain = edited(&[], &path)?;
    files::replace(&path, work.seal(&plain)?.as_bytes(), files::Mode::Kept)
}

/// Opens an editor on what files say; what it leaves is encrypted again, with the same password and id.
pub(super) fn edit(work: &Work) -> Result<(), Refusal> {
    for name in &work.args.args {
        let shown = files::shown(work, name);
        let text = files::text_of(&files::read(work, name)?, &shown)?;
        let (before, at) = files::open(work, &text, &shown)?;
        let after = edited(&before, Path::new(name))?;
        if after == before {
            continue;
        }
        let id = Vault::id_of(&text).map_err(failed)?;
        let salt = Salt::of(work.settings.vault_encrypt_salt.as_deref()).map_err(failed)?;
        let text = work.vault.encrypt_as(at, &id, &after, &salt.0);
        files::replace(&work.path(name), text.as_bytes(), files::Mode::Kept)?;
    }
    Ok(())
}

/// Returns what the editor makes of a text; the ending of the file's name tells it the language.
fn edited(plain: &[u8], path: &Path) -> Result<Vec<u8>, Refusal> {
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let ending = ending.unwrap_or_default();
    if let Some(desk) = Desk::new(plain, &ending)? {
        run_editor(&desk.file)?;
        return fs::read(&desk.file)
            .map_err(|error| failed(format!("the editor left no file: {error}")));
    }
    let cannot = |error: rustix::io::Errno| failed(format!("no place in memory: {error}"));
    let sheet =
        rustix::fs::memfd_create("vault", rustix::fs::MemfdFlags::CLOEXEC).map_err(cannot)?;
    let number = sheet.as_raw_fd();
    let mut sheet = fs::File::from(sheet);
    let path = PathBuf::from(format!("/proc/{}/fd/{number}", std::process::id()));
    let written = sheet.write_all(plain);
    written.map_err(|error| failed(format!("no place in memory: {error}")))?;
    run_editor(&path)?;
    fs::read(&path).map_err(|error| failed(format!("the editor left no file: {error}")))
}

/// Runs the editor; as with the reference its exit status says nothing.
fn run_editor(path: &Path) -> Result<(), Refusal> {
    let named = ["EDITOR", "VISUAL"].into_iter().find_map(|name| std::env::var(name).ok());
    let editor = named.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| "vi".to_owned());
    let words = words(&editor, false).map_err(|error| {
        usage(format!("the editor `{editor}` cannot be read: {}", error.message))
    })?;
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let ran = Command::new(&program.text)
        .args(arguments.iter().map(|word| &word.text))
        .arg(path)
        .status();
    ran.map(|_| ())
        .map_err(|error| failed(format!("Unable to execute the command \"{editor}\": {error}")))
}

/// A folder in memory with one file, and the process that removes it.
struct Desk {
    folder: PathBuf,
    file: PathBuf,
    guard: Child,
}

impl Desk {
    /// Returns none where no file system is in memory.
    fn new(plain: &[u8], ending: &str) -> Result<Option<Desk>, Refusal> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let mut places =
            runtime.into_iter().chain(["/dev/shm", "/run/shm", "/tmp"].map(PathBuf::from));
        let in_memory = |place: &PathBuf| {
            rustix::fs::statfs(place).is_ok_and(|found| u64::try_from(found.f_type) == Ok(TMPFS))
        };
        let Some(folder) = places.find_map(|place| {
            if !in_memory(&place) {
                return None;
            }
            let salt = Salt::random().ok()?;
            let name: String = salt.0[..12].iter().map(|byte| format!("{byte:02x}")).collect();
            let folder = place.join(format!("windlass-vault-{name}"));
            fs::DirBuilder::new().mode(0o700).create(&folder).ok()?;
            Some(folder)
        }) else {
            return Ok(None);
        };
        let file = folder.join(format!("secret{ending}"));
        // The guard is there before the text is; its standard input ends when we do.
        let guard = Command::new("/bin/sh")
            .args(["-c", "trap '' HUP INT QUIT TERM; read line; rm -rf \"$1\"", "sh"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let guard = guard.map_err(|error| {
            let _ = fs::remove_dir_all(&folder);
            failed(format!("cannot start what removes the text: {error}"))
        })?;
        let desk = Desk { folder, file, guard };
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&desk.file)
            .and_then(|mut file| file.write_all(plain));
        written.map_err(|error| failed(format!("no place in memory: {error}")))?;
        Ok(Some(desk))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}
