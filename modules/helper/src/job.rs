//! Jobs: modules that go on when the controller and the helper that started them are gone.
//!
//! A job is this program once more, in a session of its own. It tells how it goes in a file under its number, in the
//! reference's format, so that either tool can ask for it.

use std::{
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use windlass_modules::host::{Contents, Failure, Host, HostOptions};
use windlass_protocol::{Job, Json, JsonMap, TaskRequest};

/// How long a module may take to stop once its time is over.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Starts a job; the answer is how to ask for it.
///
/// What comes with the request is read before: the job has nobody to ask.
pub(crate) fn start(task: &TaskRequest, job: &Job, contents: &dyn Contents) -> JsonMap {
    let held = Held::read(task.contents.len(), contents);
    match held.and_then(|held| spawn(task, &held, &home_path(&job.folder))) {
        Ok((id, path)) => {
            let mut result = JsonMap::new();
            result.insert("started".to_owned(), true.into());
            result.insert("finished".to_owned(), false.into());
            result.insert("ansible_job_id".to_owned(), id.into());
            result.insert("results_file".to_owned(), path.display().to_string().into());
            result.insert("changed".to_owned(), true.into());
            result
        }
        Err(error) => {
            let message = format!("could not start the job: {error}");
            Host::new(HostOptions::default()).finish(Err(Failure::new(message)))
        }
    }
}

fn spawn(task: &TaskRequest, held: &Held, folder: &Path) -> io::Result<(String, PathBuf)> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut bytes = [0; 8];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let number = u64::from_le_bytes(bytes) % 1_000_000_000_000;
    let mut process = Command::new("/proc/self/exe")
        .args(["job", &number.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let id = format!("j{number}.{}", process.id());
    let request = serde_json::to_vec(task)?;
    let parts = std::iter::once(&request).chain(&held.0);
    let sent = process.stdin.take().map_or(Ok(()), |mut input| {
        for part in parts {
            input.write_all(&(part.len() as u64).to_le_bytes())?;
            input.write_all(part)?;
        }
        io::Result::Ok(())
    });
    // It answers once it stands on its own feet and its file is there.
    let mut word = Vec::new();
    if let Some(mut output) = process.stdout.take() {
        output.read_to_end(&mut word)?;
    }
    sent?;
    if word != READY {
        let _ = process.wait();
        return Err(io::Error::other(String::from_utf8_lossy(&word).into_owned()));
    }
    // While this helper lives, a job that ended must not stay as a zombie.
    std::thread::spawn(move || process.wait());
    let path = folder.join(&id);
    Ok((id, path))
}

const READY: &[u8] = b"ready";

/// The job itself: reads what to do from standard input, and goes its own way.
pub(crate) fn run(number: &str) -> ExitCode {
    match begin(number) {
        Ok((task, held, file)) => {
            let result = work(task, held, &file);
            ExitCode::from(u8::from(file.write(&result).is_err()))
        }
        Err(error) => {
            let _ = io::stdout().write_all(error.to_string().as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn begin(number: &str) -> io::Result<(TaskRequest, Held, JobFile)> {
    // The session of whoever started it may end at any moment.
    rustix::process::setsid()?;
    let mut parts = Vec::new();
    let mut input = io::stdin().lock();
    let mut length = [0; 8];
    while input.read_exact(&mut length).is_ok() {
        let length = u64::from_le_bytes(length);
        let mut part = Vec::new();
        if input.by_ref().take(length).read_to_end(&mut part)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        parts.push(part);
    }
    drop(input);
    let mut parts = parts.into_iter();
    let task: TaskRequest = serde_json::from_slice(&parts.next().unwrap_or_default())?;
    let held = Held(parts.collect());
    let job = task.job.clone().unwrap_or_default();
    let id = format!("j{number}.{}", std::process::id());
    let file = JobFile { path: home_path(&job.folder).join(&id), id, limit: job.limit };
    file.write(&file.state(0))?;
    io::stdout().write_all(READY)?;
    io::stdout().flush()?;
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stdin(&null)?;
    Ok((task, held, file))
}

/// The contents of a request, read as a whole.
struct Held(Vec<Vec<u8>>);

impl Held {
    fn read(count: usize, contents: &dyn Contents) -> io::Result<Held> {
        let indices: Vec<u32> = (0..).take(count).collect();
        if indices.is_empty() {
            return Ok(Held(Vec::new()));
        }
        contents.request(&indices)?;
        let read = |index: u32| {
            let mut bytes = Vec::new();
            contents.open(index)?.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        Ok(Held(indices.into_iter().map(read).collect::<io::Result<_>>()?))
    }
}

impl Contents for Held {
    fn request(&self, _: &[u32]) -> io::Result<()> {
        Ok(())
    }

    fn open(&self, content: u32) -> io::Result<Box<dyn Read + '_>> {
        let bytes = usize::try_from(content).ok().and_then(|at| self.0.get(at));
        bytes.map_or(Err(io::ErrorKind::NotFound.into()), |bytes| Ok(Box::new(&bytes[..])))
    }
}

/// Runs the module for as long as it may take.
fn work(task: TaskRequest, held: Held, file: &JobFile) -> JsonMap {
    let cancelled = Arc::<AtomicBool>::default();
    let stop = Arc::clone(&cancelled);
    let (sender, receiver) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        let contents = Box::new(held);
        let options = HostOptions { contents, cancelled: stop, ..HostOptions::asked_for(&task) };
        let host = Host::new(options);
        let result = match windlass_modules::find(&task.module) {
            Some(module) => module.run_as(&task.module, &task.args, &host),
            None => host.finish(Err(Failure::new("this helper has no such module"))),
        };
        let _ = sender.send(result);
    });
    let limit = Duration::try_from_secs_f64(file.limit).unwrap_or(Duration::MAX);
    let mut result = file.state(1);
    match receiver.recv_timeout(limit) {
        Ok(own) => result.extend(own),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            result.insert("failed".to_owned(), true.into());
            result.insert("changed".to_owned(), false.into());
            result.insert("msg".to_owned(), "Timeout exceeded".into());
            result.insert("child_pid".to_owned(), std::process::id().into());
            // Whoever asks learns of it before the module has stopped.
            let _ = file.write(&result);
            cancelled.store(true, Ordering::Relaxed);
            let _ = receiver.recv_timeout(LAST_WORDS);
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let _ = worker.join();
            result.insert("failed".to_owned(), true.into());
            result.insert(
                "msg".to_owned(),
                "internal error: the module ended without a result".into(),
            );
        }
    }
    result
}

/// Where a job says how it goes.
struct JobFile {
    path: PathBuf,
    id: String,
    limit: f64,
}

impl JobFile {
    fn state(&self, finished: u8) -> JsonMap {
        let mut state = JsonMap::new();
        state.insert("started".to_owned(), 1.into());
        state.insert("finished".to_owned(), finished.into());
        state.insert("ansible_job_id".to_owned(), self.id.as_str().into());
        state
    }

    /// Replaces the file: whoever reads it sees the old state or the new one.
    fn write(&self, state: &JsonMap) -> io::Result<()> {
        let staged = self.path.with_file_name(format!("{}.tmp", self.id));
        let mut file = std::fs::OpenOptions::new();
        let mut file = file.write(true).create(true).truncate(true).mode(0o600).open(&staged)?;
        file.write_all(Json::Object(state.clone()).to_string().as_bytes())?;
        drop(file);
        std::fs::rename(&staged, &self.path)
    }
}

/// A folder below the home of whoever runs this, where it begins with `~`.
fn home_path(folder: &str) -> PathBuf {
    match folder.strip_prefix('~') {
        Some(rest) => {
            let home = Host::new(HostOptions::default()).env("HOME").unwrap_or_default();
            PathBuf::from(home).join(rest.trim_start_matches('/'))
        }
        None => PathBuf::from(folder),
    }
}
