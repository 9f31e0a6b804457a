//! Contents that arrive for a request, handed to its module as it reads them.

use std::{
    collections::{HashMap, HashSet},
    io::{self, Read},
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use windlass_modules::host::Contents;
use windlass_protocol::{ContentChunk, FetchRequest, Frame, Kind};

use crate::wire::Wire;

/// Bytes after which the controller is told that it may send more.
const CREDIT_STEP: u64 = windlass_protocol::CONTENT_WINDOW / 4;

/// What has arrived for one request.
pub(crate) struct Inbox {
    state: Mutex<State>,
    arrived: Condvar,
    /// Bytes that may be sent and not acknowledged.
    window: u64,
}

#[derive(Default)]
struct State {
    chunks: HashMap<u32, Vec<ContentChunk>>,
    /// Contents that a module has read or reads.
    opened: HashSet<u32>,
    /// Bytes that were sent and not acknowledged.
    ahead: u64,
    closed: bool,
}

impl Inbox {
    /// Returns an inbox without contents; nobody acknowledges what is sent where all was said before.
    pub(crate) fn new(unacknowledged: bool) -> Inbox {
        let window = if unacknowledged { u64::MAX } else { windlass_protocol::CONTENT_WINDOW };
        Inbox { state: Mutex::default(), arrived: Condvar::new(), window }
    }

    pub(crate) fn put(&self, chunk: ContentChunk) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.chunks.entry(chunk.content).or_default().push(chunk);
        self.arrived.notify_all();
    }

    /// Ends every wait: the controller is gone, or does not want the request any more.
    pub(crate) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.arrived.notify_all();
    }

    /// The controller has consumed so many bytes of what was sent.
    pub(crate) fn acknowledge(&self, bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ahead = state.ahead.saturating_sub(bytes);
        self.arrived.notify_all();
    }

    /// Waits until so many bytes may be sent.
    pub(crate) fn send(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.ahead + bytes > self.window {
            if state.closed {
                return Err(gone());
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.ahead += bytes;
        Ok(())
    }

    /// Notes that a content is read; a second time it would never come.
    fn open(&self, content: u32) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.opened.insert(content) {
            return Ok(());
        }
        Err(io::Error::other(format!("content {content} was read already")))
    }

    fn take(&self, content: u32) -> io::Result<ContentChunk> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(chunks) = state.chunks.get_mut(&content)
                && !chunks.is_empty()
            {
                return Ok(chunks.remove(0));
            }
            if state.closed {
                return Err(gone());
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the controller is gone")
}

/// The contents of one request.
pub(crate) struct Incoming {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) wire: Wire,
    pub(crate) request: u32,
    /// So many contents, from the first on, come unasked.
    pub(crate) pushed: u32,
}

impl Contents for Incoming {
    fn request(&self, contents: &[u32]) -> io::Result<()> {
        let contents: Vec<u32> =
            contents.iter().copied().filter(|content| *content >= self.pushed).collect();
        if contents.is_empty() {
            return Ok(());
        }
        self.wire.say(Kind::Fetch, self.request, &FetchRequest { contents })
    }

    fn open(&self, content: u32) -> io::Result<Box<dyn Read + '_>> {
        self.inbox.open(content)?;
        Ok(Box::new(ContentReader {
            incoming: self,
            content,
            chunk: Vec::new(),
            at: 0,
            last: false,
            owed: 0,
        }))
    }
}

struct ContentReader<'a> {
    incoming: &'a Incoming,
    content: u32,
    chunk: Vec<u8>,
    at: usize,
    last: bool,
    /// Bytes read that the controller was not yet told of.
    owed: u64,
}

impl Read for ContentReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.chunk.len() {
            if self.last {
                return Ok(0);
            }
            let chunk = self.incoming.inbox.take(self.content)?;
            self.owed += chunk.bytes.len() as u64;
            if self.content >= self.incoming.pushed && (self.owed >= CREDIT_STEP || chunk.last) {
                let payload = self.owed.to_be_bytes().to_vec();
                self.incoming.wire.send(&Frame::new(
                    Kind::Credit,
                    self.incoming.request,
                    payload,
                ))?;
                self.owed = 0;
            }
            (self.chunk, self.at, self.last) = (chunk.bytes, 0, chunk.last);
        }
        let n = buffer.len().min(self.chunk.len() - self.at);
        buffer[..n].copy_from_slice(&self.chunk[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::Inbox;

    #[test]
    fn a_content_that_was_read_does_not_keep_its_reader_waiting() {
        let inbox = Inbox::new(false);
        assert!(inbox.open(0).is_ok() && inbox.open(1).is_ok());
        let again = inbox.open(0).unwrap_err();
        assert_eq!(again.to_string(), "content 0 was read already");
    }
}
