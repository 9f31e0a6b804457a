//! `fetch`: a file of the host, on the controller.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use windlass_modules::host::{Hasher, checksum_of, errno_about};

use super::Action;
use crate::{
    connection::Kind,
    executor::{Call, Failure, Remote, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "fetch",
    spec: Some(manual! {
        /// Copies files from hosts to the controller
        ///
        /// Without `flat` each file lies below `dest` in a folder of its host, with its whole path. Check mode copies nothing.
        ///
        /// # Examples
        /// ```yaml
        /// - name: Keep the logs of all hosts
        ///   ansible.builtin.fetch:
        ///     src: /var/log/app/error.log
        ///     dest: logs/
        ///
        /// - name: Get one file of one host under a name of its own
        ///   ansible.builtin.fetch:
        ///     src: /etc/ssl/certs/app.pem
        ///     dest: certificates/app.pem
        ///     flat: true
        /// ```
        {
            /// File on the host
            src: String,
            /// Folder on the controller, or with `flat` the file
            dest: String,
            /// Whether `dest` is the file itself, or a folder where it ends in a slash
            flat: bool = "false",
            /// Whether it is a failure that the file is not there
            fail_on_missing: bool = "true",
            /// Whether the copy must have the checksum that the host tells
            validate_checksum: bool = "true",
            /// An older name of `validate_checksum`, which is not to be used
            validate_md5: bool = "true",
        }
    }),
    open: true,
    needs_host: true,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    if call.check {
        return Ok(Step::skipped("check mode not (yet) supported for this module"));
    }
    let text = |name: &str, what: &str| match call.args.get(name) {
        None | Some(Value::None) => Ok(None),
        Some(Value::Str(text)) => Ok(Some(text.to_string())),
        Some(_) => Err(Failure::plain(format!(
            "Invalid type supplied for {what} option, it must be a string"
        ))),
    };
    let src = text("src", "source")?;
    let dest = text("dest", "dest")?;
    let (Some(src), Some(dest)) = (src, dest) else {
        return Err(Failure::plain("src and dest are required"));
    };
    let place = Place {
        dest: from_home(&dest),
        ends_in_slash: dest.ends_with('/'),
        flat: call.truth("flat").unwrap_or(false),
        base: absolute(&call.play.play.dir),
        host: call.host.name.to_string(),
    };
    let mut args = Dict::new();
    args.insert("src", src.as_str());
    // What the host calls a path in somebody's home is not known before it answers.
    let known = (!src.starts_with('~')).then(|| place.target(&src));
    if let Some(have) = known.as_ref().and_then(|path| checksum(path, Hasher::sha1())) {
        args.insert("_windlass_have", have);
    }
    let download = Arc::new(Mutex::new(Download {
        folder: known
            .as_deref()
            .and_then(Path::parent)
            .map_or_else(|| place.folder(), Path::to_owned),
        open: None,
        refused: None,
    }));
    let by_ssh = call.raw_way().0.kind == Kind::Ssh && call.asked_to_become().is_none();
    let required = call.truth("fail_on_missing").unwrap_or(true);
    let mut remote = Remote::new("fetch", &args);
    let taker = Arc::clone(&download);
    remote.sink = Some(Box::new(move |bytes| {
        taker.lock().unwrap_or_else(PoisonError::into_inner).take(bytes)
    }));
    remote.finish = Some(Box::new(move |answer| {
        let mut download = download.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(place.finish(&src, &answer, &mut download, required, by_ssh))
    }));
    Ok(Step::Remote(Box::new(remote)))
}

/// Where files of a host go.
struct Place {
    dest: PathBuf,
    ends_in_slash: bool,
    flat: bool,
    /// Folder of the playbook.
    base: PathBuf,
    host: String,
}

impl Place {
    fn folder(&self) -> PathBuf {
        let dest = self.base.join(&self.dest);
        if self.flat && !self.ends_in_slash {
            return dest.parent().map_or(dest.clone(), Path::to_owned);
        }
        dest
    }

    /// The file on the controller.
    fn target(&self, src: &str) -> PathBuf {
        let dest = self.base.join(&self.dest);
        let path = match (self.flat, self.ends_in_slash) {
            (true, false) => dest,
            (true, true) => dest.join(src.rsplit('/').next().unwrap_or_default()),
            (false, _) => dest.join(&self.host).join(src.trim_start_matches('/')),
        };
        crate::paths::normal(&path)
    }

    /// Why a file cannot be put where `flat` wants it: a folder is there.
    fn refused(&self, target: &Path) -> Option<String> {
        if !self.flat || !target.is_dir() {
            return None;
        }
        Some(if self.ends_in_slash {
            format!(
                "calculated dest '{}' is an existing directory, use another path that does not point to an existing directory",
                target.display()
            )
        } else {
            "dest is an existing directory, use a trailing slash if you want to fetch src into that directory".to_owned()
        })
    }

    fn finish(
        &self,
        src: &str,
        answer: &Dict,
        download: &mut Download,
        required: bool,
        by_ssh: bool,
    ) -> Dict {
        if let Some(result) = not_sent(src, answer, required) {
            return result;
        }
        let mut result = Dict::new();
        result.insert("changed", false);
        let is = |key: &str| answer.get(key).is_some_and(Value::is_true);
        let src = match answer.get("path") {
            Some(path) if src.starts_with('~') => path.to_text(),
            _ => src.to_owned(),
        };
        let target = self.target(&src);
        if let Some(message) = self.refused(&target) {
            result.insert("failed", true);
            result.insert("msg", message);
            result.insert("_ansible_windlass_plain", true);
            return result;
        }
        let sent = answer.get("checksum").map(Value::to_text).unwrap_or_default();
        let is_new =
            is("sent") && checksum(&target, Hasher::sha1()).is_none_or(|have| have != sent);
        // What comes over SSH as it is keeps its mode.
        let mode = match answer.get("mode") {
            Some(Value::Int(mode)) if by_ssh => u32::try_from(*mode).ok(),
            _ => None,
        };
        if is_new && let Err(error) = download.keep(&target, mode) {
            let message = match error.kind() {
                _ if download.refused.is_some() => download.refused.take().unwrap_or_default(),
                std::io::ErrorKind::IsADirectory => {
                    let target = target.display();
                    format!(
                        "Failed to transfer file to '{target}': [Errno 21] Is a directory: b'{target}'"
                    )
                }
                _ => format!("Failed to fetch the file: {error}"),
            };
            result.insert("failed", true);
            result.insert("msg", format!("Task failed: {message}"));
            result.insert("_ansible_windlass_reason", message);
            result.insert("_ansible_windlass_plain", true);
            return result;
        }
        download.drop_file();
        let md5 = checksum(&target, Hasher::md5()).map_or(Value::None, Value::from);
        result.insert("changed", is_new);
        result.insert("md5sum", md5);
        result.insert("dest", target.display().to_string());
        result.insert("checksum", sent.as_str());
        if is_new {
            result.insert("remote_md5sum", Value::None);
            result.insert("remote_checksum", sent.as_str());
        } else {
            result.insert("file", src);
        }
        result
    }
}

/// The result where the host did not send the file: there is none, or none that can be sent.
fn not_sent(src: &str, answer: &Dict, required: bool) -> Option<Dict> {
    let mut result = Dict::new();
    result.insert("changed", false);
    let is = |key: &str| answer.get(key).is_some_and(Value::is_true);
    if is("missing") {
        result.insert("msg", "the remote file does not exist, not transferring, ignored");
        if required {
            result.insert("failed", true);
            let text = |key: &str| answer.get(key).map(Value::to_text).unwrap_or_default();
            let what = text("msg");
            let why = format!("{}: {}", what.trim_end_matches(['.', ' ']), text("exception"));
            result.insert("_ansible_windlass_reason", why);
        } else {
            result.insert("file", src);
        }
        return Some(result);
    }
    if is("directory") {
        let message = "remote file is a directory, fetch cannot work on directories";
        if required {
            result.insert("failed", true);
            result.insert("msg", message);
            result.insert("_ansible_windlass_action_failed", true);
        } else {
            result.insert("msg", format!("{message}, not transferring, ignored"));
        }
        return Some(result);
    }
    if is("failed") {
        if !required {
            let message = answer.get("msg").map(Value::to_text).unwrap_or_default();
            if answer.get("_ansible_windlass_action_failed").is_some() {
                result.insert("msg", format!("{message}, ignored"));
            }
            result.insert("file", src);
            return Some(result);
        }
        let told = answer
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), Some("path" | "missing")))
            .map(|(key, value)| (key.clone(), value.clone()));
        return Some(told.collect());
    }
    None
}

/// A file on its way; it has no name that anybody looks for until it is whole.
struct Download {
    folder: PathBuf,
    open: Option<(File, PathBuf)>,
    /// Why its folder cannot be.
    refused: Option<String>,
}

impl Download {
    fn file(&mut self) -> std::io::Result<&mut File> {
        if self.open.is_none() {
            self.create_folder()?;
            let mut number = 0;
            let opened = loop {
                let name = format!(".windlass-{}-{number}", std::process::id());
                let path = self.folder.join(name);
                match File::create_new(&path) {
                    Ok(file) => break (file, path),
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                    Err(error) => return Err(error),
                }
            };
            self.open = Some(opened);
        }
        Ok(&mut self.open.as_mut().expect("opened above").0)
    }

    fn create_folder(&mut self) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder).inspect_err(|error| {
            let is_new = |path: &&Path| !path.exists();
            let first = self.folder.ancestors().take_while(is_new).last().unwrap_or(&self.folder);
            let reason = errno_about(error, &first.display().to_string());
            let folder = self.folder.display();
            self.refused = Some(format!("Unable to create local directories '{folder}': {reason}"));
        })
    }

    /// What has no folder to be in is told at the end.
    fn take(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let written = self.file().and_then(|file| file.write_all(bytes));
        if self.refused.is_some() { Ok(()) } else { written }
    }

    /// Puts the file in its place; one that is replaced gives its mode, a link stays one.
    fn keep(&mut self, target: &Path, mode: Option<u32>) -> std::io::Result<()> {
        self.file()?;
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        let Some((file, path)) = self.open.take() else { return Ok(()) };
        if let Ok(meta) = fs::metadata(&target) {
            file.set_permissions(meta.permissions())?;
        } else if let Some(mode) = mode {
            // The temporary file has the bits that the controller's umask leaves.
            let left = file.metadata()?.permissions().mode();
            let left = left | (left & 0o444) >> 2;
            file.set_permissions(fs::Permissions::from_mode((mode | 0o200) & left))?;
        }
        drop(file);
        fs::rename(&path, &target).or_else(|_| {
            // Another file system: the temporary file lay beside another name.
            let copied = fs::copy(&path, &target);
            fs::remove_file(&path)?;
            copied.map(|_| ())
        })
    }

    fn drop_file(&mut self) {
        if let Some((_, path)) = self.open.take() {
            // What is left of a file that was not wanted harms nobody.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.drop_file();
    }
}

fn checksum(path: &Path, hasher: Hasher) -> Option<String> {
    checksum_of(&mut File::open(path).ok()?, hasher).ok()
}

fn from_home(path: &str) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => std::env::var_os("HOME")
            .map_or_else(|| PathBuf::from(path), |home| PathBuf::from(home).join(rest)),
        None => PathBuf::from(path),
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
