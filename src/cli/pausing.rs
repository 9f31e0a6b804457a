//! Waiting for somebody at the terminal, who may interrupt it by Ctrl+C.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    time::{Duration, Instant},
};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use crate::executor::Paused;

const INTERRUPT: u8 = 3;
const HOW_TO_GO_ON: &str = "\r\x1b[KPress 'C' to continue the play or 'A' to abort \n";

/// Waits for the end of a line, at most so long; what is typed is shown where it is asked for.
pub(super) fn pause(
    terminal: &File,
    limit: Option<Duration>,
    echo: bool,
) -> std::io::Result<Paused> {
    let before = tcgetattr(terminal)?;
    let mut single = before.clone();
    single.local_modes -= LocalModes::ICANON | LocalModes::ISIG | LocalModes::ECHO;
    // A reading that finds nothing comes back, so that a limit is seen.
    single.special_codes[SpecialCodeIndex::VMIN] = 0;
    single.special_codes[SpecialCodeIndex::VTIME] = 1;
    tcsetattr(terminal, OptionalActions::Flush, &single)?;
    let _restored = Restored { terminal, before };
    let mut keys = Keys { terminal, echo: echo && limit.is_none(), typed: Vec::new() };
    match limit {
        Some(limit) => keys.until(Instant::now() + limit),
        None => keys.line(),
    }
}

/// Gives a terminal its modes back.
struct Restored<'t> {
    terminal: &'t File,
    before: Termios,
}

impl Drop for Restored<'_> {
    fn drop(&mut self) {
        // A terminal that is gone has no modes.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

struct Keys<'t> {
    terminal: &'t File,
    echo: bool,
    typed: Vec<u8>,
}

impl Keys<'_> {
    /// The next key, where one was pressed within a tenth of a second.
    fn next(&mut self) -> std::io::Result<Option<u8>> {
        let mut byte = [0];
        Ok((self.terminal.read(&mut byte)? == 1).then_some(byte[0]))
    }

    fn until(&mut self, end: Instant) -> std::io::Result<Paused> {
        while Instant::now() < end {
            if self.next()? == Some(INTERRUPT) {
                return self.interrupted();
            }
        }
        Ok(Paused::Over(String::new()))
    }

    fn line(&mut self) -> std::io::Result<Paused> {
        loop {
            match self.next()? {
                None => (),
                Some(INTERRUPT) => return self.interrupted(),
                Some(b'\r' | b'\n') => {
                    self.show(b"\n")?;
                    return Ok(self.over());
                }
                Some(8 | 127) => self.erase()?,
                Some(key) => self.add(key)?,
            }
        }
    }

    fn interrupted(&mut self) -> std::io::Result<Paused> {
        self.typed.clear();
        self.terminal.write_all(HOW_TO_GO_ON.as_bytes())?;
        loop {
            match self.next()? {
                None => (),
                Some(b'c' | b'C') => return Ok(self.over()),
                Some(b'a' | b'A') => return Ok(Paused::Aborted),
                Some(key) => self.add(key)?,
            }
        }
    }

    fn over(&mut self) -> Paused {
        Paused::Over(String::from_utf8_lossy(&self.typed).into_owned())
    }

    fn add(&mut self, key: u8) -> std::io::Result<()> {
        self.typed.push(key);
        self.show(&[key])
    }

    /// Takes back the last letter, however many bytes it has.
    fn erase(&mut self) -> std::io::Result<()> {
        while let Some(byte) = self.typed.pop() {
            if byte & 0xc0 != 0x80 {
                return self.show(b"\x08 \x08");
            }
        }
        Ok(())
    }

    fn show(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.echo { self.terminal.write_all(bytes) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::{os::fd::OwnedFd, os::unix::fs::OpenOptionsExt as _, thread};

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    /// A terminal, and the end at which somebody sits.
    fn terminal() -> (File, File) {
        let seat: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&seat).unwrap();
        unlockpt(&seat).unwrap();
        let name = ptsname(&seat, Vec::new()).unwrap().into_string().unwrap();
        let mut options = std::fs::OpenOptions::new();
        let terminal = options.read(true).write(true).custom_flags(libc::O_NOCTTY).open(name);
        (terminal.unwrap(), seat.into())
    }

    fn paused(keys: &str, limit: Option<Duration>) -> Paused {
        let (terminal, mut seat) = terminal();
        let watched = terminal.try_clone().unwrap();
        let pausing = thread::spawn(move || pause(&terminal, limit, true).unwrap());
        // Keys that come before it listens are not for it.
        let is_lined = || tcgetattr(&watched).unwrap().local_modes.contains(LocalModes::ICANON);
        while is_lined() && !pausing.is_finished() {
            thread::yield_now();
        }
        seat.write_all(keys.as_bytes()).unwrap();
        let paused = pausing.join().unwrap();
        assert!(is_lined());
        paused
    }

    #[track_caller]
    fn check(keys: &str, limit: Option<Duration>, expected: Option<&str>) {
        let typed = match paused(keys, limit) {
            Paused::Over(typed) => Some(typed),
            Paused::Aborted => None,
        };
        assert_eq!(typed.as_deref(), expected);
    }

    #[test]
    fn a_line_is_what_was_typed() {
        check("aé\x7fb\r", None, Some("ab"));
        check("\n", None, Some(""));
    }

    #[test]
    fn an_interrupted_pause_goes_on_or_ends() {
        let hour = Some(Duration::from_hours(1));
        check("ab\x03c", None, Some(""));
        check("\x03A", None, None);
        check("a\r\x03C", hour, Some(""));
        check("\x03a", hour, None);
    }

    #[test]
    fn a_pause_ends_by_itself() {
        check("a", Some(Duration::ZERO), Some(""));
    }
}
