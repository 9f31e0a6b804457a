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
