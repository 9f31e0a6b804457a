//! Keywords that are of a type: what a task, block, role or play says, as the task on a host sees it.

use std::sync::{Arc, PoisonError};

use tokio::sync::Semaphore;

use super::{Failure, strategy::Batch, surroundings::Environment, task::Prepared};
use crate::{
    diagnostic::{Diagnostic, Span},
    output::{Cause, Event, error_text, shortened},
    playbook::{Keyword, Level, LevelKind, MOMENTS, Task, no_moment, no_tag, not_evaluated},
    template::{Env, TemplateError},
    value::{Origin, Value},
};

/// What a keyword's value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Int,
    Float,
    /// When the debugger opens.
    Moment,
    /// Whatever can be evaluated.
    Any,
}

/// The keywords of a type, in the order in which they are looked at: those of becoming and of how it is done first.
const TYPED: [(Keyword, Type); 23] = [
    (Keyword::RemoteUser, Type::Any),
    (Keyword::NoLog, Type::Bool),
    (Keyword::CheckMode, Type::Bool),
    (Keyword::Diff, Type::Bool),
    (Keyword::Become, Type::Bool),
    (Keyword::BecomeMethod, Type::Any),
    (Keyword::BecomeUser, Type::Any),
    (Keyword::BecomeFlags, Type::Any),
    (Keyword::DelegateFacts, Type::Bool),
    (Keyword::Notify, Type::Any),
    (Keyword::Connection, Type::Any),
    (Keyword::Port, Type::Int),
    (Keyword::RunOnce, Type::Bool),
    (Keyword::IgnoreErrors, Type::Bool),
    (Keyword::IgnoreUnreachable, Type::Bool),
    (Keyword::AnyErrorsFatal, Type::Bool),
    (Keyword::Timeout, Type::Int),
    (Keyword::Debugger, Type::Moment),
    (Keyword::BecomeExe, Type::Any),
    (Keyword::Async, Type::Int),
    (Keyword::Delay, Type::Float),
    (Keyword::Poll, Type::Int),
    (Keyword::Retries, Type::Int),
];

/// The longest timeout, in seconds.
const LONGEST: i64 = 100_000_000;

/// Returns a keyword's value and where it stands: the nearest level's that does not omit it.
pub(super) fn evaluated<'a>(
    level: &'a Level,
    keyword: Keyword,
    env: &Env<'_>,
) -> Result<Option<(Value, &'a Span)>, Failure> {
    for (value, span) in level.chain().filter_map(|level| level.keywords.get(keyword)) {
        if !value.is_lazy() {
            return Ok(Some((value.clone(), span)));
        }
        let prefix = format!("Error processing keyword '{}': ", name_of(keyword));
        match env.eval(value).map_err(|error| Failure::template(&error, &prefix, Some(span)))? {
            Value::Omit => (),
            value => return Ok(Some((value, span))),
        }
    }
    Ok(None)
}

/// What a keyword that is looked at comes to.
struct Looked<'a> {
    value: Value,
    /// Where the keyword stands that was evaluated.
    span: &'a Span,
    /// Where the value stands that is taken for it, because it was omitted.
    around: Option<&'a Span>,
}

/// Returns what a keyword comes to. Where the nearest is omitted, what is said around the task stands for it as it is
/// written: an expression there is a text, no yes or number.
fn looked_at<'a>(
    level: &'a Level,
    (keyword, of): (Keyword, Type),
    env: &Env<'_>,
) -> Result<Option<Looked<'a>>, Failure> {
    let own = level.keyword(keyword).filter(|(value, _)| of != Type::Any && value.is_lazy());
    let Some((value, span)) = own else {
        let found = evaluated(level, keyword, env)?;
        return Ok(found.map(|(value, span)| Looked { value, span, around: None }));
    };
    let prefix = format!("Error processing keyword '{}': ", name_of(keyword));
    match env.eval(value).map_err(|error| Failure::template(&error, &prefix, Some(span)))? {
        Value::Omit => (),
        value => return Ok(Some(Looked { value, span, around: None })),
    }
    let around = level.parent.as_deref().and_then(|around| around.keyword(keyword));
    Ok(around.map(|(value, place)| {
        let value = match value {
            Value::Template(template) => Value::str(&*template.text),
            value => value.clone(),
        };
        Looked { value, span, around: Some(place) }
    }))
}

/// Returns what a value means where yes or no is asked for; `None` where it says neither.
fn as_bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Int(number @ (0 | 1)) => Some(*number == 1),
        Value::Float(number) if *number == 0.0 => Some(false),
        Value::Float(number) if (*number - 1.0).abs() < f64::EPSILON => Some(true),
        Value::Str(text) => match text.trim().to_lowercase().as_str() {
            "yes" | "y" | "true" | "t" | "on" | "1" | "1.0" => Some(true),
            "no" | "n" | "false" | "f" | "off" | "0" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Returns what a value means where it is only asked whether it holds: a text that says neither yes nor no does.
pub(super) fn holds(value: &Value) -> bool {
    as_bool(value).unwrap_or_else(|| value.is_true())
}

/// Returns the number that a value stands for.
pub(super) fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Int(_) | Value::Float(_) | Value::Str(_) => value.to_text().trim().parse().ok(),
        _ => None,
    }
}

/// Returns the whole number that a value stands for.
pub(super) fn as_int(value: &Value) -> Option<i64> {
    let number = as_number(value).filter(|number| number.fract() == 0.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and beyond i64 it saturates")]
    Some(number as i64)
}

impl Type {
    fn fits(self, value: &Value) -> bool {
        match self {
            Type::Bool => as_bool(value).is_some(),
            Type::Int => as_int(value).is_some(),
            Type::Float => as_number(value).is_some(),
            Type::Moment => {
                !value.is_true() || value.as_str().is_some_and(|text| MOMENTS.contains(&text))
            }
            Type::Any => true,
        }
    }

    /// Returns why a value cannot be a keyword's, if it cannot.
    pub(super) fn misfit(
        self,
        keyword: &str,
        value: &Value,
        span: &Span,
        place: impl FnOnce() -> Option<Span>,
    ) -> Option<Failure> {
        if matches!(value, Value::None) || self.fits(value) {
            return None;
        }
        let (value, name) = (value.to_repr(), self.name());
        let message = format!("The value {value} could not be converted to '{name}'.");
        Some(unfit(keyword, message, place().as_ref().or(Some(span)), Some(span)))
    }

    fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::Moment | Type::Any => "str",
        }
    }
}

/// Where the value stands that a keyword's template hands on.
pub(super) fn place_of(written: &Value, env: &Env<'_>) -> Option<Span> {
    let Value::Template(template) = written else { return None };
    env.origin_of_template(template)?.span()
}

/// Says why a keyword's value, which stands at `place`, is none.
fn unfit(keyword: &str, message: String, place: Option<&Span>, span: Option<&Span>) -> Failure {
    let mut failure = Failure::at(place, message);
    failure.causes.iter_mut().for_each(|cause: &mut Cause| cause.apart = true);
    failure.inside(format!("Error processing keyword '{keyword}'"), span)
}

/// Whether tags are written as texts alone.
fn is_texts(tags: &Value) -> bool {
    let is_text = |tag: &Value| matches!(tag, Value::Str(_));
    is_text(tags) || tags.as_list().is_some_and(|list| list.iter().all(is_text))
}

/// Adds what a keyword says of tags, with the place of each: lists in lists are one list.
fn add_tags(
    said: &Value,
    place: Option<&Span>,
    env: &Env<'_>,
    into: &mut Vec<(Value, Option<Span>)>,
) -> Result<(), TemplateError> {
    match said {
        Value::List(list) => {
            for (at, item) in list.iter().enumerate() {
                let own = list.origin(at).and_then(Origin::span);
                add_tags(item, own.as_ref().or(place), env, into)?;
            }
        }
        Value::Template(_) => add_tags(&env.eval(said)?, place, env, into)?,
        Value::Omit | Value::None => (),
        tag if into.iter().any(|(have, _)| have == tag) => (),
        tag => into.push((tag.clone(), place.cloned())),
    }
    Ok(())
}

/// A keyword's name in messages.
fn name_of(keyword: Keyword) -> &'static str {
    match keyword {
        Keyword::Async => "async_val",
        keyword => keyword.name(),
    }
}

impl Prepared {
    /// Checks that every keyword is what it has to be; returns the environment where it was evaluated on the way.
    pub(super) fn check_keywords(&self, env: &Env<'_>) -> Result<Option<Environment>, Failure> {
        let level = &self.task.level;
        let said = level.said();
        let (mut unasked, mut environment, mut nothing) = (true, None, Vec::new());
        // What a task has for its commands stands among them, unless a delegate is asked for it.
        let has_environment = said.has(Keyword::Environment) && !said.has(Keyword::DelegateTo);
        for (keyword, of) in TYPED {
            if keyword == Keyword::RunOnce && has_environment {
                environment = Some(self.environment(env).map_err(Failure::unasked)?);
            }
            if !said.has(keyword) {
                continue;
            }
            let before = |failure| Failure { unasked, ..failure };
            let Some(looked) = looked_at(level, (keyword, of), env).map_err(before)? else {
                continue;
            };
            self.check(env, (keyword, of), &looked).map_err(before)?;
            unasked &= keyword != Keyword::IgnoreErrors;
            if matches!(looked.value, Value::None) {
                nothing.push(keyword);
            }
        }
        if said.has(Keyword::Tags) {
            self.check_tags(env)?;
        }
        if self.start.is_handler && self.task.listen.iter().any(Value::is_lazy) {
            let topics = Value::list(self.task.listen.iter().cloned());
            let told = not_evaluated(Keyword::Listen.name(), &topics, &[]);
            self.run.printer.event(&Event::Warning(told.unwrap_or_default()));
        }
        self.check_numbers(&nothing)?;
        if said.has(Keyword::Name) {
            self.check_blocks(env)?;
        }
        Ok(environment)
    }

    /// Whether results are not to be shown; a keyword that cannot be evaluated hides them, and so does what is no yes or no.
    pub(super) fn hides(&self, env: &Env<'_>) -> bool {
        match looked_at(&self.task.level, (Keyword::NoLog, Type::Bool), env) {
            Ok(Some(Looked { value: Value::None, .. }) | None) => self.run.settings.no_log.value,
            Ok(Some(looked)) => holds(&looked.value),
            Err(failure) => {
                self.tell_hidden(failure);
                true
            }
        }
    }

    /// Warns that results are hidden, as nobody can say whether they should be.
    fn tell_hidden(&self, Failure { mut causes, .. }: Failure) {
        let message = "Invalid no_log value for task, output will be masked".to_owned();
        causes.insert(0, Cause { message, ..Cause::default() });
        self.run.printer.event(&Event::Warning(error_text(&causes)));
    }

    /// Fails where a number that is compared is nothing, in Python's words.
    fn check_numbers(&self, nothing: &[Keyword]) -> Result<(), Failure> {
        let is_nothing = |keyword| nothing.contains(&keyword);
        let polls = self.task.own(Keyword::Async).is_some();
        let sign = if is_nothing(Keyword::Delay) {
            '<'
        } else if is_nothing(Keyword::Async) || is_nothing(Keyword::Poll) && polls {
            '>'
        } else {
            return Ok(());
        };
        let message = format!("'{sign}' not supported between instances of 'NoneType' and 'int'");
        Err(Failure::at(None, message))
    }

    /// Fails where a tag is neither a text nor a whole number, nor nothing.
    fn check_tags(&self, env: &Env<'_>) -> Result<(), Failure> {
        let said = self.task.level.inherited(Keyword::Tags);
        if said.iter().all(|(said, _)| is_texts(said)) {
            return Ok(());
        }
        let mut tags: Vec<(Value, Option<Span>)> = Vec::new();
        for (said, span) in said.into_iter().rev() {
            add_tags(said, Some(span), env, &mut tags)
                .map_err(|error| Failure::template(&error, "", Some(span)))?;
        }
        let is_tag = |tag: &Value| matches!(tag, Value::Str(_) | Value::Int(_) | Value::Bool(_));
        let Some((wrong, place)) = tags.iter().find(|(tag, _)| !is_tag(tag)) else { return Ok(()) };
        let mut failure = unfit("tags", no_tag(wrong), place.as_ref(), None);
        if let Some(around) = failure.causes.first_mut() {
            let all = Value::list(tags.iter().map(|(tag, _)| tag.clone())).to_repr();
            around.origin = Some(format!("<unknown>\n\n{}", shortened(&all)));
        }
        Err(failure)
    }

    /// Fails where a task that is about to begin may take a time that nobody can measure.
    pub(super) fn check_timeout(&self, env: &Env<'_>) -> Result<(), Failure> {
        let level = &self.task.level;
        let limit = if level.said().has(Keyword::Timeout) {
            evaluated(level, Keyword::Timeout, env)?.and_then(|(value, _)| as_int(&value))
        } else {
            None
        };
        match limit {
            Some(limit) if !(0..=LONGEST).contains(&limit) => {
                let message =
                    format!("Timeout {limit} is invalid, it must be between 0 and {LONGEST}.");
                Err(Failure::at(None, message))
            }
            _ => Ok(()),
        }
    }

    /// Fails where a name of a block around the task cannot be evaluated, which only tasks may have.
    fn check_blocks(&self, env: &Env<'_>) -> Result<(), Failure> {
        let is_block = |level: &&Level| matches!(level.kind, LevelKind::Block);
        for level in self.task.level.chain().filter(is_block) {
            if let Some((name, span)) = level.keywords.get(Keyword::Name)
                && name.is_lazy()
            {
                let prefix = "Error processing keyword 'name': ";
                env.eval(name).map_err(|error| Failure::template(&error, prefix, Some(span)))?;
            }
        }
        Ok(())
    }

    fn check(
        &self,
        env: &Env<'_>,
        (keyword, of): (Keyword, Type),
        looked: &Looked<'_>,
    ) -> Result<(), Failure> {
        let Looked { value, span, around } = looked;
        let misfit = match of {
            Type::Moment if !of.fits(value) && !matches!(value, Value::None) => {
                Some(unfit("debugger", no_moment(value), Some(&self.task.span), Some(span)))
            }
            _ => of.misfit(name_of(keyword), value, span, || match around {
                Some(place) => Some((*place).clone()),
                None => self.task.level.keyword(keyword).and_then(|(said, _)| place_of(said, env)),
            }),
        };
        let Some(failure) = misfit else { return Ok(()) };
        let is_own = self.task.own(keyword).is_some();
        if keyword == Keyword::NoLog && !(is_own && around.is_some()) {
            self.tell_hidden(failure.clone());
        }
        Err(failure)
    }
}

impl Batch<'_> {
    /// What lets only so many hosts at a task; a limit that is no number ends the run.
    pub(super) fn throttle(&mut self, task: &Arc<Task>) -> Option<Arc<Semaphore>> {
        let (_, span) = task.level.keyword(Keyword::Throttle)?;
        let said = self.plainly(task, Keyword::Throttle);
        let limit =
            said.map_err(|error| error.message).and_then(|value| limit(&value.unwrap_or_default()));
        match limit {
            Ok(limit) => {
                let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0)?;
                let mut throttles =
                    self.run.throttles.lock().unwrap_or_else(PoisonError::into_inner);
                let throttle = throttles.entry(Arc::as_ptr(task) as usize);
                Some(Arc::clone(throttle.or_insert_with(|| Arc::new(Semaphore::new(limit)))))
            }
            Err(reason) => {
                let message =
                    format!("Failed to convert the throttle value to an integer: {reason}");
                self.end_run(Diagnostic::maybe_at(Some(span), message));
                None
            }
        }
    }
}

/// The whole number that a limit is, cut where it is none; or why it is no number, in Python's words.
fn limit(value: &Value) -> Result<i64, String> {
    let number = match value {
        Value::Float(number) => as_int(&Value::Float(number.trunc())),
        Value::Str(text) => text.trim().parse().ok(),
        value => as_int(value),
    };
    number.ok_or_else(|| match value {
        Value::List(_) | Value::Dict(_) | Value::None => {
            let class = value.tagged_type_name().unwrap_or_else(|| value.type_name());
            format!(
                "int() argument must be a string, a bytes-like object or a real number, not '{class}'"
            )
        }
        value => format!("invalid literal for int() with base 10: {}", value.to_repr()),
    })
}
