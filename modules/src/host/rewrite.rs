//! A text file's new content: checked by a command of the task's, then put in place through links and missing folders.

use std::io::{self, Write};

use super::{Failure, FileAttributes, Host, Output, Result, errno_of, staged::Staged};

/// How a file is rewritten, beside its content.
pub struct Rewrite<'a> {
    /// Command that must accept the content; `%s` in it is the content's path.
    pub validate: Option<&'a str>,
    pub attributes: &'a FileAttributes,
    /// Whether folders that are not there are created.
    pub create_folders: bool,
}

impl Host {
    /// Creates the folders in which what `path` leads to lies; `told` makes the failure where that cannot be.
    pub fn create_parents(
        &self,
        path: &str,
        told: impl FnOnce(&str, &io::Error) -> Failure,
    ) -> Result<()> {
        let real = self.real_path(path);
        let Some(at) = real.rfind('/').filter(|at| *at > 0 && !self.exists(&real[..*at])) else {
            return Ok(());
        };
        self.create_folders(&real[..at]).map_err(|error| told(&real[..at], &error))
    }

    /// Fails where the folder is not there in which a file would be made.
    pub fn needs_folder_of(&self, path: &str) -> Result<()> {
        let folder = path.rfind('/').map_or(".", |at| &path[..at.max(1)]);
        if self.is_folder(folder) {
            return Ok(());
        }
        let why = match std::fs::metadata(self.path(folder)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => error,
            _ => io::Error::from_raw_os_error(2),
        };
        Err(Failure::raised(errno_of(&why, path)))
    }

    /// Fails as who opens a file to write it, where that is not allowed.
    pub fn needs_writable(&self, path: &str) -> Result<()> {
        let folder = path.rfind('/').map_or(".", |at| &path[..at.max(1)]);
        let target = if self.exists(path) { path } else { folder };
        if self.may(target, rustix::fs::Access::WRITE_OK) {
            return Ok(());
        }
        Err(Failure::raised(errno_of(&io::Error::from_raw_os_error(13), path)))
    }

    /// Makes what `path` leads to hold these bytes; a content that the task's command refuses changes nothing.
    ///
    /// Nothing happens in check mode.
    pub fn rewrite(&self, path: &str, bytes: &[u8], how: &Rewrite<'_>) -> Result<()> {
        if self.checking() {
            return Ok(());
        }
        let real = self.real_path(path);
        if how.create_folders {
            self.create_parents(path, |folder, error| Failure::raised(errno_of(error, folder)))?;
        }
        self.accepted(&real, bytes, how).and_then(|(staged, _)| staged.put(&real))
    }

    /// Puts a file with these bytes in the place of what is at `path`, be it a link; returns what the task's command did.
    ///
    /// In check mode nothing happens but that the command is asked.
    pub fn rewrite_here(
        &self,
        path: &str,
        bytes: &[u8],
        how: &Rewrite<'_>,
    ) -> Result<Option<Output>> {
        if self.checking() && how.validate.is_none() {
            return Ok(None);
        }
        if self.checking() {
            return self.unchecked().accepted(path, bytes, how).map(|(_, said)| said);
        }
        let (staged, said) = self.accepted(path, bytes, how)?;
        staged.put(path).map(|()| said)
    }

    /// Writes the content beside its place and asks the task's command about it.
    fn accepted(
        &self,
        path: &str,
        bytes: &[u8],
        how: &Rewrite<'_>,
    ) -> Result<(Staged, Option<Output>)> {
        let mut staged = self.stage(path, how.attributes.unsafe_writes)?;
        staged
            .file
            .write_all(bytes)
            .map_err(|error| Failure::io(format!("cannot write `{path}`"), &error))?;
        if let Some(line) = how.validate {
            if !line.contains("%s") {
                return Err(Failure::new(format!("validate must contain %s: {line}")));
            }
            let output = self.run_on(line, &staged)?;
            if !output.success() {
                let (status, error) = (output.status, output.error_text());
                return Err(Failure::new(format!("failed to validate: rc:{status} error:{error}")));
            }
            return Ok((staged, Some(output)));
        }
        Ok((staged, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    fn how<'a>(validate: Option<&'a str>, attributes: &'a FileAttributes) -> Rewrite<'a> {
        Rewrite { validate, attributes, create_folders: true }
    }

    #[test]
    fn a_refused_content_changes_nothing() {
        let host = TestHost::with(&[("/d/f", "old")]).real();
        let (root, attributes) = (host.root().display().to_string(), FileAttributes::default());
        let path = format!("{root}/d/f");
        let error =
            host.rewrite(&path, b"new", &how(Some("grep -q old %s"), &attributes)).unwrap_err();
        assert_eq!(error.message, "failed to validate: rc:1 error:");
        let error = host.rewrite(&path, b"new", &how(Some("true"), &attributes)).unwrap_err();
        assert_eq!(error.message, "validate must contain %s: true");
        assert_eq!(host.list(format!("{root}/d")).unwrap(), ["f"]);
        assert_eq!(host.read(&path).unwrap().unwrap(), b"old");
    }

    #[test]
    fn links_are_written_through_and_folders_created() {
        let host = TestHost::with(&[("/d/f", "old")]);
        let attributes = FileAttributes::default();
        host.symlink("f", "/d/l").unwrap();
        host.rewrite("/d/l", b"new", &how(None, &attributes)).unwrap();
        host.rewrite("/a/b/c", b"new", &how(None, &attributes)).unwrap();
        assert_eq!(host.link_target("/d/l").unwrap(), "f");
        assert_eq!(host.read("/d/f").unwrap().unwrap(), b"new");
        assert_eq!(host.read("/a/b/c").unwrap().unwrap(), b"new");
    }

    #[test]
    fn a_link_is_replaced_where_it_is_the_file_that_is_meant() {
        let host = TestHost::with(&[("/d/f", "old")]);
        let attributes = FileAttributes::default();
        host.symlink("f", "/d/l").unwrap();
        assert!(host.rewrite_here("/d/l", b"new", &how(None, &attributes)).unwrap().is_none());
        assert!(host.lstat("/d/l").unwrap().unwrap().is_file());
        assert_eq!(host.read("/d/f").unwrap().unwrap(), b"old");
    }

    #[test]
    fn what_cannot_be_put_in_place_is_told_in_the_words_of_the_reference() {
        let host = TestHost::with(&[("/d/f", "old")]);
        let attributes = FileAttributes::default();
        let message = |path: &str| {
            let how = Rewrite { create_folders: false, ..how(None, &attributes) };
            let failure = host.rewrite_here(path, b"new", &how).unwrap_err();
            failure.reason().replace(&std::process::id().to_string(), "1")
        };
        assert_eq!(
            message("/n/f"),
            "Could not replace '/n/f' with '/n/.f.windlass-1-0': [Errno 2] No such file or directory: b'/n/.f.windlass-1-0' -> b'/n/f'"
        );
        assert!(message("/d/f/x").contains("[Errno 20] Not a directory"));
        assert!(message("/d").starts_with("Could not replace '/d' with "));
    }
}
