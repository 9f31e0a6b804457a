//! How a module's run ended.

use windlass_protocol::{Json, JsonMap};

use super::Host;
use crate::spec::ArgError;

pub type Result<T> = std::result::Result<T, Failure>;

/// A module that did what it was asked, or found it done.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub changed: bool,
    pub values: JsonMap,
}

impl Outcome {
    /// Returns an outcome that says whether something was changed.
    pub fn changed_if(changed: bool) -> Outcome {
        Outcome { changed, values: JsonMap::new() }
    }

    /// Returns the outcome of a module that cannot say what it would do.
    pub fn no_check_mode(module: &str) -> Outcome {
        let message = format!("remote module ({module}) does not support check mode");
        Outcome::changed_if(false).with("msg", message).with("skipped", true)
    }

    /// Adds a key of the result.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Outcome {
        self.values.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a key of the result when there is a value.
    #[must_use]
    pub fn with_some(self, key: &str, value: Option<impl Into<Json>>) -> Outcome {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }
}

/// How a message begins that is an exception's.
const RAISED: &str = "Task failed: Module failed: ";

/// A module that could not: its message, and what else its result says.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    pub message: String,
    pub values: JsonMap,
}

impl Failure {
    /// Returns a failure with this `msg`.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), values: JsonMap::new() }
    }

    /// Returns a failure that the reference module does not foresee: its words for an exception.
    pub fn raised(message: impl std::fmt::Display) -> Failure {
        Failure::new(format!("{RAISED}{message}"))
    }

    /// Returns a failure of a module that tells what it has found out so far: key by key, and as a whole.
    pub fn with_output(message: impl Into<String>, output: JsonMap) -> Failure {
        let vars: JsonMap = output.clone().into_iter().filter(|(key, _)| key != "diff").collect();
        let mut failure = Failure::new(message).with("output", output.clone()).with("vars", vars);
        failure.values.extend(output);
        failure
    }

    /// Returns whether it is one that the reference module does not foresee.
    pub fn is_raised(&self) -> bool {
        self.message.starts_with(RAISED)
    }

    /// Returns the message without what shows that it was an exception.
    pub fn reason(&self) -> &str {
        self.message.strip_prefix(RAISED).unwrap_or(&self.message)
    }

    /// Returns a failure that says what went wrong and the system's reason.
    pub fn io(what: impl std::fmt::Display, error: &std::io::Error) -> Failure {
        Failure::new(format!("{what}: {}", reason(error)))
    }

    /// Adds a key of the result.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Failure {
        self.values.insert(key.to_owned(), value.into());
        self
    }
}

impl From<ArgError> for Failure {
    fn from(error: ArgError) -> Failure {
        Failure::new(error.message)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Returns the system's words without Rust's `(os error 2)`.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// What a change did to one thing, as `--diff` shows it.
#[derive(Clone, Debug)]
pub enum Diff {
    /// Texts before and after, with the headers that stand above them.
    Text { before: String, after: String, before_header: String, after_header: String },
    /// Anything else, as the reference module puts it into `diff`.
    Raw(Json),
}

impl Diff {
    pub(crate) fn into_json(self) -> Json {
        match self {
            Diff::Text { before, after, before_header, after_header } => serde_json::json!({
                "before": before, "after": after, "before_header": before_header, "after_header": after_header,
            }),
            Diff::Raw(json) => json,
        }
    }
}

impl Host {
    /// Records what changed, when diffs are wanted.
    pub fn record_diff(&self, diff: Diff) {
        if self.diff {
            self.diffs.borrow_mut().push(diff);
        }
    }

    /// Returns the result that travels back: the module's values and the keys that every result has.
    pub fn finish(&self, outcome: Result<Outcome>) -> JsonMap {
        let mut result = JsonMap::new();
        match outcome {
            Ok(outcome) => {
                // A module whose reference tells of something else first has a place for it.
                if !outcome.values.contains_key("changed") {
                    result.insert("changed".to_owned(), outcome.changed.into());
                }
                result.extend(outcome.values);
                result.insert("changed".to_owned(), outcome.changed.into());
            }
            Err(failure) => {
                // In the order in which the reference has them: templates may show a result as it is.
                result.extend(failure.values);
                result.insert("failed".to_owned(), true.into());
                result.insert("msg".to_owned(), failure.message.into());
                result.entry("changed").or_insert_with(|| false.into());
            }
        }
        let mut diffs: Vec<Json> = self.diffs.take().into_iter().map(Diff::into_json).collect();
        if !result.contains_key("diff") && !diffs.is_empty() {
            let diff = if diffs.len() == 1 { diffs.remove(0) } else { Json::Array(diffs) };
            result.insert("diff".to_owned(), diff);
        }
        let warnings = self.warnings.take();
        if !warnings.is_empty() {
            result.insert("warnings".to_owned(), warnings.into());
        }
        result
    }
}
