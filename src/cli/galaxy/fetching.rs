//! Brings a repository or an archive into a folder of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// A folder that goes away with its value.
pub(super) struct Scratch(pub(super) PathBuf);

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Scratch {
    /// Makes a folder beside the place where its contents will lie, so that they need only be renamed.
    pub(super) fn beside(place: &Path) -> Result<Scratch, String> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!(".windlass-{}-{number}", std::process::id());
        let dir = place.with_file_name(name);
        fs::create_dir_all(&dir)
            .map_err(|error| format!("cannot make {}: {error}", dir.display()))?;
        Ok(Scratch(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a program; what it said where it failed.
fn run(program: &str, args: &[&str], dir: &Path) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).stdin(Stdio::null());
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(format!("{program} is needed on this machine, and was not found"));
        }
        Err(error) => return Err(format!("cannot run {program}: {error}")),
    };
    if output.status.success() {
        return Ok(());
    }
    let code = output.status.code().map_or_else(|| "a signal".to_owned(), |code| code.to_string());
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("command {program} {} failed (rc={code}) - {}", args.join(" "), said.trim_end()))
}

/// Brings a repository at a version to `dir`; with `whole`, its history, too.
pub(super) fn repository(
    address: &str,
    version: Option<&str>,
    dir: &Path,
    whole: bool,
) -> Result<(), String> {
    let place = dir.to_string_lossy();
    let around = dir.parent().unwrap_or(dir);
    run("git", &["clone", "--quiet", "--", address, &place], around)?;
    if let Some(version) = version {
        run("git", &["checkout", "--quiet", version, "--"], dir)?;
    }
    if dir.join(".gitmodules").is_file() {
        run("git", &["submodule", "--quiet", "update", "--init", "--recursive"], dir)?;
    }
    if !whole {
        fs::remove_dir_all(dir.join(".git")).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Unpacks an archive into `dir`.
pub(super) fn unpack(archive: &Path, dir: &Path) -> Result<(), String> {
    fs::create_dir_all(dir).map_err(|error| format!("cannot make {}: {error}", dir.display()))?;
    let archive = archive.to_string_lossy();
    run("tar", &["--extract", "--no-same-owner", "--file", &archive], dir)
}

/// Packs what lies in `dir` under these names.
pub(super) fn pack(dir: &Path, names: &[&str], archive: &Path) -> Result<(), String> {
    let archive = archive.to_string_lossy();
    let fixed = ["--create", "--gzip", "--no-recursion", "--owner=0", "--group=0"];
    let mut args: Vec<&str> = fixed.to_vec();
    args.extend(["--numeric-owner", "--file", &archive, "--"]);
    args.extend(names);
    run("tar", &args, dir)
}

/// Puts what was made in the place of what is there.
pub(super) fn replace(made: &Path, place: &Path) -> Result<(), String> {
    let told = |error: std::io::Error| format!("cannot write {}: {error}", place.display());
    let old = place.with_file_name(format!(".windlass-old-{}", std::process::id()));
    let is_there = place.symlink_metadata().is_ok();
    if is_there {
        fs::rename(place, &old).map_err(told)?;
    }
    if let Err(error) = fs::rename(made, place) {
        if is_there {
            let _ = fs::rename(&old, place);
        }
        return Err(told(error));
    }
    if old.is_dir() {
        fs::remove_dir_all(&old).map_err(told)?;
    } else if is_there {
        fs::remove_file(&old).map_err(told)?;
    }
    Ok(())
}

/// Returns the path that a source means, where it is one on this machine.
pub(super) fn local(src: &str, dir: &Path) -> Option<PathBuf> {
    let path = src.strip_prefix("file://").unwrap_or(src);
    let path = dir.join(crate::template::expand_user(path));
    path.exists().then(|| crate::paths::normal(&path))
}
