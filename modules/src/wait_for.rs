//! `wait_for`: until a port answers, a file is there, connections are gone.

mod connections;

use std::{
    io::Read,
    net::Shutdown,
    time::{Duration, Instant},
};

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result, reason_of},
    pattern::{Flags, Pattern},
    spec::{ArgPath, Json, JsonMap},
    text,
};

/// Waits for a port, a file, or some time
///
/// In check mode the task is skipped. For a host that boots there is `wait_for_connection`.
///
/// # Examples
/// ```yaml
/// - name: Wait until the database answers
///   ansible.builtin.wait_for:
///     port: 5432
///     timeout: 60
///
/// - name: Wait until the log says that the shop is ready
///   ansible.builtin.wait_for:
///     path: /var/log/shop/shop.log
///     search_regex: listening on .*:8080
///     msg: the shop did not start in time
///
/// - name: Wait until nobody is connected any more, but the load balancer
///   ansible.builtin.wait_for:
///     port: 8080
///     state: drained
///     exclude_hosts: lb.example.com
/// ```
#[derive(Args)]
pub struct Args {
    /// Name or address of the host that has the port
    #[arg(default = "127.0.0.1")]
    host: String,
    /// Port to wait for; with neither `port` nor `path`, only time passes
    port: Option<i64>,
    /// File or folder to wait for
    path: Option<ArgPath>,
    /// What to wait for: that the port answers or the file is there, that it does not, that no connections are left
    #[arg(default = "started")]
    state: State,
    /// Pattern that the file or what the port sends must have
    search_regex: Option<String>,
    /// Seconds to wait before looking for the first time
    #[arg(default = "0")]
    delay: u64,
    /// Seconds to wait at most
    #[arg(default = "300")]
    timeout: u64,
    /// Seconds between two looks
    #[arg(default = "1")]
    sleep: u64,
    /// Seconds that one attempt to connect may take
    #[arg(default = "5")]
    connect_timeout: u64,
    /// Hosts whose connections do not count when draining
    exclude_hosts: Vec<String>,
    /// States in which a connection counts as active
    #[arg(default = "ESTABLISHED,FIN_WAIT1,FIN_WAIT2,SYN_RECV,SYN_SENT,TIME_WAIT")]
    active_connection_states: Vec<String>,
    /// What to say when time is over
    msg: Option<String>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Drained,
    Present,
    Started,
    Stopped,
}

/// The clock of one run.
struct Waiting<'a> {
    host: &'a Host,
    args: &'a Args,
    start: Instant,
}

/// The groups of the pattern that was waited for.
#[derive(Default)]
struct Matched {
    groups: Vec<Json>,
    named: JsonMap,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("wait_for"));
    }
    refuse_nonsense(&args)?;
    let waiting = Waiting { host, args: &args, start: Instant::now() };
    waiting.pause(Duration::from_secs(args.delay))?;
    let matched = if args.port.is_none() && args.path.is_none() && args.state != State::Drained {
        waiting.pause(Duration::from_secs(args.timeout))?;
        Matched::default()
    } else {
        match args.state {
            State::Absent | State::Stopped => waiting.until_gone()?,
            State::Drained => waiting.until_drained()?,
            State::Present | State::Started => waiting.until_there()?,
        }
    };
    let mut outcome = Outcome::changed_if(false)
        .with("state", args.state.as_str())
        .with("port", args.port)
        .with("search_regex", args.search_regex.clone())
        .with("match_groups", matched.groups)
        .with("match_groupdict", matched.named)
        .with("path", args.path.as_ref().map(|path| path.0.clone()))
        .with("elapsed", waiting.elapsed());
    if let Some(path) = &args.path {
        outcome.values.extend(host.path_info(path));
        outcome.values.insert("state".to_owned(), waiting.shown_state(path).into());
    }
    Ok(outcome)
}

fn refuse_nonsense(args: &Args) -> Result<()> {
    let refuse = |message: String| Err(Failure::new(message).with("elapsed", 0));
    if args.port.is_some() && args.path.is_some() {
        return refuse("port and path parameter can not both be passed to wait_for".to_owned());
    }
    if args.path.is_some() && matches!(args.state, State::Stopped | State::Drained) {
        let state = args.state.as_str();
        return refuse(format!(
            "state={state} should only be used for checking a port in the wait_for module"
        ));
    }
    if !args.exclude_hosts.is_empty() && args.state != State::Drained {
        return refuse("exclude_hosts should only be with state=drained".to_owned());
    }
    for state in &args.active_connection_states {
        if connections::state_number(state).is_none() {
            return refuse(format!("unknown active_connection_state ({state}) defined"));
        }
    }
    Ok(())
}

impl Waiting<'_> {
    fn elapsed(&self) -> u64 {
        self.start.elapsed().as_secs()
    }

    fn left(&self) -> Duration {
        Duration::from_secs(self.args.timeout).saturating_sub(self.start.elapsed())
    }

    /// Waits, and stops waiting when the task is cancelled.
    fn pause(&self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        loop {
            if self.host.cancelled() {
                return Err(Failure::new("the task was cancelled"));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    /// Looks again and again until there is an answer or time is over.
    fn until<T>(&self, mut look: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
        while !self.left().is_zero() {
            if let Some(found) = look()? {
                return Ok(Some(found));
            }
            self.pause(Duration::from_secs(self.args.sleep).min(self.left()))?;
        }
        Ok(None)
    }

    fn over(&self, message: String) -> Failure {
        let message = self.args.msg.clone().unwrap_or(message);
        Failure::new(message).with("elapsed", self.elapsed())
    }

    /// The port to connect to; one that cannot be is one that never answers.
    fn connect(&self) -> Option<std::net::TcpStream> {
        let port = self.args.port.and_then(|port| u16::try_from(port).ok())?;
        let limit = Duration::from_secs(self.args.connect_timeout).min(self.left());
        if limit.is_zero() {
            return None;
        }
        self.host.connect(&self.args.host, port, limit).ok()
    }

    fn place(&self) -> String {
        format!("{}:{}", self.args.host, self.args.port.unwrap_or_default())
    }

    fn until_gone(&self) -> Result<Matched> {
        let gone = || {
            let there = match &self.args.path {
                Some(path) => self.host.exists(&path.0),
                None => self.connect().is_some(),
            };
            Ok((!there).then(Matched::default))
        };
        self.until(gone)?.ok_or_else(|| match &self.args.path {
            Some(path) => self.over(format!("Timeout when waiting for {} to be absent.", path.0)),
            None => self.over(format!("Timeout when waiting for {} to stop.", self.place())),
        })
    }

    fn until_there(&self) -> Result<Matched> {
        // `^` and `$` are about lines here.
        let flags = Flags { multi_line: true, ascii: true, ..Flags::default() };
        let pattern = self.args.search_regex.as_deref().map(|text| Pattern::new(text, flags));
        let pattern = pattern
            .transpose()
            .map_err(|error| Failure::new(format!("Invalid regular expression: {error}")))?;
        let found = match &self.args.path {
            Some(path) => self.until(|| self.look_at_file(path, pattern.as_ref()))?,
            None => self.until(|| self.listen(pattern.as_ref()))?,
        };
        found.ok_or_else(|| {
            let searched = self.args.search_regex.as_deref();
            match (&self.args.path, searched) {
                (Some(path), None) => {
                    self.over(format!("Timeout when waiting for file {}", path.0))
                }
                (Some(path), Some(text)) => self
                    .over(format!("Timeout when waiting for search string {text} in {}", path.0)),
                (None, None) => self.over(format!("Timeout when waiting for {}", self.place())),
                (None, Some(text)) => self.over(format!(
                    "Timeout when waiting for search string {text} in {}",
                    self.place()
                )),
            }
        })
    }

    fn look_at_file(&self, path: &str, pattern: Option<&Pattern>) -> Result<Option<Matched>> {
        let there = self.host.is_there(path).map_err(|error| {
            let message = format!("Failed to stat {path}, {}", reason_of(&error));
            Failure::new(message).with("elapsed", self.elapsed())
        })?;
        let Some(pattern) = pattern else { return Ok(there.then(Matched::default)) };
        match self.host.read_whole(path) {
            Ok(bytes) => matched(pattern, &text::from_bytes(bytes)),
            // Not there yet, or not yet for us to read.
            Err(_) => Ok(None),
        }
    }

    /// Connects, and reads until the pattern matches, the other side ends, or time is over.
    fn listen(&self, pattern: Option<&Pattern>) -> Result<Option<Matched>> {
        let Some(mut stream) = self.connect() else { return Ok(None) };
        let Some(pattern) = pattern else {
            // Closed by the other side already is as good.
            let _ = stream.shutdown(Shutdown::Both);
            return Ok(Some(Matched::default()));
        };
        let mut seen = Vec::new();
        let mut buffer = [0; 1024];
        while !self.left().is_zero() && !self.host.cancelled() {
            let limit = self.left().min(Duration::from_millis(200));
            if stream.set_read_timeout(Some(limit)).is_err() {
                break;
            }
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    seen.extend_from_slice(&buffer[..n]);
                    if matched(pattern, &text::from_bytes(seen.clone()))?.is_some() {
                        // The groups of what a server says are nobody's, as in the reference.
                        return Ok(Some(Matched::default()));
                    }
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock
                            | std::io::ErrorKind::TimedOut
                            | std::io::ErrorKind::Interrupted
                    ) => {}
                Err(_) => break,
            }
        }
        Ok(None)
    }

    fn until_drained(&self) -> Result<Matched> {
        let drained = || {
            let active = connections::count(
                self.host,
                &self.args.host,
                self.args.port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
                &self.args.exclude_hosts,
                &self.args.active_connection_states,
            );
            Ok((active == 0).then(Matched::default))
        };
        self.until(drained)?
            .ok_or_else(|| self.over(format!("Timeout when waiting for {} to drain", self.place())))
    }

    /// A result with a path says what is there instead of what was waited for.
    fn shown_state(&self, path: &str) -> String {
        match self.host.path_info(path).get("state") {
            Some(Json::String(state)) => state.clone(),
            _ => self.args.state.as_str().to_owned(),
        }
    }
}

fn matched(pattern: &Pattern, text: &str) -> Result<Option<Matched>> {
    let Some(found) = pattern.search(text).map_err(Failure::new)? else { return Ok(None) };
    let group = |at: usize| found.get(at).map_or(Json::Null, |group| group.as_str().into());
    let mut matched = Matched::default();
    for (at, name) in pattern.regex().capture_names().enumerate().skip(1) {
        matched.groups.push(group(at));
        if let Some(name) = name {
            matched.named.insert(name.to_owned(), group(at));
        }
    }
    Ok(Some(matched))
}

#[cfg(test)]
mod tests;
