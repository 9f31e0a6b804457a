//! Why a task failed, as data: the chain of reasons and what the result says.

use crate::{
    connection::{BY_SSH, Error, ErrorKind as ConnectionErrorKind},
    diagnostic::Span,
    output::{Cause, shortened},
    template::{Below, ErrorKind, TemplateError},
    value::{Dict, Value},
};

/// A task that failed before, in or after its action.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    /// Reasons below "Task failed", outermost first.
    pub causes: Vec<Cause>,
    /// Keys of the result; `msg` is made of the causes where it is missing.
    pub result: Dict,
    /// Whether the host could not be reached.
    pub unreachable: bool,
    /// Whether `msg` is what a module or action said, not what came before it.
    pub own_message: bool,
    /// Whether the reason stands apart from the task, though it has no place of its own.
    pub apart: bool,
    /// Whether nothing is said around the reason.
    pub bare: bool,
    /// Whether it is what the action answered, of which the task's conditions say what it means: any other failure is
    /// one, whatever they say, and is not tried again.
    pub answered: bool,
    /// Whether it came before `ignore_errors` was evaluated: as a text that is not empty, it then says yes.
    pub unasked: bool,
    /// Whether all that is wrong is that something is undefined.
    pub undefined: bool,
}

/// What helps where an expression is nobody's own words.
pub(crate) const TRUST: &str = "Templates and expressions must be defined by trusted sources such as playbooks or roles, not untrusted sources such as module results.";

/// What is said to a condition that is none.
const BROKEN: &str = "Broken conditionals can be temporarily allowed with the `ALLOW_BROKEN_CONDITIONALS` configuration option.";

/// What is said to a value that was left out where there must be one.
pub(super) const OMITTED_HELP: &str = "Callers must be prepared to handle this value. This is most likely a bug in the code requesting templating.";

impl Failure {
    /// Returns the failure of an action that answers why in these words.
    pub fn action(message: impl Into<String>) -> Failure {
        let message = message.into();
        let mut result = Dict::new();
        result.insert("changed", false);
        result.insert("msg", message.as_str());
        let cause = Cause { message: format!("Action failed: {message}"), ..Cause::default() };
        Failure {
            causes: vec![cause],
            result,
            own_message: true,
            answered: true,
            ..Failure::default()
        }
    }

    /// Returns the failure of an action that says why in these words alone.
    pub fn plain(message: impl Into<String>) -> Failure {
        let message = message.into();
        let failure = Failure { own_message: true, ..Failure::at(None, message.as_str()) };
        failure.with("changed", false).with("msg", message)
    }

    /// Returns the failure of evaluating something, with the words that say what it was for.
    pub fn template(error: &TemplateError, prefix: &str, at: Option<&Span>) -> Failure {
        let (prefix, message) = match error.message.split_once(crate::template::CONDITIONAL) {
            Some(("", message)) if prefix.is_empty() => (crate::template::CONDITIONAL, message),
            _ => (prefix, error.message.as_str()),
        };
        // Reasons with places of their own are causes of their own.
        let below: Vec<&str> = error.below.iter().map(|reason| reason.message.as_str()).collect();
        let short = message.strip_suffix(&below.join(": ")).filter(|_| !below.is_empty());
        let message = short.map_or(message, |short| short.trim_end_matches(": "));
        let around = prefix.trim_end_matches(": ");
        // What a plugin could not do is told of who uses it, wherever the variable is that calls the plugin.
        let of_plugin = error.kind == ErrorKind::Plugin && message.starts_with("The ");
        let origin = error.origin.as_ref().filter(|_| !of_plugin || at.is_none());
        // The reference shows where the text begins that could not be evaluated.
        let failure = match (origin, at) {
            (Some(origin), Some(at)) if !around.is_empty() && !origin.begins_at(at) => {
                Failure::at(Some(origin), message).inside(around, Some(at))
            }
            (Some(origin), _) => Failure::at(Some(origin), format!("{prefix}{message}")),
            (None, at) => Failure::at(at.or(error.span.as_ref()), format!("{prefix}{message}")),
        };
        let failure = match short {
            Some(_) => error.below.iter().fold(failure, Failure::below),
            None => failure,
        };
        let failure = Failure { undefined: error.is_undefined(), ..failure };
        match error.kind {
            ErrorKind::Untrusted => failure.help(TRUST),
            ErrorKind::Omitted => failure.help(OMITTED_HELP),
            ErrorKind::Broken => failure.help(BROKEN),
            ErrorKind::Nothing => {
                Failure { apart: true, ..Failure::at(None, message) }.help(BROKEN)
            }
            _ => failure,
        }
    }

    fn below(mut self, reason: &Below) -> Failure {
        self.causes.push(Cause {
            message: reason.message.clone(),
            help: reason.help,
            span: reason.span.clone(),
            origin: reason.about.as_ref().map(|about| match &*shortened(about) {
                "" => "<unknown>".to_owned(),
                about => format!("<unknown>\n\n{about}"),
            }),
            apart: true,
            ..Cause::default()
        });
        self
    }

    /// Returns a failure with one reason at a place.
    pub fn at(span: Option<&Span>, message: impl Into<String>) -> Failure {
        let cause = Cause { message: message.into(), span: span.cloned(), ..Cause::default() };
        Failure { causes: vec![cause], ..Failure::default() }
    }

    /// Leaves out of a failed connection what the host or its ssh client said.
    pub(super) fn censor(&mut self) {
        for cause in &mut self.causes {
            if self.unreachable && cause.message.starts_with(BY_SSH) {
                cause.message = format!("{BY_SSH}<error censored due to no log>");
            }
        }
    }

    /// Returns a host that cannot be reached.
    pub fn unreachable(message: &str) -> Failure {
        Failure { unreachable: true, ..Failure::at(None, message) }
    }

    /// Returns the failure of a task whose connection does not work.
    pub fn connection(error: &Error) -> Failure {
        match error.kind {
            ConnectionErrorKind::Broken => Failure::at(None, error.message.as_str()),
            _ => Failure::unreachable(&error.message),
        }
    }

    /// Returns the failure of a task that did not become another user.
    pub fn became(error: &crate::remote::BecomeError) -> Failure {
        let failure = Failure::at(None, error.message.as_str()).with("changed", false);
        Failure { unreachable: error.unreachable, ..failure }
    }

    /// Says that the task came neither to its action nor to `ignore_errors`.
    #[must_use]
    pub fn unasked(self) -> Failure {
        Failure { unasked: true, ..self }
    }

    /// Puts a reason around this one.
    #[must_use]
    pub fn inside(mut self, message: impl Into<String>, span: Option<&Span>) -> Failure {
        self.causes
            .insert(0, Cause { message: message.into(), span: span.cloned(), ..Cause::default() });
        self
    }

    /// Says that the action did not foresee this: the reference's words for what its controller side raises.
    #[must_use]
    pub fn unexpected(mut self) -> Failure {
        let message = self.result.get("msg").map(Value::to_text).unwrap_or_default();
        let message = format!("Unexpected AnsibleActionFail error: {message}");
        self.causes = vec![Cause { message: message.clone(), ..Cause::default() }];
        self.result.insert("msg", message);
        self
    }

    /// Says that the action was stopped by this: its words alone, below the task.
    #[must_use]
    pub fn raised(mut self) -> Failure {
        let message = self.result.get("msg").map(Value::to_text).unwrap_or_default();
        self.causes = vec![Cause { message, ..Cause::default() }];
        self.own_message = false;
        self.apart = true;
        self
    }

    /// Says what helps against the last reason.
    #[must_use]
    pub fn help(mut self, help: &'static str) -> Failure {
        if let Some(cause) = self.causes.last_mut() {
            cause.help = Some(help);
        }
        self
    }

    /// Says that this ends the action before it began: the result's message has the task's words, too.
    #[must_use]
    pub fn alone(self) -> Failure {
        let message = self.result.get("msg").map(Value::to_text).unwrap_or_default();
        Failure::at(None, message)
    }

    /// Adds a key of the result.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Failure {
        self.result.insert(key, value);
        self
    }

    /// Leaves a key out of the result.
    #[must_use]
    pub fn without(mut self, key: &str) -> Failure {
        self.result.remove(key);
        self
    }

    /// Returns the result and the whole chain of reasons of a task.
    pub(super) fn finish(mut self, task: &Span) -> (Dict, Vec<Cause>) {
        let placeless = |cause: &Cause| cause.span.is_none() && cause.origin.is_none();
        let simple = self.own_message
            || (self.unreachable && self.causes.len() == 1)
            || (!self.apart && self.causes.iter().all(placeless));
        let causes = if self.bare {
            std::mem::take(&mut self.causes)
        } else if simple {
            let inner: Vec<&str> = self.causes.iter().map(|cause| cause.message.as_str()).collect();
            let message = format!("Task failed: {}", inner.join(": "));
            vec![Cause { message, span: Some(task.clone()), ..Cause::default() }]
        } else {
            let mut causes = vec![Cause {
                message: "Task failed".to_owned(),
                span: Some(task.clone()),
                ..Cause::default()
            }];
            for cause in self.causes.drain(..) {
                let place = |cause: &Cause| cause.span.as_ref().map(ToString::to_string);
                match causes.last_mut() {
                    // Reasons at one place are one entry of the chain.
                    Some(last) if place(last) == place(&cause) && !cause.apart => {
                        last.message = format!("{}: {}", last.message, cause.message);
                    }
                    _ => causes.push(cause),
                }
            }
            causes
        };
        if !self.result.contains_key("msg") {
            let messages: Vec<&str> = causes.iter().map(|cause| cause.message.as_str()).collect();
            self.result.insert("msg", messages.join(": "));
        }
        if self.unreachable {
            self.result.insert("changed", false);
            self.result.insert("unreachable", true);
        } else {
            self.result.insert("failed", true);
            if !self.bare && !self.result.contains_key("changed") {
                self.result.insert("changed", false);
            }
        }
        (self.result, causes)
    }
}

/// Returns the failure of naming a variable in a way that no variable can be named.
pub fn invalid_name(name: &Value, span: Option<&Span>) -> Failure {
    let kind = name.type_name();
    let message = match name {
        Value::Str(text) => format!("Invalid variable name '{text}'."),
        Value::List(_) | Value::Dict(_) | Value::Tuple(_) => {
            format!("Invalid variable name of type '{kind}'.")
        }
        other => format!("Invalid variable name '{}' of type '{kind}'.", other.to_text()),
    };
    Failure::at(span, message)
        .help("Variable names must be strings starting with a letter or underscore character, and contain only letters, numbers and underscores.")
        .with("changed", false)
}
