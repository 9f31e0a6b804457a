//! A helper of another user, started through `sudo`, `su` or `doas`.
//!
//! The password is written to the pipe or terminal that the method asks on, and nowhere else.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::OwnedFd,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

use crate::identity::Identity;
use windlass_protocol::{
    Become, BecomeFailed, BecomeFailure, Frame, Kind, Prompt,
    bootstrap::{self, Greeting},
    wants_password, write_frame,
};

/// How long a helper may take to start as soon as its shell runs as the other user.
const START_LIMIT: Duration = Duration::from_mins(1);

/// The way to a child.
pub(crate) struct Child {
    input: Mutex<Option<File>>,
    process: Mutex<std::process::Child>,
    /// What it printed to standard error.
    errors: Arc<Mutex<Vec<u8>>>,
}

impl Child {
    pub(crate) fn forward(&self, frame: &Frame) {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = input.as_mut()
            && write_frame(file, frame).is_err()
        {
            // Whoever reads from the child sees it end and says so.
            *input = None;
        }
    }

    /// Ends the child's input, which ends the child; on a terminal the end has to be said.
    pub(crate) fn close(&self) {
        let input = self.input.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut file) = input {
            // A child that is gone by now has ended.
            let _ = write_frame(&mut file, &Frame::new(Kind::Leave, 0, Vec::new()));
        }
    }

    /// Ends the child and waits for that, at most so long.
    pub(crate) fn end(&self, limit: Duration) {
        self.close();
        let deadline = Instant::now() + limit;
        let is_there = || {
            let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
            matches!(process.try_wait(), Ok(None))
        };
        while is_there() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Starts a child and waits until its helper has said hello; returns it and where its frames come from.
pub(crate) fn start(
    request: &Become,
    identity: &Identity,
    finish: bool,
) -> Result<(Child, impl Read + use<>), BecomeFailed> {
    let failed = |reason, stderr: String| BecomeFailed {
        output: stderr.clone(),
        stderr,
        ..BecomeFailed::new(request.channel, reason)
    };
    let script = own_script(identity, finish)
        .map_err(|error| failed(BecomeFailure::Ended, error.to_string()))?;
    let pty = request.prompt.as_ref().is_some_and(|prompt| prompt.pty);
    let spawned = spawn(&request.argv, &script, pty).map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => BecomeFailure::NotFound,
            _ => BecomeFailure::Ended,
        };
        failed(reason, error.to_string())
    })?;
    let Spawned { process, input, output, errors } = spawned;
    let mut conversation = Conversation {
        process,
        input,
        prompt: request.prompt.clone(),
        deadline: Instant::now() + Duration::from_secs_f64(request.timeout),
        heard: Heard::default(),
        said: Vec::new(),
        answered: false,
        errors: Arc::default(),
    };
    let pieces = listen(output, errors);
    match conversation.until_hello(&pieces) {
        Ok(rest) => {
            let Conversation { process, input, errors, .. } = conversation;
            let late = Arc::clone(&errors);
            let child =
                Child { input: Mutex::new(Some(input)), process: Mutex::new(process), errors };
            Ok((child, Frames { pieces, rest, at: 0, errors: late }))
        }
        Err((reason, output)) => {
            end(&mut conversation.process);
            let status = conversation.process.wait().ok().and_then(|status| status.code());
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let said = text(&conversation.said);
            let errors = text(&conversation.errors.lock().unwrap_or_else(PoisonError::into_inner));
            // What asks on a terminal asks beside its output.
            let (stdout, stderr) = if pty { (errors, said) } else { (said, errors) };
            let answered = conversation.answered;
            Err(BecomeFailed {
                output,
                stdout,
                stderr,
                answered,
                status,
                ..BecomeFailed::new(request.channel, reason)
            })
        }
    }
}

/// Kills a method and what it started: all that is in the group or session that it began.
fn end(process: &mut std::process::Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(process.id()).ok().and_then(Pid::from_raw) {
        // What belongs to another user ends when its input does.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = process.kill();
}

/// Returns why a child that had started is gone.
pub(crate) fn ended(channel: u16, child: Option<&Child>) -> BecomeFailed {
    let status = child.and_then(|child| {
        child.close();
        child.process.lock().unwrap_or_else(PoisonError::into_inner).wait().ok()?.code()
    });
    let output = child.map_or_else(String::new, |child| {
        let errors = child.errors.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&errors).into_owned()
    });
    BecomeFailed {
        output: output.clone(),
        stderr: output,
        status,
        ..BecomeFailed::new(channel, BecomeFailure::Ended)
    }
}

/// The bootstrap for this very binary, which the child gets from here.
fn own_script(identity: &Identity, finish: bool) -> io::Result<String> {
    let raw_len =
        usize::try_from(std::fs::metadata("/proc/self/exe")?.len()).map_err(io::Error::other)?;
    let image = bootstrap::Image {
        machines: vec!["*".to_owned()],
        sha256: identity.sha256.clone(),
        crc32: identity.crc32,
        raw_len,
        packed_len: None,
    };
    let serve = if finish { "serve --finish" } else { "serve" };
    Ok(bootstrap::script(&[image], serve, true))
}

struct Spawned {
    process: std::process::Child,
    input: File,
    output: File,
    /// Standard error, where it is a pipe of its own.
    errors: Option<File>,
}

fn spawn(argv: &[String], script: &str, pty: bool) -> io::Result<Spawned> {
    // The last word is where the shell's script goes, alone or inside a command line for `su -c`.
    let encoded = bootstrap::without_dollars(script);
    let filled = |word: &String| word.replace("@SCRIPT@", script).replace("@ENCODED@", &encoded);
    let argv: Vec<String> = argv.iter().map(filled).collect();
    let [program, args @ ..] = argv.as_slice() else {
        return Err(io::Error::other("no command given"));
    };
    let mut command = Command::new(program);
    command.args(args);
    if pty {
        let (controller, terminal) = open_terminal()?;
        let terminal_file = File::from(terminal);
        command
            .stdin(terminal_file.try_clone()?)
            .stdout(terminal_file.try_clone()?)
            .stderr(terminal_file);
        own_session(&mut command);
        let process = command.spawn()?;
        drop(command);
        let input = File::from(controller);
        return Ok(Spawned { process, output: input.try_clone()?, input, errors: None });
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0);
    let mut process = command.spawn()?;
    let file = |fd: Option<OwnedFd>| fd.map(File::from).ok_or_else(|| io::Error::other("no pipe"));
    let input = file(process.stdin.take().map(Into::into))?;
    let output = file(process.stdout.take().map(Into::into))?;
    let errors = process.stderr.take().map(|pipe| File::from(OwnedFd::from(pipe)));
    Ok(Spawned { process, input, output, errors })
}

/// A terminal that changes no byte and echoes nothing.
fn open_terminal() -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::{
        fs::{Mode, OFlags},
        pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
        termios::{OptionalActions, tcgetattr, tcsetattr},
    };
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&controller)?;
    unlockpt(&controller)?;
    let name = ptsname(&controller, Vec::new())?;
    let terminal =
        rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let mut modes = tcgetattr(&terminal)?;
    modes.make_raw();
    tcsetattr(&terminal, OptionalActions::Now, &modes)?;
    Ok((controller, terminal))
}

/// Gives the command a session of its own with its standard input as the controlling terminal.
#[expect(unsafe_code, reason = "only between fork and exec can a process leave its session")]
fn own_session(command: &mut Command) {
    // SAFETY: both calls are async-signal-safe system calls without allocation.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        });
    }
}

/// A piece of what the child printed.
enum Piece {
    Output(Vec<u8>),
    Errors(Vec<u8>),
}

fn listen(output: File, errors: Option<File>) -> mpsc::Receiver<Piece> {
    let (sender, receiver) = mpsc::sync_channel(64);
    if let Some(errors) = errors {
        let sender = sender.clone();
        std::thread::spawn(move || pump(errors, &sender, Piece::Errors));
    }
    std::thread::spawn(move || pump(output, &sender, Piece::Output));
    receiver
}

fn pump(mut from: File, to: &mpsc::SyncSender<Piece>, piece: fn(Vec<u8>) -> Piece) {
    let mut buffer = vec![0; windlass_protocol::CHUNK];
    // A terminal whose other end closed reads as an error: the end all the same.
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || to.send(piece(buffer[..n].to_vec())).is_err() {
            return;
        }
    }
}

/// What was printed since a prompt was answered.
#[derive(Default)]
struct Heard {
    /// On both streams, in the order in which it came.
    all: Vec<u8>,
    output: Vec<u8>,
    errors: Vec<u8>,
}

impl Heard {
    fn piece(&mut self, is_error: bool, bytes: &[u8]) {
        self.all.extend_from_slice(bytes);
        if is_error { &mut self.errors } else { &mut self.output }.extend_from_slice(bytes);
    }
}

/// What happens before the helper says hello: prompts, noise, the upload.
struct Conversation {
    process: std::process::Child,
    input: File,
    prompt: Option<Prompt>,
    deadline: Instant,
    heard: Heard,
    /// Everything printed to standard output, or the terminal.
    said: Vec<u8>,
    answered: bool,
    errors: Arc<Mutex<Vec<u8>>>,
}

type Refusal = (BecomeFailure, String);

impl Conversation {
    /// Returns the bytes that came after the hello line.
    fn until_hello(&mut self, pieces: &mpsc::Receiver<Piece>) -> Result<Vec<u8>, Refusal> {
        let mut lines = Vec::new();
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            match pieces.recv_timeout(left) {
                Ok(Piece::Output(bytes)) => {
                    lines.extend_from_slice(&bytes);
                    self.heard.piece(false, &bytes);
                    self.said.extend_from_slice(&bytes);
                    while let Some(end) = lines.iter().position(|byte| *byte == b'\n') {
                        let line: Vec<u8> = lines.drain(..=end).collect();
                        let greeting = Greeting::parse(&String::from_utf8_lossy(&line));
                        if greeting.is_some() {
                            // It has become: from here on the limit is that of starting.
                            self.deadline = Instant::now() + START_LIMIT;
                        }
                        match greeting {
                            Some(Greeting::Hello) => return Ok(lines),
                            Some(Greeting::Need) => self.upload()?,
                            Some(Greeting::Fail(text)) => return Err((BecomeFailure::Ended, text)),
                            Some(Greeting::Arch(_)) | None => (),
                        }
                    }
                }
                Ok(Piece::Errors(bytes)) => {
                    self.errors
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .extend_from_slice(&bytes);
                    self.heard.piece(true, &bytes);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    return Err((BecomeFailure::Timeout, self.text()));
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err((self.why_ended(), self.text()));
                }
            }
            self.answer_prompt()?;
        }
    }

    fn answer_prompt(&mut self) -> Result<(), Refusal> {
        let Some(prompt) = &self.prompt else { return Ok(()) };
        let text = String::from_utf8_lossy(&self.heard.all).into_owned();
        if self.answered && prompt.refuses(&text) {
            return Err((BecomeFailure::IncorrectPassword, text));
        }
        if !prompt.asks_on([&self.heard.output, &self.heard.errors]) {
            return Ok(());
        }
        if self.answered {
            return Err((BecomeFailure::IncorrectPassword, text));
        }
        let Some(password) = &prompt.password else {
            return Err((BecomeFailure::MissingPassword, text));
        };
        let line = format!("{password}\n");
        self.input
            .write_all(line.as_bytes())
            .map_err(|error| (BecomeFailure::Ended, error.to_string()))?;
        self.answered = true;
        self.heard = Heard::default();
        Ok(())
    }

    fn upload(&mut self) -> Result<(), Refusal> {
        let failed = |error: io::Error| (BecomeFailure::Ended, error.to_string());
        let mut own = File::open("/proc/self/exe").map_err(failed)?;
        let mut input = self.input.try_clone().map_err(failed)?;
        // A terminal that echoes takes no more until what it printed is read; and what takes nothing ends at the
        // deadline, which the reader keeps.
        std::thread::spawn(move || io::copy(&mut own, &mut input));
        Ok(())
    }

    fn why_ended(&self) -> BecomeFailure {
        let text = self.text();
        if self.prompt.as_ref().is_some_and(|prompt| prompt.refuses(&text)) {
            BecomeFailure::IncorrectPassword
        } else if wants_password(&text) {
            BecomeFailure::MissingPassword
        } else {
            BecomeFailure::Ended
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.heard.all).trim().to_owned()
    }
}

/// The child's output from its first frame on.
struct Frames {
    pieces: mpsc::Receiver<Piece>,
    rest: Vec<u8>,
    at: usize,
    errors: Arc<Mutex<Vec<u8>>>,
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.rest.len() {
            match self.pieces.recv() {
                Ok(Piece::Output(bytes)) => (self.rest, self.at) = (bytes, 0),
                Ok(Piece::Errors(bytes)) => {
                    let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
                    if errors.len() < 16 << 10 {
                        errors.extend_from_slice(&bytes);
                    }
                }
                Err(mpsc::RecvError) => return Ok(0),
            }
        }
        let n = buffer.len().min(self.rest.len() - self.at);
        buffer[..n].copy_from_slice(&self.rest[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}
