//! Answering the controller: requests by lanes, contents to their requests, frames to children.

use std::{
    collections::{HashMap, VecDeque},
    io,
    process::ExitCode,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use windlass_modules::host::{Failure, Host, HostOptions};
use windlass_protocol::{
    BecomeFailed, ContentChunk, Frame, Hello, Json, JsonMap, Kind, PROTOCOL, Stream, TaskRequest,
    TaskResult, bootstrap, read_frame,
};

use crate::{
    child::{self, Child},
    contents::{Inbox, Incoming},
    identity::Identity,
    job,
    wire::{Wire, complain},
};

/// How long running modules may take to stop once the controller is gone.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Threads that are kept for lanes to come: most plays have one lane at a time, and a new thread costs as much as a small task.
const KEPT_THREADS: usize = 2;

pub(crate) fn serve(options: &[&str]) -> ExitCode {
    let silence = options.iter().position(|option| *option == "--silence");
    let silence = silence.and_then(|at| options.get(at + 1)?.parse::<f64>().ok());
    let identity = options.iter().position(|option| *option == "--self");
    let identity = identity.and_then(|at| Identity::parse(options.get(at + 1)?));
    let Some(identity) = identity else {
        complain("windlass-helper: `--self HASH:CHECKSUM` is missing");
        return ExitCode::from(2);
    };
    // A local controller runs with small pages; what is started here is somebody's program.
    let _ = rustix::thread::disable_transparent_huge_pages(false);
    let ways = Ways {
        ephemeral: options.contains(&"--ephemeral"),
        text: options.contains(&"--text"),
        finish: options.contains(&"--finish"),
    };
    match Server::start(identity, ways) {
        Ok(server) => {
            if let Some(seconds) = silence {
                server.watch_silence(Duration::from_secs_f64(seconds));
            }
            server.read_frames();
            if server.finish {
                server.finish();
            }
            server.stop();
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("windlass-helper: {error}"));
            ExitCode::from(126)
        }
    }
}

/// What the controller, or the helper that started this one, wants to be different.
#[derive(Clone, Copy)]
struct Ways {
    /// Nothing stays on the host.
    ephemeral: bool,
    /// Frames go out as lines of text: what carries them may change other bytes.
    text: bool,
    /// The end of the input is no reason to stop: whoever started this has said all that they want, and waits.
    finish: bool,
}

struct Server {
    wire: Wire,
    identity: Identity,
    finish: bool,
    /// Threads that start or hear children.
    hearing: AtomicUsize,
    state: Mutex<State>,
    /// A lane has come for a thread that waits.
    lane_came: Condvar,
    started: Instant,
    /// Milliseconds after `started` at which something was last heard.
    heard: AtomicU64,
}

#[derive(Default)]
struct State {
    lanes: HashMap<u32, VecDeque<Job>>,
    /// Threads that wait for a lane, and the lanes that are meant for them.
    waiting: usize,
    handed: VecDeque<u32>,
    running: HashMap<u32, Running>,
    children: HashMap<u16, Slot>,
}

/// A child's place: frames that come before it can take them wait.
enum Slot {
    Starting(Vec<Frame>),
    Ready(Arc<Child>),
}

struct Job {
    request: u32,
    task: TaskRequest,
    inbox: Arc<Inbox>,
    cancelled: Arc<AtomicBool>,
}

/// What reaches a request from outside while it waits or runs.
struct Running {
    inbox: Arc<Inbox>,
    cancelled: Arc<AtomicBool>,
}

impl Server {
    /// Checks the binary against its name and says hello.
    fn start(identity: Identity, ways: Ways) -> io::Result<Arc<Server>> {
        identity.verify()?;
        if ways.ephemeral {
            let path = std::env::current_exe()?;
            // Nothing is left in a shared folder; a file that cannot be removed is no reason not to work.
            let _ = std::fs::remove_file(&path);
            let _ = path.parent().map(std::fs::remove_dir);
        }
        let wire = Wire::take_stdout(ways.text)?;
        wire.line(&format!("{}\n", bootstrap::HELLO_LINE))?;
        let host = Host::new(HostOptions::default());
        let uid = rustix::process::geteuid().as_raw();
        let user = host.local_users().into_iter().find(|user| user.uid == uid);
        wire.say(
            Kind::Hello,
            0,
            &Hello {
                protocol: PROTOCOL,
                pid: std::process::id(),
                uid,
                home: user
                    .as_ref()
                    .map_or_else(|| host.env("HOME").unwrap_or_default(), |user| user.home.clone()),
                user: user.map_or_else(|| uid.to_string(), |user| user.name),
            },
        )?;
        let started = Instant::now();
        Ok(Arc::new(Server {
            wire,
            identity,
            finish: ways.finish,
            hearing: AtomicUsize::new(0),
            state: Mutex::default(),
            lane_came: Condvar::new(),
            started,
            heard: AtomicU64::new(0),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the process when nothing was heard for so long.
    fn watch_silence(self: &Arc<Self>, limit: Duration) {
        let server = Arc::clone(self);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(limit / 8);
                let heard = Duration::from_millis(server.heard.load(Ordering::Relaxed));
                if server.started.elapsed().saturating_sub(heard) > limit {
                    server.stop();
                    // The main thread waits for frames that never come.
                    std::process::exit(0);
                }
            }
        });
    }

    fn read_frames(self: &Arc<Self>) {
        let mut input = io::BufReader::with_capacity(128 << 10, io::stdin().lock());
        while let Ok(Some(frame)) = read_frame(&mut input).map_err(drop_error) {
            let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.heard.store(now, Ordering::Relaxed);
            if frame.is_last() {
                return;
            }
            self.dispatch(frame);
        }
    }

    fn dispatch(self: &Arc<Self>, frame: Frame) {
        if frame.channel != 0 {
            return self.pass_on(frame);
        }
        match frame.kind {
            Kind::Task => self.enqueue(frame.request, &frame.payload),
            Kind::Content => {
                let inbox = self
                    .state()
                    .running
                    .get(&frame.request)
                    .map(|running| Arc::clone(&running.inbox));
                if let (Some(inbox), Some(chunk)) = (inbox, ContentChunk::decode(&frame.payload)) {
                    inbox.put(chunk);
                }
            }
            Kind::Credit => {
                let running = &self.state().running;
                if let (Some(running), Ok(bytes)) =
                    (running.get(&frame.request), <[u8; 8]>::try_from(frame.payload.as_slice()))
                {
                    running.inbox.acknowledge(u64::from_be_bytes(bytes));
                }
            }
            Kind::Cancel => {
                if let Some(running) = self.state().running.get(&frame.request) {
                    running.cancelled.store(true, Ordering::Relaxed);
                    running.inbox.close();
                }
            }
            Kind::Become => match serde_json::from_slice(&frame.payload) {
                Ok(request) => self.start_child(frame.request, request),
                Err(error) => complain(&format!("windlass-helper: {error}")),
            },
            Kind::Leave => {
                if let Ok(channel) = frame.payload.try_into().map(u16::from_be_bytes) {
                    self.end_child(channel);
                }
            }
            _ => (),
        }
    }

    fn pass_on(&self, frame: Frame) {
        let child = match self.state().children.get_mut(&frame.channel) {
            Some(Slot::Starting(waiting)) => return waiting.push(Frame { channel: 0, ..frame }),
            Some(Slot::Ready(child)) => Arc::clone(child),
            // The controller learns of the failed child by its own message.
            None => return,
        };
        child.forward(&Frame { channel: 0, ..frame });
    }

    fn enqueue(self: &Arc<Self>, request: u32, payload: &[u8]) {
        let task: TaskRequest = match serde_json::from_slice(payload) {
            Ok(task) => task,
            Err(error) => {
                return self
                    .answer(request, failed(&format!("the request cannot be read: {error}")));
            }
        };
        let inbox = Arc::new(Inbox::new(self.finish));
        let cancelled = Arc::<AtomicBool>::default();
        let lane = task.lane;
        let mut state = self.state();
        let running = Running { inbox: Arc::clone(&inbox), cancelled: Arc::clone(&cancelled) };
        state.running.insert(request, running);
        let job = Job { request, task, inbox, cancelled };
        match state.lanes.get_mut(&lane) {
            Some(queue) => queue.push_back(job),
            None => {
                state.lanes.insert(lane, VecDeque::from([job]));
                if state.waiting > state.handed.len() {
                    state.handed.push_back(lane);
                    drop(state);
                    self.lane_came.notify_one();
                } else {
                    let server = Arc::clone(self);
                    std::thread::spawn(move || server.drain_lanes(lane));
                }
            }
        }
    }

    /// Runs a lane and then those that come, unless enough threads wait for these.
    fn drain_lanes(&self, mut lane: u32) {
        loop {
            self.drain_lane(lane);
            let mut state = self.state();
            if state.waiting == KEPT_THREADS {
                return;
            }
            state.waiting += 1;
            lane = loop {
                if let Some(lane) = state.handed.pop_front() {
                    break lane;
                }
                state = self.lane_came.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            state.waiting -= 1;
        }
    }

    /// Runs a lane's requests one after the other until there are none.
    fn drain_lane(&self, lane: u32) {
        loop {
            let job = {
                let mut state = self.state();
                match state.lanes.get_mut(&lane).and_then(VecDeque::pop_front) {
                    Some(job) => job,
                    None => {
                        state.lanes.remove(&lane);
                        return;
                    }
                }
            };
            let request = job.request;
            let result = self.run(job);
            self.state().running.remove(&request);
            self.answer(request, result);
        }
    }

    fn run(&self, job: Job) -> JsonMap {
        let Job { request, task, inbox, cancelled } = job;
        let Some(module) = windlass_modules::find(&task.module) else {
            return failed(&format!("this helper has no module `{}`", task.module));
        };
        if let Some(job) = &task.job {
            let contents =
                Incoming { inbox, wire: self.wire.clone(), request, pushed: task.pushed };
            return job::start(&task, job, &contents);
        }
        let (window, wire) = (Arc::clone(&inbox), self.wire.clone());
        let upload = move |bytes: &[u8]| {
            window.send(bytes.len() as u64)?;
            wire.send(&Frame::new(Kind::Upload, request, bytes.to_vec()))
        };
        let wire = self.wire.clone();
        let on_output = move |stream: Stream, bytes: &[u8]| {
            let mut payload = Vec::with_capacity(bytes.len() + 1);
            payload.push(stream as u8);
            payload.extend_from_slice(bytes);
            // A controller that is gone is noticed by whoever reads.
            let _ = wire.send(&Frame::new(Kind::Output, request, payload));
        };
        let contents = Incoming { inbox, wire: self.wire.clone(), request, pushed: task.pushed };
        let host = Host::new(HostOptions {
            contents: Box::new(contents),
            upload: Some(Box::new(upload)),
            on_output: task.stream.then(|| Box::new(on_output) as _),
            cancelled,
            deadline: task.timeout.map(|seconds| Instant::now() + Duration::from_secs_f64(seconds)),
            ..HostOptions::asked_for(&task)
        });
        module.run_as(&task.module, &task.args, &host)
    }

    fn answer(&self, request: u32, result: JsonMap) {
        // A controller that is gone is noticed by whoever reads.
        let _ = self.wire.say(Kind::Result, request, &TaskResult { result });
    }

    fn start_child(self: &Arc<Self>, request: u32, become_request: windlass_protocol::Become) {
        let server = Arc::clone(self);
        let channel = become_request.channel;
        self.state().children.insert(channel, Slot::Starting(Vec::new()));
        self.hearing.fetch_add(1, Ordering::Relaxed);
        std::thread::spawn(move || {
            let failure = server.hear_child(&become_request);
            let _ = server.wire.say(Kind::BecomeFailed, request, &failure);
            server.hearing.fetch_sub(1, Ordering::Relaxed);
        });
    }

    /// Starts a child and passes on what comes from it; returns why it is gone.
    fn hear_child(&self, become_request: &windlass_protocol::Become) -> BecomeFailed {
        let channel = become_request.channel;
        let started = child::start(become_request, &self.identity, self.finish);
        let (child, mut output) = match started {
            Ok(started) => started,
            Err(failure) => {
                self.state().children.remove(&channel);
                return failure;
            }
        };
        {
            let mut state = self.state();
            let slot = state.children.insert(channel, Slot::Ready(Arc::new(child)));
            if let (Some(Slot::Starting(waiting)), Some(Slot::Ready(child))) =
                (slot, state.children.get(&channel))
            {
                for frame in &waiting {
                    child.forward(frame);
                }
            }
        }
        while let Ok(Some(frame)) = read_frame(&mut output) {
            if self.wire.send(&Frame { channel, ..frame }).is_err() {
                break;
            }
        }
        match self.state().children.remove(&channel) {
            Some(Slot::Ready(child)) => child::ended(channel, Some(&child)),
            _ => child::ended(channel, None),
        }
    }

    /// Waits until everything that was asked for is answered, by children too.
    fn finish(&self) {
        loop {
            {
                let state = self.state();
                for running in state.running.values() {
                    running.inbox.close();
                }
                for slot in state.children.values() {
                    if let Slot::Ready(child) = slot {
                        child.close();
                    }
                }
                if state.lanes.is_empty() && self.hearing.load(Ordering::Relaxed) == 0 {
                    return;
                }
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn end_child(&self, channel: u16) {
        let child = self.state().children.remove(&channel);
        if let Some(Slot::Ready(child)) = child {
            child.end(LAST_WORDS);
        }
    }

    /// Stops whatever runs: commands are killed, children see their input end.
    fn stop(&self) {
        {
            let mut state = self.state();
            state.lanes.values_mut().for_each(VecDeque::clear);
            for running in state.running.values() {
                running.cancelled.store(true, Ordering::Relaxed);
                running.inbox.close();
            }
            for slot in state.children.values() {
                if let Slot::Ready(child) = slot {
                    child.close();
                }
            }
        }
        let end = Instant::now() + LAST_WORDS;
        while Instant::now() < end && !self.state().lanes.is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn drop_error(error: io::Error) {
    if error.kind() == io::ErrorKind::InvalidData {
        complain(&format!("windlass-helper: {error}"));
    }
}

fn failed(message: &str) -> JsonMap {
    let host = Host::new(HostOptions::default());
    let mut result = host.finish(Err(Failure::new(message)));
    result.insert("failed".to_owned(), Json::Bool(true));
    result
}
