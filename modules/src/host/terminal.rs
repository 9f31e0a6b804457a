//! Terminals for commands that ask whether they have one.

use std::{
    fs::File,
    io,
    os::{fd::OwnedFd, unix::fs::OpenOptionsExt},
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::Host;

/// Returns our side of a new terminal, and the command's.
pub(crate) fn open_terminal() -> io::Result<(OwnedFd, File)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?.to_string_lossy().into_owned();
    // It is the command's terminal, not ours: who loses his own is ended.
    let no_terminal = i32::try_from(OpenptFlags::NOCTTY.bits()).unwrap_or_default();
    let theirs = File::options().read(true).write(true).custom_flags(no_terminal).open(&name)?;
    Ok((ours, theirs))
}

impl Host {
    /// Returns the command in a session of its own, whose terminal its standard input is: programs ask there for passwords.
    pub(crate) fn in_a_session(&self, words: &[String]) -> Vec<String> {
        let setsid = self.which("setsid").map(|setsid| [setsid, "-c".to_owned()]);
        setsid.into_iter().flatten().chain(words.iter().cloned()).collect()
    }
}
