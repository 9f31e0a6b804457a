//! `tempfile`: a file or folder that nobody else has.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result, errno_of, random_name},
    spec::ArgPath,
};

/// Creates a temporary file or folder
///
/// The result has its path as `path`; nobody removes it. In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Have a folder to build in
///   ansible.builtin.tempfile:
///     state: directory
///     prefix: build.
///   register: build
///
/// - name: Have a file for the dump, on a disk with room
///   ansible.builtin.tempfile:
///     path: /var/backups
///     suffix: .sql
///   register: dump
/// ```
#[derive(Args)]
pub struct Args {
    /// Whether a file or a folder is created
    #[arg(default = "file")]
    state: State,
    /// Folder to create it in; the system's for temporary files when absent
    path: Option<ArgPath>,
    /// What its name begins with
    #[arg(default = "ansible.")]
    prefix: String,
    /// What its name ends with
    #[arg(default = "")]
    suffix: String,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    File,
    Directory,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("tempfile"));
    }
    let folder = match &args.path {
        Some(path) if path.is_empty() => host.absolute("."),
        Some(path) => host.absolute(path),
        None => ["TMPDIR", "TEMP", "TMP"]
            .into_iter()
            .find_map(|name| host.env(name).filter(|value| !value.is_empty()))
            .unwrap_or_else(|| "/tmp".to_owned()),
    };
    for (what, part) in [("prefix", &args.prefix), ("suffix", &args.suffix)] {
        if part.contains('/') {
            let message = format!("{what} must be a valid file name component, got '{part}'");
            return Err(Failure::new(message));
        }
    }
    let is_folder = args.state == State::Directory;
    let path =
        host.create_temporary(&folder, &args.prefix, &args.suffix, is_folder).map_err(|error| {
            // A name that might have been tried, as the reference shows the last.
            let name = random_name().unwrap_or_default();
            let tried = format!("{folder}/{}{name}{}", args.prefix, args.suffix);
            Failure::new(errno_of(&error, &tried))
        })?;
    let mut outcome = Outcome::changed_if(true).with("path", path.as_str());
    outcome.values.extend(host.path_info(&path));
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    fn args(state: State) -> Args {
        Args {
            state,
            path: Some(ArgPath("/t".into())),
            prefix: "ansible.".into(),
            suffix: "x-end".into(),
        }
    }

    #[test]
    fn each_run_creates_another_that_is_private() {
        let host = TestHost::with(&[("/t/x", "")]);
        let one = run(args(State::File), &host).unwrap();
        let two = run(args(State::File), &host).unwrap();
        let path = one.values["path"].as_str().unwrap();
        assert!(path.starts_with("/t/ansible.") && path.ends_with("x-end"), "{path}");
        assert_ne!(one.values["path"], two.values["path"]);
        assert_eq!((&one.values["mode"], &one.values["state"]), (&"0600".into(), &"file".into()));
        let folder = run(args(State::Directory), &host).unwrap();
        assert_eq!(
            (&folder.values["mode"], &folder.values["state"]),
            (&"0700".into(), &"directory".into())
        );
    }

    #[test]
    fn check_mode_creates_nothing() {
        let host = TestHost::with(&[("/t/x", "")]).check();
        assert_eq!(run(args(State::File), &host).unwrap().values["skipped"], true);
        assert_eq!(host.list("/t").unwrap(), ["x"]);
    }

    #[test]
    fn a_missing_folder_is_a_failure() {
        let host = TestHost::with(&[]);
        let error = run(args(State::File), &host).unwrap_err();
        let start = "[Errno 2] No such file or directory: '/t/ansible.";
        assert!(error.message.starts_with(start), "{}", error.message);
        let error = run(Args { prefix: "a/b".into(), ..args(State::File) }, &host).unwrap_err();
        assert_eq!(error.message, "prefix must be a valid file name component, got 'a/b'");
    }
}
