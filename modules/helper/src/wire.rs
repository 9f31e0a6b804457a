//! Writing to the controller: whole frames, from any thread.

use std::{
    io::{self, Write},
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, Mutex, PoisonError},
};

use windlass_protocol::{Frame, Kind, write_frame};

/// The way to the controller; cheap to clone.
#[derive(Clone)]
pub(crate) struct Wire {
    file: Arc<Mutex<std::fs::File>>,
    /// Whether frames are lines of text.
    text: bool,
}

impl Wire {
    /// Takes standard output for frames; what modules print by accident goes nowhere near it.
    pub(crate) fn take_stdout(text: bool) -> io::Result<Wire> {
        let own: OwnedFd = io::stdout().as_fd().try_clone_to_owned()?;
        let null = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
        rustix::stdio::dup2_stdout(&null)?;
        Ok(Wire { file: Arc::new(Mutex::new(own.into())), text })
    }

    /// Sends text before the first frame.
    pub(crate) fn line(&self, text: &str) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())
    }

    pub(crate) fn send(&self, frame: &Frame) -> io::Result<()> {
        if self.text {
            return self.line(&frame.to_line());
        }
        write_frame(&mut *self.file.lock().unwrap_or_else(PoisonError::into_inner), frame)
    }

    /// Sends a message as JSON.
    pub(crate) fn say<T: serde::Serialize>(
        &self,
        kind: Kind,
        request: u32,
        message: &T,
    ) -> io::Result<()> {
        self.send(&Frame::new(kind, request, serde_json::to_vec(message)?))
    }
}

/// Writes a line to standard error, which the controller shows when the helper could not start.
#[expect(clippy::print_stderr, reason = "there is no other way to say it before frames flow")]
pub(crate) fn complain(text: &str) {
    eprintln!("{text}");
}
