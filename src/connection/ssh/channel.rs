//! One exec channel as a `Process`: standard output, standard error and exit status out of one queue of messages.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use russh::{ChannelMsg, ChannelReadHalf};
use tokio::io::{AsyncRead, ReadBuf};

use super::link::Link;
use crate::connection::{Error, Exit, ExitStatus, Process, Reader};

/// SSH's number for standard error among the extended data streams.
const STDERR: u32 = 1;

/// A chunk of output with what of it has been read.
type Chunks = VecDeque<io::Cursor<bytes::Bytes>>;

/// What the three readers of a channel share: whoever is polled moves messages to where they belong.
struct Demultiplexer {
    messages: ChannelReadHalf,
    stdout: Chunks,
    stderr: Chunks,
    status: Option<ExitStatus>,
    /// No more output: the host said so, or the channel is over.
    eof: bool,
    /// The host closed the channel properly.
    closed: bool,
    /// The queue ended without that: the connection is lost.
    lost: bool,
}

/// Everyone who waits for a message of the channel: a message for one may be found by another.
#[derive(Default)]
struct Waiters(Mutex<[Option<Waker>; 3]>);

impl Wake for Waiters {
    fn wake(self: Arc<Self>) {
        for waker in lock(&self.0).iter_mut().filter_map(Option::take) {
            waker.wake();
        }
    }
}

/// The channel as its readers hold it.
struct Shared {
    state: Mutex<Demultiplexer>,
    waiters: Arc<Waiters>,
    link: Arc<Link>,
    channel: Option<russh::ChannelWriteHalf<russh::client::Msg>>,
}

/// Which part of the channel a reader wants; its number is its place among the waiters.
#[derive(Clone, Copy)]
enum Part {
    Stdout,
    Stderr,
    Status,
}

/// Builds the process over a channel on which a command has been started.
pub(super) fn process(channel: russh::Channel<russh::client::Msg>, link: Arc<Link>) -> Process {
    let stdin = Box::pin(channel.make_writer());
    let (messages, write_half) = channel.split();
    let shared = Arc::new(Shared {
        state: Mutex::new(Demultiplexer {
            messages,
            stdout: Chunks::new(),
            stderr: Chunks::new(),
            status: None,
            eof: false,
            closed: false,
            lost: false,
        }),
        waiters: Arc::default(),
        link,
        channel: Some(write_half),
    });
    let reader = |part| -> Reader { Box::new(Stream { shared: shared.clone(), part }) };
    let (stdout, stderr) = (reader(Part::Stdout), reader(Part::Stderr));
    let exit =
        Exit(Box::pin(async move { std::future::poll_fn(|cx| shared.poll_status(cx)).await }));
    Process { stdin: Box::new(stdin), stdout, stderr, exit }
}

/// Closes the channel when nobody holds any part of it, so that nothing is left running unseen.
///
/// Not earlier: russh passes nothing on once we have closed, and the readers would wait for ever.
impl Drop for Shared {
    fn drop(&mut self) {
        let closed = lock(&self.state).closed;
        let channel = self.channel.take().filter(|_| !closed && !self.link.is_closed());
        if let (Some(channel), Ok(runtime)) = (channel, tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                let _ = channel.close().await;
            });
        }
    }
}

impl Shared {
    /// Moves messages until the wanted part has something; pending when the queue is empty.
    fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        part: Part,
        mut want: impl FnMut(&mut Demultiplexer) -> Option<T>,
    ) -> Poll<T> {
        let mut state = lock(&self.state);
        let mut moved_for_others = false;
        let result = loop {
            if let Some(found) = want(&mut state) {
                break Poll::Ready(found);
            }
            lock(&self.waiters.0)[part as usize] = Some(cx.waker().clone());
            let waker = Waker::from(self.waiters.clone());
            let next = pin!(state.messages.wait()).poll(&mut Context::from_waker(&waker));
            match next {
                Poll::Pending => break Poll::Pending,
                Poll::Ready(message) => {
                    moved_for_others = true;
                    state.take(message);
                }
            }
        };
        drop(state);
        if moved_for_others {
            for (index, waiter) in lock(&self.waiters.0).iter_mut().enumerate() {
                // Who was polled has its answer; a pending one must stay registered.
                if index != part as usize
                    && let Some(waker) = waiter.take()
                {
                    waker.wake();
                }
            }
        }
        result
    }

    fn poll_status(&self, cx: &mut Context<'_>) -> Poll<Result<ExitStatus, Error>> {
        self.poll(cx, Part::Status, |state| match &state.status {
            _ if state.lost => Some(Err(self.link.lost())),
            Some(status) => Some(Ok(status.clone())),
            None if state.closed => {
                Some(Err(Error::lost("the host closed the channel without an exit status")))
            }
            None => None,
        })
    }

    fn poll_read(
        &self,
        cx: &mut Context<'_>,
        part: Part,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(cx, part, |state| {
            let chunks =
                if matches!(part, Part::Stderr) { &mut state.stderr } else { &mut state.stdout };
            let before = buf.filled().len();
            while buf.remaining() > 0
                && let Some(chunk) = chunks.front_mut()
            {
                let position = usize::try_from(chunk.position()).unwrap_or(usize::MAX);
                let left = chunk.get_ref().get(position..).unwrap_or_default();
                let n = left.len().min(buf.remaining());
                buf.put_slice(&left[..n]);
                if n == left.len() {
                    chunks.pop_front();
                } else {
                    chunk.set_position((position + n) as u64);
                }
            }
            if buf.filled().len() > before {
                return Some(Ok(()));
            }
            if state.lost {
                return Some(Err(self.link.lost().into()));
            }
            (state.eof || state.closed).then_some(Ok(()))
        })
    }
}

impl Demultiplexer {
    fn take(&mut self, message: Option<ChannelMsg>) {
        match message {
            Some(ChannelMsg::Data { data }) if !data.is_empty() => {
                self.stdout.push_back(io::Cursor::new(data));
            }
            Some(ChannelMsg::ExtendedData { data, ext: STDERR }) if !data.is_empty() => {
                self.stderr.push_back(io::Cursor::new(data));
            }
            Some(ChannelMsg::ExitStatus { exit_status }) => {
                self.status = Some(ExitStatus::Code(i32::try_from(exit_status).unwrap_or(255)));
            }
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                self.status = Some(ExitStatus::Signal(signal_text(&signal_name)));
            }
            Some(ChannelMsg::Eof) => self.eof = true,
            Some(ChannelMsg::Close) => self.closed = true,
            // A refused exec or pty request: no command will ever run on this channel.
            Some(ChannelMsg::Failure) => self.status = Some(ExitStatus::Code(255)),
            Some(_) => {}
            None => self.lost = !self.closed,
        }
    }
}

fn signal_text(signal: &russh::Sig) -> String {
    match signal {
        russh::Sig::Custom(name) => name.clone(),
        named => format!("{named:?}"),
    }
}

/// One output stream of the channel.
struct Stream {
    shared: Arc<Shared>,
    part: Part,
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.shared.poll_read(cx, self.part, buf)
    }
}

/// Locks, also after a panic elsewhere: the queues stay whole between two messages.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
