//! What modules read: files and texts on their way to a host, in pieces.

use std::{fmt, path::PathBuf, sync::Arc};

use tokio::{
    io::AsyncReadExt as _,
    sync::{Semaphore, mpsc},
};
use windlass_protocol::{CHUNK, ContentChunk, Frame, Kind};

/// A content that a module may read.
#[derive(Clone)]
pub enum Content {
    Bytes(Arc<[u8]>),
    File { path: PathBuf, len: u64 },
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::File { len, .. } => *len,
        }
    }

    /// Reads a file into memory; one that cannot be read stays a file.
    pub(super) fn read(&mut self) {
        if let Content::File { path, .. } = self
            && let Ok(bytes) = std::fs::read(path)
        {
            *self = Content::Bytes(bytes.into());
        }
    }
}

/// The pieces in which bytes travel, and which of them is the last; nothing is one empty piece.
pub(super) fn pieces(bytes: &[u8]) -> impl Iterator<Item = (bool, &[u8])> {
    let count = bytes.len().div_ceil(CHUNK).max(1);
    (0..count)
        .map(move |at| (at + 1 == count, &bytes[at * CHUNK..bytes.len().min((at + 1) * CHUNK)]))
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// Contents on their way to a module, never more than the window ahead of what it has read.
pub(super) struct Transfer {
    pub(super) outgoing: mpsc::UnboundedSender<Frame>,
    pub(super) request: u32,
    pub(super) channel: u16,
    pub(super) contents: Arc<Vec<Content>>,
    pub(super) credit: Arc<Semaphore>,
}

impl Transfer {
    pub(super) async fn run(self, indexes: Vec<u32>) {
        for index in indexes {
            let Some(content) = self.contents.get(index as usize) else { return };
            let sent = match content {
                Content::Bytes(bytes) => self.send_bytes(index, bytes).await,
                Content::File { path, len } => self.send_file(index, path, *len).await,
            };
            if sent.is_none() {
                // The module waits for bytes that cannot be read: it is told to stop.
                let _ = self.outgoing.send(self.frame(Kind::Cancel, Vec::new()));
                return;
            }
        }
    }

    async fn send_bytes(&self, index: u32, bytes: &[u8]) -> Option<()> {
        for (last, chunk) in pieces(bytes) {
            self.send(index, last, chunk).await?;
        }
        Some(())
    }

    async fn send_file(&self, index: u32, path: &PathBuf, len: u64) -> Option<()> {
        let mut file = tokio::fs::File::open(path).await.ok()?;
        let (mut buffer, mut sent) = (vec![0; CHUNK], 0);
        loop {
            let n = file.read(&mut buffer).await.ok()?;
            sent += n as u64;
            let last = n == 0 || sent >= len;
            self.send(index, last, &buffer[..n]).await?;
            if last {
                return Some(());
            }
        }
    }

    async fn send(&self, index: u32, last: bool, bytes: &[u8]) -> Option<()> {
        let permits = u32::try_from(bytes.len()).ok()?;
        self.credit.acquire_many(permits).await.ok()?.forget();
        self.outgoing.send(self.frame(Kind::Content, ContentChunk::encode(index, last, bytes))).ok()
    }

    fn frame(&self, kind: Kind, payload: Vec<u8>) -> Frame {
        Frame { channel: self.channel, kind, request: self.request, payload }
    }
}
