//! Archives that `tar` reads.

use super::{Archive, Args, Source, unquoted};
use crate::host::{Command, Failure, Host, Output, Result, glob_matches};

/// How an archive is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

impl Packing {
    /// Returns what the first bytes say; `None` for what is no archive.
    pub(super) fn of(start: &[u8]) -> Option<Packing> {
        Some(match start {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [b'B', b'Z', b'h', ..] => Packing::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Packing::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            // Archives from before POSIX have no mark, but whole blocks.
            start if start.len() == 512 => Packing::None,
            _ => return None,
        })
    }

    fn flag(self) -> Option<&'static str> {
        match self {
            Packing::Gzip => Some("-z"),
            // `tar` finds out itself.
            _ => None,
        }
    }
}

pub(super) struct Tar<'a> {
    args: &'a Args,
    source: &'a Source,
    dest: &'a str,
    pub(super) program: String,
    packing: Packing,
    files: Option<Vec<String>>,
}

impl<'a> Tar<'a> {
    pub(super) fn new(
        args: &'a Args,
        source: &'a Source,
        dest: &'a str,
        program: String,
        packing: Packing,
    ) -> Tar<'a> {
        Tar { args, source, dest, program, packing, files: None }
    }

    /// The command for an action, with the archive named so.
    fn argv(&self, host: &Host, action: &str, archive: &str) -> Vec<String> {
        let args = self.args;
        let folder = host.path(self.dest).display().to_string();
        let mut argv = vec![self.program.clone(), action.to_owned(), "-C".to_owned(), folder];
        argv.extend(self.packing.flag().map(ToOwned::to_owned));
        if !args.extra_opts.is_empty() {
            argv.push("--show-transformed-names".to_owned());
            argv.extend(args.extra_opts.iter().cloned());
        }
        if action != "--list" {
            let attributes = &args.attributes;
            argv.extend(attributes.owner.iter().map(|owner| format!("--owner={owner}")));
            argv.extend(attributes.group.iter().map(|group| format!("--group={group}")));
            if args.keep_newer {
                argv.push("--keep-newer-files".to_owned());
            }
        }
        argv.extend(args.exclude.iter().map(|name| format!("--exclude={name}")));
        argv.extend(["-f".to_owned(), archive.to_owned()]);
        argv.extend(args.include.iter().cloned());
        argv
    }

    fn call(&self, host: &Host, action: &str) -> Result<Output> {
        let argv = self.argv(host, action, &self.source.path);
        host.run(&Command::new(argv).env("LC_ALL", "C.UTF-8"))
    }
}

impl Archive for Tar<'_> {
    fn can_predict(&self) -> bool {
        false
    }

    fn handler(&self) -> &'static str {
        match self.packing {
            Packing::Gzip => "TgzArchive",
            _ => "TarArchive",
        }
    }

    fn files(&mut self, host: &Host) -> Result<Vec<String>> {
        if let Some(files) = &self.files {
            return Ok(files.clone());
        }
        let output = self.call(host, "--list")?;
        if !output.success() {
            return Err(Failure::new(format!(
                "Command \"{}\" could not handle archive: {}",
                self.program,
                output.error_text()
            )));
        }
        let text = output.text();
        let names = text.lines().map(unquoted).filter(|name| {
            let bare = name.trim_end_matches('/');
            !self.args.exclude.iter().any(|pattern| glob_matches(pattern, bare))
        });
        // Absolute paths are unpacked below the folder.
        let files: Vec<String> =
            names.map(|name| name.trim_start_matches('/').to_owned()).collect();
        self.files = Some(files.clone());
        Ok(files)
    }

    fn is_unpacked(&mut self, host: &Host) -> Result<(bool, Option<String>)> {
        let output = self.call(host, "--diff")?;
        if output.success() {
            return Ok((true, None));
        }
        let attributes = &self.args.attributes;
        let is_root = rustix::process::geteuid().is_root();
        let counts = |line: &str| {
            let ends = |end: &str| line.ends_with(end);
            (is_root && attributes.owner.is_none() && ends(": Uid differs"))
                || (is_root && attributes.group.is_none() && ends(": Gid differs"))
                || (attributes.mode.is_none() && ends(": Mode differs"))
                || ends(": Mod time differs")
                || ends(": Size differs")
                || ends(": Contents differ")
                || ends(": Symlink differs")
                || ends(": File type differs")
                || ends(": Not linked to")
                || line.contains(": Not linked to ")
                || ends(": No such file or directory")
                || ends(": Not a directory")
        };
        // An option that changes names leaves one for the top that is empty.
        let is_nothing = |line: &str| line.contains(": : Warning: Cannot stat: ");
        let (out, err) = (output.text(), output.error_text());
        let mut lines = out.lines().chain(err.lines());
        Ok((!lines.any(|line| !is_nothing(line) && counts(line)), None))
    }

    fn unpack(&mut self, host: &Host) -> Result<(Vec<String>, Output)> {
        let output = self.call(host, "--extract")?;
        Ok((self.argv(host, "--extract", &self.source.shown), output))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_how_an_archive_is_compressed() {
        assert_eq!(Packing::of(b"\x1f\x8b\x08"), Some(Packing::Gzip));
        assert_eq!(Packing::of(b"BZh9"), Some(Packing::Bzip2));
        assert_eq!(Packing::of(b"\xfd7zXZ\0"), Some(Packing::Xz));
        assert_eq!(Packing::of(&[0x28, 0xb5, 0x2f, 0xfd]), Some(Packing::Zstd));
        assert_eq!(Packing::of(&[0; 512]), Some(Packing::None));
        assert_eq!(Packing::of(b"text"), None);
    }
}
