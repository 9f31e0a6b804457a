//! What a play needs before its first task: facts before and handlers between its tasks.

use std::sync::Arc;

use super::{Run, strategy::IMPLICIT};
use crate::{
    diagnostic::Span,
    playbook::{Args, Argument, Entry, Keyword, Keywords, Level, LevelKind, Play, Task},
    settings::Gathering,
    value::Value,
};

impl Run {
    /// The play's tasks with facts before and handlers between them.
    pub(super) fn entries(&self, play: &Arc<Play>, gather: Option<&Value>) -> Vec<Entry> {
        let mut entries = Vec::new();
        let by_default = match self.settings.gathering.value {
            Gathering::Explicit => false,
            Gathering::Implicit | Gathering::Smart => true,
        };
        if gather.map_or(by_default, Value::says_yes) && !self.options.ad_hoc {
            let mut args = Vec::new();
            for (name, keyword) in [
                ("gather_subset", Keyword::GatherSubset),
                ("gather_timeout", Keyword::GatherTimeout),
                ("fact_path", Keyword::FactPath),
            ] {
                if let Some((value, span)) = play.level.keywords.get(keyword) {
                    // A text is one subset, whatever commas it has.
                    let value = match value {
                        Value::Str(_) if name == "gather_subset" => Value::list([value.clone()]),
                        value => value.clone(),
                    };
                    args.push(Argument::new(name, value, span.clone()));
                }
            }
            // The tags of the play hold; facts of a play that has none are always gathered.
            let tagged = play.level.keyword(Keyword::Tags).is_some();
            let tags = (!tagged).then_some("always");
            let keywords = told(play, tags, play.condition.as_ref());
            entries.push(implicit(play, "gather_facts", Some("Gathering Facts"), args, keywords));
        }
        for section in &play.sections {
            entries.extend(section.iter().cloned());
            let flush = Value::str("flush_handlers");
            let flush = Argument::new("_raw_params", flush, play.span.clone());
            let keywords = told(play, Some(IMPLICIT), None);
            entries.push(implicit(play, "meta", None, vec![flush], keywords));
        }
        entries
    }
}

/// Where the handlers between sections stand.
pub(super) fn flushes(entries: &[Entry]) -> Vec<super::cursor::Position> {
    let is_flush = |entry: &Entry| matches!(entry, Entry::Task(task) if &*task.action == "meta" && super::strategy::is_implicit(task));
    let found = entries.iter().enumerate().filter(|(_, entry)| is_flush(entry));
    found.map(|(at, _)| super::cursor::Position::top(at)).collect()
}

/// Keywords of a task that the play does not write.
fn told(play: &Play, tags: Option<&str>, condition: Option<&(Value, Span)>) -> Keywords {
    let mut keywords = Keywords::default();
    // A play that does its tasks once still knows every host.
    keywords.set(Keyword::RunOnce, Value::Bool(false), play.span.clone());
    if let Some(tags) = tags {
        keywords.set(Keyword::Tags, Value::str(tags), play.span.clone());
    }
    if let Some((value, span)) = condition {
        keywords.set(Keyword::When, value.clone(), span.clone());
    }
    keywords
}

/// A task that the play does not write.
fn implicit(
    play: &Arc<Play>,
    action: &str,
    name: Option<&str>,
    args: Vec<Argument>,
    keywords: Keywords,
) -> Entry {
    Entry::Task(Arc::new(Task {
        level: Arc::new(Level {
            kind: LevelKind::Task,
            keywords,
            vars: Arc::default(),
            parent: Some(Arc::clone(&play.level)),
        }),
        name: name.map(Value::str),
        action: action.into(),
        foreign: None,
        action_written: action.into(),
        action_span: play.span.clone(),
        args: Args { entries: args, whole: Vec::new() },
        looping: None,
        listen: Vec::new(),
        dir: play.dir.clone(),
        includes: Arc::default(),
        span: play.span.clone(),
    }))
}
