//! The stream between russh and the socket.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Control, Phase};

/// Bytes that are read from the socket at once while packets are taken apart.
const CHUNK: usize = 16 * 1024;

/// A socket whose foreseeable answers come early.
pub(in crate::connection::ssh) struct Shortcut<S> {
    inner: S,
    control: Control,
    /// Bytes pass untouched from now on: no lock is needed any more.
    over: bool,
}

impl<S> Shortcut<S> {
    /// Wraps a socket; until its control begins, it only watches.
    pub(in crate::connection::ssh) fn new(inner: S) -> (Self, Control) {
        let control = Control::default();
        (Self { inner, control: control.clone(), over: false }, control)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Shortcut<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.over {
            return Pin::new(&mut this.inner).poll_read(cx, buf);
        }
        let control = this.control.clone();
        let mut state = control.lock();
        let state = &mut *state;
        state.reader = Some(cx.waker().clone());
        match &mut state.phase {
            Phase::Over => {
                this.over = true;
                Pin::new(&mut this.inner).poll_read(cx, buf)
            }
            Phase::Watching(watch) => {
                let before = buf.filled().len();
                ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
                watch.see(&buf.filled()[before..]);
                Poll::Ready(Ok(()))
            }
            Phase::Active(packets) => loop {
                if let Some(what) = packets.broken {
                    state.surprised();
                    return Poll::Ready(Err(io::Error::other(what)));
                }
                if !packets.outgoing.is_empty() {
                    let (front, _) = packets.outgoing.as_slices();
                    let n = front.len().min(buf.remaining());
                    buf.put_slice(&front[..n]);
                    packets.outgoing.drain(..n);
                    return Poll::Ready(Ok(()));
                }
                if packets.is_over() && packets.incoming.is_empty() {
                    state.phase = Phase::Over;
                    this.over = true;
                    return Pin::new(&mut this.inner).poll_read(cx, buf);
                }
                let mut chunk = [0; CHUNK];
                let mut chunk = ReadBuf::new(&mut chunk);
                if let Err(error) = ready!(Pin::new(&mut this.inner).poll_read(cx, &mut chunk)) {
                    if packets.is_owed() {
                        state.surprised();
                    }
                    return Poll::Ready(Err(error));
                }
                if chunk.filled().is_empty() {
                    packets.ended();
                    if packets.outgoing.is_empty() {
                        if packets.is_owed() {
                            state.surprised();
                        }
                        return Poll::Ready(Ok(()));
                    }
                    continue;
                }
                packets.incoming.extend_from_slice(chunk.filled());
                if !packets.advance() {
                    return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
                }
            },
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Shortcut<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let n = ready!(Pin::new(&mut self.inner).poll_write(cx, buf))?;
        if !self.over {
            let mut state = self.control.lock();
            if let Phase::Active(packets) = &mut state.phase
                && packets.written()
            {
                state.wake();
            }
        }
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
