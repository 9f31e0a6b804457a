//! A helper that runs: requests out, events back, contents as the helper asks for them.

use std::{
    collections::HashMap,
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncWriteExt, BufReader},
    sync::{Semaphore, mpsc},
};
use windlass_protocol::{
    BecomeFailed, CHUNK, CONTENT_WINDOW, ContentChunk, FetchRequest, Frame, Hello, JsonMap, Kind,
    PING_INTERVAL, Stream, TaskRequest, TaskResult,
};

use super::{
    BecomeError, Method, StartError,
    contents::{Content, Transfer, pieces},
    exchange::exchange,
    start::{Started, read_frame},
};
use crate::connection::{ByCommands, Error, Exit, Reader, Writer};

/// Contents up to this size travel with their request instead of being asked for.
const PUSH_LIMIT: u64 = 32 << 10;

/// A helper on a host, for as long as its connection lives; cheap to clone.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    hello: Hello,
    outgoing: mpsc::UnboundedSender<Frame>,
    /// Where all frames of a request go at once: each exchange has a helper of its own, which is asked nothing more.
    exchanges: Option<mpsc::UnboundedSender<Vec<Frame>>>,
    state: Mutex<State>,
    next_request: AtomicU32,
    next_channel: AtomicU16,
}

#[derive(Default)]
struct State {
    pending: HashMap<u32, Pending>,
    channels: HashMap<Method, u16>,
    /// Why nothing more can be asked.
    lost: Option<Lost>,
}

/// What is known about an open request.
struct Pending {
    events: mpsc::UnboundedSender<Event>,
    channel: u16,
    contents: Arc<Vec<Content>>,
    credit: Arc<Semaphore>,
    method: Option<Method>,
}

/// A module to run.
#[derive(Debug, Default)]
pub struct Request {
    pub task: TaskRequest,
    /// What the module may read.
    pub contents: Vec<Content>,
    /// Another user to run it as.
    pub method: Option<Method>,
}

/// What comes back for a request; a `Result` or a failure is the last.
#[derive(Debug)]
pub enum Event {
    Output(Stream, Vec<u8>),
    /// Bytes of a file that the module sends; each is to be acknowledged.
    Upload(Vec<u8>),
    Result(JsonMap),
    /// The other user could not be become.
    BecomeFailed(BecomeError),
    Lost(Lost),
}

/// The connection is gone.
#[derive(Clone, Debug)]
pub struct Lost {
    pub message: String,
    /// What a carrier said, in whose words it is told.
    pub error: Option<Error>,
}

impl Lost {
    fn by(message: impl Into<String>) -> Lost {
        Lost { message: message.into(), error: None }
    }
}

/// The way back from a request; dropping it cancels the request.
pub struct Answer {
    session: Session,
    request: u32,
    channel: u16,
    events: mpsc::UnboundedReceiver<Event>,
    done: bool,
}

impl Answer {
    /// Waits for the next event; `Lost` for ever after the last.
    pub async fn next(&mut self) -> Event {
        let event = self.events.recv().await;
        let event = event.unwrap_or_else(|| Event::Lost(Lost::by("the request has ended")));
        self.done |= !matches!(event, Event::Output(..) | Event::Upload(..));
        event
    }

    /// Says that so many uploaded bytes were taken: the module may send as many more.
    pub fn acknowledge(&self, bytes: usize) {
        let frame = Frame {
            channel: self.channel,
            kind: Kind::Credit,
            request: self.request,
            payload: (bytes as u64).to_be_bytes().to_vec(),
        };
        // A session that is gone says so by its own event.
        let _ = self.session.0.outgoing.send(frame);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.done {
            let frame = Frame {
                channel: self.channel,
                kind: Kind::Cancel,
                request: self.request,
                payload: Vec::new(),
            };
            // A session that is gone has nothing left to cancel.
            let _ = self.session.0.outgoing.send(frame);
        }
    }
}

impl Session {
    fn new(
        hello: Hello,
        outgoing: mpsc::UnboundedSender<Frame>,
        exchanges: Option<mpsc::UnboundedSender<Vec<Frame>>>,
    ) -> Session {
        Session(Arc::new(Inner {
            hello,
            outgoing,
            exchanges,
            state: Mutex::default(),
            next_request: AtomicU32::new(1),
            next_channel: AtomicU16::new(1),
        }))
    }

    /// A helper that is started for each exchange.
    pub(super) fn by_exchanges(way: ByCommands, hello: Hello) -> Session {
        let (exchanges, asked) = mpsc::unbounded_channel();
        // What is said while a request is open is said to nobody: it has ended when it is answered.
        let (outgoing, _) = mpsc::unbounded_channel();
        let session = Session::new(hello, outgoing, Some(exchanges));
        tokio::spawn(exchange_all(way, Arc::downgrade(&session.0), asked));
        session
    }

    pub(super) fn run(started: Started, exit: Exit) -> Session {
        let (outgoing, frames) = mpsc::unbounded_channel();
        let session = Session::new(started.hello, outgoing, None);
        tokio::spawn(write_frames(started.stdin, frames));
        // The reader holds no session of its own, so that dropping the last one ends the helper.
        let inner = Arc::downgrade(&session.0);
        tokio::spawn(async move {
            let lost = read_frames(started.stdout, &inner, exit).await;
            if let Some(inner) = inner.upgrade() {
                Session(inner).lose(lost);
            }
        });
        session
    }

    /// Returns what the helper said of itself.
    pub fn hello(&self) -> &Hello {
        &self.0.hello
    }

    /// Returns whether the connection is gone.
    pub fn is_lost(&self) -> bool {
        self.state().lost.is_some()
    }

    /// Sends a request; everything about it comes back through the answer.
    pub fn send(&self, request: Request) -> Answer {
        let Request { mut task, mut contents, method } = request;
        let at_once = self.0.exchanges.is_some();
        let id = self.0.next_request.fetch_add(1, Ordering::Relaxed);
        let (events, receiver) = mpsc::unbounded_channel();
        let channel = method.as_ref().map_or(Ok((0, None)), |method| self.channel(method));
        let (channel, becoming) = match channel {
            Ok(channel) => channel,
            Err(error) => {
                let _ = events.send(Event::BecomeFailed(error));
                return Answer {
                    session: self.clone(),
                    request: id,
                    channel: 0,
                    events: receiver,
                    done: true,
                };
            }
        };
        if at_once {
            contents.iter_mut().for_each(Content::read);
        }
        task.contents = contents.iter().map(Content::len).collect();
        let limit = if at_once { u64::MAX } else { PUSH_LIMIT };
        let pushed = contents.iter().take_while(
            |content| matches!(content, Content::Bytes(bytes) if bytes.len() as u64 <= limit),
        );
        task.pushed = u32::try_from(pushed.count()).unwrap_or(0);
        let contents = Arc::new(contents);
        let frame = |kind, payload| Frame { channel, kind, request: id, payload };
        let task_frame =
            frame(Kind::Task, serde_json::to_vec(&task).expect("a request is plain data"));
        let mut frames: Vec<Frame> = becoming.into_iter().chain([task_frame]).collect();
        for (index, content) in (0..task.pushed).zip(contents.iter()) {
            if let Content::Bytes(bytes) = content {
                let pieces = pieces(bytes);
                let pieces = pieces.map(|(last, piece)| ContentChunk::encode(index, last, piece));
                frames.extend(pieces.map(|payload| frame(Kind::Content, payload)));
            }
        }
        let mut state = self.state();
        if let Some(lost) = &state.lost {
            let _ = events.send(Event::Lost(lost.clone()));
        } else {
            let credit = Arc::new(Semaphore::new(usize::try_from(CONTENT_WINDOW).unwrap_or(CHUNK)));
            state.pending.insert(id, Pending { events, channel, contents, credit, method });
            if let Some(exchanges) = &self.0.exchanges {
                let _ = exchanges.send(frames);
            } else {
                for frame in frames {
                    let _ = self.0.outgoing.send(frame);
                }
            }
        }
        drop(state);
        Answer { session: self.clone(), request: id, channel, events: receiver, done: false }
    }

    /// Returns the channel of the child that is the other user; it is started at its first use, or by a frame that is to be
    /// sent with what it is for.
    fn channel(&self, method: &Method) -> Result<(u16, Option<Frame>), BecomeError> {
        let mut state = self.state();
        if let Some(channel) = state.channels.get(method) {
            return Ok((*channel, None));
        }
        let channel = self.0.next_channel.fetch_add(1, Ordering::Relaxed);
        let request = method.request(channel)?;
        let payload = serde_json::to_vec(&request).expect("a request is plain data");
        let frame = Frame::new(Kind::Become, 0, payload);
        if self.0.exchanges.is_some() {
            return Ok((channel, Some(frame)));
        }
        let _ = self.0.outgoing.send(frame);
        state.channels.insert(method.clone(), channel);
        Ok((channel, None))
    }

    /// Ends the helpers that run as a user and have nothing to do: before the account is changed, which it could not be
    /// as long as somebody uses it. They are started again when a task wants them.
    pub fn leave(&self, user: &str) {
        let mut state = self.state();
        let State { channels, pending, .. } = &mut *state;
        channels.retain(|method, channel| {
            let is_busy = pending.values().any(|pending| pending.channel == *channel);
            if method.user != user || is_busy {
                return true;
            }
            let payload = channel.to_be_bytes().to_vec();
            let _ = self.0.outgoing.send(Frame::new(Kind::Leave, 0, payload));
            false
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dispatch(&self, frame: Frame) {
        match frame.kind {
            Kind::Result => {
                let result = serde_json::from_slice::<TaskResult>(&frame.payload);
                if let Some(pending) = self.state().pending.remove(&frame.request) {
                    let event = match result {
                        Ok(result) => Event::Result(result.result),
                        Err(error) => {
                            Event::Lost(Lost::by(format!("the result cannot be read: {error}")))
                        }
                    };
                    let _ = pending.events.send(event);
                }
            }
            Kind::Output => {
                if let Some((stream, bytes)) = frame.payload.split_first()
                    && let Some(pending) = self.state().pending.get(&frame.request)
                {
                    let stream = if *stream == Stream::Stderr as u8 {
                        Stream::Stderr
                    } else {
                        Stream::Stdout
                    };
                    let _ = pending.events.send(Event::Output(stream, bytes.to_vec()));
                }
            }
            Kind::Upload => {
                if let Some(pending) = self.state().pending.get(&frame.request) {
                    let _ = pending.events.send(Event::Upload(frame.payload));
                }
            }
            Kind::Fetch => {
                if let Ok(fetch) = serde_json::from_slice::<FetchRequest>(&frame.payload)
                    && let Some(pending) = self.state().pending.get(&frame.request)
                {
                    let transfer = Transfer {
                        outgoing: self.0.outgoing.clone(),
                        request: frame.request,
                        channel: pending.channel,
                        contents: Arc::clone(&pending.contents),
                        credit: Arc::clone(&pending.credit),
                    };
                    tokio::spawn(transfer.run(fetch.contents));
                }
            }
            Kind::Credit => {
                if let (Ok(bytes), Some(pending)) = (
                    <[u8; 8]>::try_from(frame.payload.as_slice()),
                    self.state().pending.get(&frame.request),
                ) {
                    pending
                        .credit
                        .add_permits(usize::try_from(u64::from_be_bytes(bytes)).unwrap_or(0));
                }
            }
            Kind::BecomeFailed => {
                if let Ok(failed) = serde_json::from_slice::<BecomeFailed>(&frame.payload) {
                    self.fail_channel(&failed);
                }
            }
            _ => (),
        }
    }

    /// Ends every request on a channel whose child is not there; the next request tries again.
    fn fail_channel(&self, failed: &BecomeFailed) {
        let mut state = self.state();
        state.channels.retain(|_, channel| *channel != failed.channel);
        let ended: Vec<u32> = state
            .pending
            .iter()
            .filter(|(_, p)| p.channel == failed.channel)
            .map(|(id, _)| *id)
            .collect();
        for id in ended {
            if let Some(pending) = state.pending.remove(&id)
                && let Some(method) = &pending.method
            {
                let _ = pending.events.send(Event::BecomeFailed(method.explain(failed)));
            }
        }
    }

    /// Ends a request that nothing answered.
    fn lose_one(&self, request: u32) {
        if let Some(pending) = self.state().pending.remove(&request) {
            let _ =
                pending.events.send(Event::Lost(Lost::by("the helper ended without an answer")));
        }
    }

    fn lose(&self, lost: Lost) {
        let mut state = self.state();
        for (_, pending) in state.pending.drain() {
            let _ = pending.events.send(Event::Lost(lost.clone()));
        }
        state.lost = Some(lost);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.0.hello.user)
    }
}

/// Asks what waits, in one exchange after the other.
async fn exchange_all(
    way: ByCommands,
    inner: std::sync::Weak<Inner>,
    mut asked: mpsc::UnboundedReceiver<Vec<Frame>>,
) {
    while let Some(mut frames) = asked.recv().await {
        while let Ok(more) = asked.try_recv() {
            frames.extend(more);
        }
        let answered = exchange(&way, &frames).await;
        let Some(session) = inner.upgrade().map(Session) else { return };
        match answered {
            Ok((_, answers)) => {
                for frame in answers {
                    session.dispatch(frame);
                }
                for task in frames.iter().filter(|frame| frame.kind == Kind::Task) {
                    session.lose_one(task.request);
                }
            }
            Err(error) => {
                let message = error.to_string();
                let error = match error {
                    StartError::Carrier(error) => Some(error),
                    _ => None,
                };
                session.lose(Lost { message, error });
            }
        }
    }
}

async fn read_frames(
    mut stdout: BufReader<Reader>,
    inner: &std::sync::Weak<Inner>,
    exit: Exit,
) -> Lost {
    loop {
        match read_frame(&mut stdout).await {
            Ok(Some(frame)) => match inner.upgrade() {
                Some(inner) => Session(inner).dispatch(frame),
                None => return Lost::by("nobody waits any more"),
            },
            Ok(None) => {
                let ended = tokio::time::timeout(Duration::from_millis(500), exit.wait()).await;
                let message = match ended {
                    Ok(Err(error)) => error.to_string(),
                    _ => "the connection was closed while the helper ran".to_owned(),
                };
                return Lost::by(message);
            }
            Err(error) => {
                return Lost::by(format!("the connection to the helper broke: {error}"));
            }
        }
    }
}

/// Writes frames as they come, those that wait together in one go, and pings in between.
async fn write_frames(
    mut stdin: Writer,
    mut frames: mpsc::UnboundedReceiver<Frame>,
) -> io::Result<()> {
    let idle = Duration::from_secs_f64(PING_INTERVAL);
    let mut buffer = Vec::new();
    loop {
        let first = match tokio::time::timeout(idle, frames.recv()).await {
            Ok(Some(frame)) => frame,
            Ok(None) => return stdin.shutdown().await,
            Err(_) => Frame::new(Kind::Ping, 0, Vec::new()),
        };
        buffer.clear();
        put(&mut buffer, &first);
        while buffer.len() < CHUNK {
            match frames.try_recv() {
                Ok(frame) => put(&mut buffer, &frame),
                Err(_) => break,
            }
        }
        stdin.write_all(&buffer).await?;
        stdin.flush().await?;
    }
}

fn put(buffer: &mut Vec<u8>, frame: &Frame) {
    buffer.extend_from_slice(&frame.header().encode());
    buffer.extend_from_slice(&frame.payload);
}

#[cfg(test)]
mod tests {
    use windlass_protocol::Json;

    use super::*;
    use crate::connection::{ConnectionOptions, Connections, Target, Unattended};

    async fn local() -> Session {
        let options = ConnectionOptions::new(Arc::new(Unattended), std::env::temp_dir());
        let connection = Connections::new(options).open(&Target::local("localhost")).await.unwrap();
        Session::start(&connection, Duration::from_secs(20)).await.unwrap()
    }

    async fn result(answer: &mut Answer) -> Json {
        match answer.next().await {
            Event::Result(result) => Json::Object(result),
            other => panic!("{other:?}"),
        }
    }

    fn ping(data: &str, lane: u32) -> Request {
        let args = JsonMap::from_iter([("data".to_owned(), data.into())]);
        Request {
            task: TaskRequest { module: "ping".to_owned(), args, lane, ..TaskRequest::default() },
            ..Request::default()
        }
    }

    #[tokio::test]
    async fn requests_are_answered_each_by_its_own_result() {
        let session = local().await;
        let mut answers: Vec<_> =
            (0..50).map(|n| session.send(ping(&n.to_string(), n % 3))).collect();
        for (n, answer) in answers.iter_mut().enumerate() {
            assert_eq!(result(answer).await["ping"], n.to_string());
        }
    }

    #[tokio::test]
    async fn a_user_that_cannot_be_become_fails_the_request_with_a_reason() {
        let session = local().await;
        let method = Method {
            name: "sudo".to_owned(),
            user: "nobody".to_owned(),
            executable: "/does/not/exist".to_owned(),
            limit: 10,
            ..Method::default()
        };
        let mut answer = session.send(Request { method: Some(method), ..ping("x", 0) });
        let Event::BecomeFailed(error) = answer.next().await else { panic!("it became") };
        assert!(error.message.contains("not installed on the host"), "{}", error.message);
    }
}
