//! Where crontabs are: files of their own, and those of users.

use crate::{
    host::{Command, Failure, FileAttributes, Host, Output, Result, Rewrite, errno_about},
    text,
};

/// Keeps a crontab in a temporary file whose name begins so.
pub(crate) fn keep(host: &Host, prefix: &str, before: &str) -> Result<String> {
    let failed = |error: &std::io::Error| Failure::io("cannot keep the crontab", error);
    let path = host.create_temporary("/tmp", prefix, "", false).map_err(|error| failed(&error))?;
    host.replace(&path, None, |file| std::io::Write::write_all(file, &text::to_bytes(before)))?;
    Ok(path)
}

/// Where the crontab is.
pub(crate) enum Place {
    /// A file with who runs each job.
    File(String),
    /// That of a user; `None` is who we are.
    User(Option<String>),
}

impl Place {
    /// A file of its name in `/etc/cron.d`, or at its path; a user's where there is none.
    pub(crate) fn of(file: Option<&str>, user: Option<&str>) -> Place {
        match file {
            Some(file) if file.starts_with('/') => Place::File(file.to_owned()),
            Some(file) => Place::File(format!("/etc/cron.d/{file}")),
            None => Place::User(user.filter(|user| !user.is_empty()).map(ToOwned::to_owned)),
        }
    }

    pub(crate) fn path(&self) -> &str {
        match self {
            Place::File(path) => path,
            Place::User(_) => "",
        }
    }

    pub(super) fn header(&self, user: Option<&str>) -> String {
        match (self, user) {
            (Place::File(path), _) => path.clone(),
            (Place::User(_), Some(user)) => format!("crontab for user \"{user}\""),
            (Place::User(_), None) => "crontab".to_owned(),
        }
    }

    /// The text; `None` where there is no crontab.
    pub(crate) fn read(
        &self,
        host: &Host,
        refused: impl FnOnce() -> Failure,
    ) -> Result<Option<String>> {
        match self {
            Place::File(path) if host.is_folder(path) => Ok(None),
            Place::File(path) => Ok(host.read(path)?.map(text::from_bytes)),
            Place::User(user) => match spooled(host, user.as_deref()) {
                Some(text) => Ok(text.map(|text| without_header(&text))),
                None => listed(host, user.as_deref(), refused),
            },
        }
    }

    /// Puts a text there; `refused` makes the failure where `crontab` does not take the file.
    pub(crate) fn write(
        &self,
        host: &Host,
        after: &str,
        refused: impl FnOnce(&Output, &str) -> Failure,
    ) -> Result<()> {
        match self {
            Place::File(path) => {
                let folder = path.rfind('/').map_or("/", |at| &path[..at.max(1)]);
                if !host.is_folder(folder) {
                    let reason = errno_about(&std::io::Error::from_raw_os_error(2), path);
                    return Err(Failure::raised(reason.replace(": '", ": b'")));
                }
                if host.is_folder(path) {
                    let reason = errno_about(&std::io::Error::from_raw_os_error(21), path);
                    return Err(Failure::raised(reason));
                }
                if !host.checking() {
                    host.needs_writable(path)?;
                }
                let attributes = FileAttributes::default();
                let how =
                    Rewrite { validate: None, attributes: &attributes, create_folders: false };
                host.rewrite(path, &text::to_bytes(after), &how)
            }
            Place::User(user) => {
                let mut argv = vec![host.required("crontab")?];
                argv.extend(user.iter().flat_map(|user| ["-u".to_owned(), user.clone()]));
                // In a file, because that is what `crontab` names where it complains.
                let file = keep(host, "crontab", after)?;
                argv.push(file.clone());
                let output = host.run(&Command::new(argv));
                let removed = host.unlink(&file);
                let output = output?;
                if !output.success() {
                    return Err(refused(&output, &file));
                }
                removed.map_err(|error| Failure::io(format!("cannot remove `{file}`"), &error))
            }
        }
    }

    pub(super) fn remove(&self, host: &Host) -> Result<()> {
        host.unlink(self.path())
            .map_err(|error| Failure::io(format!("cannot remove `{}`", self.path()), &error))
    }
}

#[expect(clippy::option_option, reason = "not being allowed to look is not the same as nothing")]
/// A user's crontab as `cron` keeps it, where this user may look there: `Some(None)` when there is none.
fn spooled(host: &Host, user: Option<&str>) -> Option<Option<String>> {
    let me = rustix::process::geteuid();
    if !me.is_root() {
        return None;
    }
    let user = user.unwrap_or("root");
    if user.contains('/') || user.starts_with('.') {
        return None;
    }
    let folders = ["/var/spool/cron/crontabs", "/var/spool/cron", "/etc/crontabs"];
    let folder = folders.into_iter().find(|folder| host.is_folder(folder))?;
    // Who does not exist has no crontab: `crontab` says so.
    host.user(user)?;
    Some(host.read(format!("{folder}/{user}")).ok()?.map(text::from_bytes))
}

/// What `crontab -l` says; a status of one is no crontab.
fn listed(
    host: &Host,
    user: Option<&str>,
    refused: impl FnOnce() -> Failure,
) -> Result<Option<String>> {
    let mut argv = vec![host.required("crontab")?];
    argv.extend(user.iter().flat_map(|user| ["-u".to_owned(), (*user).to_owned()]));
    argv.push("-l".to_owned());
    let output = host.run(&Command::new(argv))?;
    match output.status {
        0 => Ok(Some(without_header(&text::from_bytes(output.stdout)))),
        1 => Ok(None),
        _ => Err(refused()),
    }
}

/// The text without the lines that `crontab` puts above it.
fn without_header(text: &str) -> String {
    let is_header = |line: &str| {
        line.starts_with("# DO NOT EDIT THIS FILE - edit the master and reinstall.")
            || (line.starts_with("# (") && line.contains(" installed on "))
            || (line.starts_with("# (") && line.contains("version "))
    };
    let mut lines = text.split_inclusive('\n').enumerate();
    lines.by_ref().filter(|(at, line)| *at > 2 || !is_header(line)).map(|(_, line)| line).collect()
}
