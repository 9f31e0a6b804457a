//! A host in a temporary folder, for tests of modules.

use std::{cell::RefCell, ops::Deref};

use super::{Host, HostOptions, Output, command::Canned};

/// A host whose root is a temporary folder and whose commands are canned.
pub(crate) struct TestHost {
    host: Host,
    root: tempfile::TempDir,
}

impl TestHost {
    /// Returns a host with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> TestHost {
        let root = tempfile::tempdir().unwrap();
        let mut host = Host::new(HostOptions { diff: true, ..HostOptions::default() });
        host.root = root.path().to_owned();
        host.canned = Some(RefCell::new(Canned::new()));
        for (path, text) in files {
            let path = host.path(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        TestHost { host, root }
    }

    /// Turns check mode on.
    pub(crate) fn check(mut self) -> TestHost {
        self.host.check = true;
        self
    }

    /// Runs the module as a job.
    pub(crate) fn background(mut self) -> TestHost {
        self.host.background = true;
        self
    }

    /// Lets the module use this machine's files and commands.
    pub(crate) fn real(mut self) -> TestHost {
        self.host.root = std::path::PathBuf::from("/");
        self.host.canned = None;
        self
    }

    /// Gives the module contents to read.
    pub(crate) fn hold(&mut self, contents: Box<dyn super::Contents>) {
        self.host.contents = contents;
    }

    /// Expects a command and answers it with this status and output.
    pub(crate) fn answer(self, line: &str, status: i32, stdout: &str) -> TestHost {
        let output = Output { status, stdout: stdout.into(), stderr: Vec::new() };
        if let Some(canned) = &self.host.canned {
            canned.borrow_mut().push_back((line.to_owned(), output));
        }
        self
    }

    /// Lets everybody execute these files.
    pub(crate) fn executable(self, paths: &[&str]) -> TestHost {
        use std::os::unix::fs::PermissionsExt;
        for path in paths {
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(self.host.path(path), mode).unwrap();
        }
        self
    }

    /// Returns the folder that stands for `/`.
    pub(crate) fn root(&self) -> &std::path::Path {
        self.root.path()
    }
}

impl Deref for TestHost {
    type Target = Host;
    fn deref(&self) -> &Host {
        &self.host
    }
}
