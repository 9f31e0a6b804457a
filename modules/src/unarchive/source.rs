//! Where an archive's bytes are: in a file of the host's, or in one that has no name any more.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    os::fd::AsRawFd,
};

use super::Args;
use crate::host::{Failure, Host, Result, pour};

/// An archive that can be read.
pub(super) struct Source {
    /// What programs open.
    pub(super) path: String,
    /// What results say.
    pub(super) shown: String,
    pub(super) file: File,
    /// Its first bytes.
    pub(super) start: Vec<u8>,
    /// A file of ours that still has its name.
    named: Option<std::path::PathBuf>,
}

impl Source {
    pub(super) fn open(args: &Args, host: &Host) -> Result<Source> {
        let src = args.src.0.as_str();
        let failed = |error: &io::Error| Failure::io("cannot keep the archive", error);
        let mut source = if args.sent {
            Source::spool(host, |file| {
                host.contents().request(&[0])?;
                let mut reader = host.contents().open(0)?;
                pour(&mut *reader, file)
            })
            .map_err(|error| failed(&error))?
        } else if src.contains("://") {
            let mut problem = None;
            let spooled = Source::spool(host, |file| {
                match crate::get_url::read_to(host, src, args.validate_certs, file) {
                    Ok(n) => Ok(n),
                    Err(message) => {
                        problem = Some(message);
                        Ok(0)
                    }
                }
            });
            if let Some(message) = problem {
                return Err(Failure::new(format!("Failure downloading {src}, {message}")));
            }
            spooled.map_err(|error| failed(&error))?
        } else {
            if !host.exists(src) {
                let message = if args.remote_src || !args.copy {
                    format!("Source '{src}' does not exist")
                } else {
                    format!("Source '{src}' failed to transfer")
                };
                return Err(Failure::new(message));
            }
            let file =
                host.open(src).map_err(|_| Failure::new(format!("Source '{src}' not readable")))?;
            let path = host.path(src).display().to_string();
            let shown = host.absolute(src);
            if host.is_folder(src) {
                return Err(super::no_handler(&shown, "It is a directory."));
            }
            Source { path, shown, file, start: Vec::new(), named: None }
        };
        let mut start = vec![0; 512];
        let mut n = 0;
        source.file.rewind().map_err(|error| failed(&error))?;
        while n < start.len() {
            match source.file.read(&mut start[n..]) {
                Ok(0) => break,
                Ok(more) => n += more,
                Err(error) => return Err(failed(&error)),
            }
        }
        start.truncate(n);
        source.start = start;
        if n == 0 {
            let message = format!("Invalid archive '{}', the file is 0 bytes", source.shown);
            return Err(Failure::new(message));
        }
        Ok(source)
    }

    /// Fills a file that nobody else sees and nothing has to remove, also when this process is killed.
    fn spool(
        host: &Host,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<u64>,
    ) -> io::Result<Source> {
        let folder = host.folder_for_programs();
        let path = host.create_temporary(&folder, ".source.", ".windlass", false)?;
        let real = host.path(&path);
        let mut file = std::fs::OpenOptions::new().read(true).write(true).open(&real)?;
        let open = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        let shown = format!("{folder}/.source.windlass-{}-0", std::process::id());
        let (path, named) = match File::open(&open) {
            Ok(_) => {
                std::fs::remove_file(&real)?;
                (open, None)
            }
            // Without /proc the file keeps its name for a while.
            Err(_) => (real.display().to_string(), Some(real)),
        };
        let mut source = Source { path, shown, file, start: Vec::new(), named };
        file = source.file.try_clone()?;
        fill(&mut file)?;
        source.file.flush()?;
        Ok(source)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Some(path) = &self.named {
            // Gone already is as good as removed.
            let _ = std::fs::remove_file(path);
        }
    }
}
