//! What the payloads say.

use serde::{Deserialize, Serialize};

/// A value on the wire.
pub type Json = serde_json::Value;
/// The one key of an object that stands for a whole number longer than 64 bits: its decimal digits.
pub const WHOLE_NUMBER: &str = "_ansible_windlass_whole_number";
/// Named values in the order in which they were given.
pub type JsonMap = serde_json::Map<String, Json>;

/// The helper's first words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    pub pid: u32,
    pub uid: u32,
    /// Name of the user that it runs as; the number where the name is unknown.
    pub user: String,
    pub home: String,
}

/// Run a module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TaskRequest {
    pub module: String,
    pub args: JsonMap,
    /// Requests of one lane run one after the other, in the order in which they arrive.
    #[serde(default)]
    pub lane: u32,
    #[serde(default)]
    pub check: bool,
    #[serde(default)]
    pub diff: bool,
    /// Variables added to the environment of the module's commands.
    #[serde(default)]
    pub environment: Vec<(String, String)>,
    /// Folder in which relative paths are meant and commands start; the helper's own when absent.
    #[serde(default)]
    pub cwd: Option<String>,
    /// Whether output of a running command is sent as it appears.
    #[serde(default)]
    pub stream: bool,
    /// Seconds after which the module is cancelled and the task fails; no limit when absent.
    #[serde(default)]
    pub timeout: Option<f64>,
    /// How many `v` the operator gave; a few modules return more from three on.
    #[serde(default)]
    pub verbosity: u8,
    /// Sizes of the contents that the module may read, in bytes, by their index.
    #[serde(default)]
    pub contents: Vec<u64>,
    /// So many of `contents`, from the first on, follow at once in `Content` frames; the others wait for a `Fetch`.
    #[serde(default)]
    pub pushed: u32,
    /// How the module goes on by itself, when the answer is only that it has begun.
    #[serde(default)]
    pub job: Option<Job>,
}

/// A module that outlives the helper, and where it says how it went.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Job {
    /// Seconds that it may take.
    pub limit: f64,
    /// Folder of the files in which jobs say how they go; `~` is the user's home.
    pub folder: String,
}

/// The answer to a [`TaskRequest`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TaskResult {
    /// The module's keys as its reference module returns them (`changed`, `failed`, `msg`, `diff`, `warnings`, ...).
    pub result: JsonMap,
}

/// The helper asks for contents, to be sent one after the other in this order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FetchRequest {
    pub contents: Vec<u32>,
}

/// A piece of a content: its index, whether it is the last piece, bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentChunk {
    pub content: u32,
    pub last: bool,
    pub bytes: Vec<u8>,
}

impl ContentChunk {
    /// Returns the payload of a `Content` frame.
    pub fn encode(content: u32, last: bool, bytes: &[u8]) -> Vec<u8> {
        let mut payload = Vec::with_capacity(5 + bytes.len());
        payload.extend_from_slice(&content.to_be_bytes());
        payload.push(u8::from(last));
        payload.extend_from_slice(bytes);
        payload
    }

    /// Reads the payload of a `Content` frame; `None` when it is too short.
    pub fn decode(payload: &[u8]) -> Option<ContentChunk> {
        let (head, bytes) = payload.split_at_checked(5)?;
        let content = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        Some(ContentChunk { content, last: head[4] != 0, bytes: bytes.to_vec() })
    }
}

/// Where a piece of output came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stream {
    Stdout = 1,
    Stderr = 2,
}

/// Start a helper as another user, as a child of the one that reads this.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Become {
    /// The child's number: frames with it are passed on to the child.
    pub channel: u16,
    /// The command with its arguments; it ends up in a POSIX shell that runs the bootstrap.
    pub argv: Vec<String>,
    /// How the password is asked for; no prompt is answered when absent.
    pub prompt: Option<Prompt>,
    /// Seconds until the child's shell must have said something.
    pub timeout: f64,
}

/// A password prompt and its answer.
#[derive(Clone, Serialize, Deserialize)]
pub struct Prompt {
    /// Texts one of which ends what the method prints when it waits for the password; a `*` stands for whatever is there.
    pub texts: Vec<String>,
    pub password: Option<String>,
    /// Whether the method needs a terminal to ask.
    pub pty: bool,
    /// Texts that mean that the password was wrong.
    pub wrong: Vec<String>,
}

impl Prompt {
    /// Returns whether one of the streams ends in a question: what comes on the other does not answer it.
    pub fn asks_on(&self, streams: [&[u8]; 2]) -> bool {
        streams.iter().any(|printed| self.ends(&String::from_utf8_lossy(printed)))
    }

    /// Returns whether what was printed ends in one of the texts, whatever their case.
    fn ends(&self, printed: &str) -> bool {
        let printed = printed.to_lowercase();
        let last = printed.trim_end().lines().next_back().unwrap_or_default();
        self.texts.iter().any(|text| {
            let text = text.to_lowercase();
            match text.split_once('*') {
                Some((start, end)) => {
                    last.find(start).is_some_and(|at| last[at + start.len()..].ends_with(end))
                }
                None => printed.trim_end().ends_with(text.trim_end()),
            }
        })
    }

    /// Returns whether what was printed says that the password was wrong.
    pub fn refuses(&self, printed: &str) -> bool {
        let printed = printed.to_lowercase();
        self.wrong.iter().any(|wrong| printed.contains(&wrong.to_lowercase()))
    }
}

/// Returns whether a method said that it needs a password, in whatever way hosts say that.
pub fn wants_password(printed: &str) -> bool {
    let printed = printed.to_lowercase();
    ["password is required", "a terminal is required", "authentication required"]
        .iter()
        .any(|words| printed.contains(words))
}

impl std::fmt::Debug for Prompt {
    /// Leaves the password out: requests are logged at `-vvvv`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prompt")
            .field("texts", &self.texts)
            .field("pty", &self.pty)
            .finish_non_exhaustive()
    }
}

/// Why there is no child on a channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BecomeFailed {
    pub channel: u16,
    pub reason: BecomeFailure,
    /// What the method printed since it was answered.
    pub output: String,
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error, or to its terminal.
    pub stderr: String,
    /// Whether a prompt was answered.
    pub answered: bool,
    pub status: Option<i32>,
}

impl BecomeFailed {
    /// Returns a failure of which no more is known.
    pub fn new(channel: u16, reason: BecomeFailure) -> BecomeFailed {
        let (output, stdout, stderr) = (String::new(), String::new(), String::new());
        BecomeFailed { channel, reason, output, stdout, stderr, answered: false, status: None }
    }
}

/// The kinds of failure that users know by their reference wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BecomeFailure {
    /// The method is not installed.
    NotFound,
    /// A password is needed and none was given.
    MissingPassword,
    IncorrectPassword,
    Timeout,
    /// The child ended, or printed what is no frame.
    Ended,
}

#[cfg(test)]
mod tests {
    use super::Prompt;

    #[test]
    fn noise_on_the_other_stream_hides_no_question() {
        let prompt = Prompt {
            texts: vec!["Password:".to_owned()],
            password: None,
            pty: false,
            wrong: Vec::new(),
        };
        assert!(prompt.asks_on([b"Password:", b"a lecture\n"]));
        assert!(prompt.asks_on([b"hello\n", b"password: "]));
        assert!(!prompt.asks_on([b"Password:\nhello\n", b"a lecture\n"]));
    }
}
