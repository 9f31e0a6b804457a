//! What `ansible_failed_task` tells a rescue section: the task, with every keyword as it holds for it.

use std::sync::Arc;

use super::{
    about::{args_of, written_control},
    arguments::resolved_name,
    cursor::Next,
    strategy::Batch,
};
use crate::{
    playbook::{Keyword, LoopControl, Task},
    value::{Dict, Value},
};

impl Batch<'_> {
    /// Describes the task that failed; its values are as they are written, for whoever reads one evaluates it.
    pub(super) fn describe_task(&self, next: &Next) -> Value {
        let task = &*next.task;
        let name = match &task.name {
            None | Some(Value::None) => String::new(),
            // Named once, as the first host sees it.
            Some(_) => self.bare_name(&next.task, self.hosts.first().map(|host| &host.host)),
        };
        let own = |keyword| task.own(keyword).cloned().unwrap_or_default();
        let listed_own = |keyword| Value::list(task.own(keyword).map(listed).unwrap_or_default());
        let looping = task.looping.as_ref();
        let is_async = task.own(Keyword::Async).cloned().unwrap_or(Value::Int(0));
        // A loop's task is told before its keywords have their types.
        let delay = if looping.is_some() { Value::Int(5) } else { Value::Float(5.0) };
        let mut told = Dict::new();
        let mut tell = |name: &str, value: Value| drop(told.insert(name, value));
        tell("delegate_to", nearest(task, Keyword::DelegateTo));
        tell("delegate_facts", nearest(task, Keyword::DelegateFacts));
        tell("notify", nearest(task, Keyword::Notify));
        tell("collections", added_up(task, Keyword::Collections));
        tell("tags", Value::list(task.level.tags_from_here()));
        tell("when", added_up(task, Keyword::When));
        tell("name", Value::from(name));
        for (keyword, usual) in self.usual() {
            let said = match keyword {
                Keyword::Vars => Value::Dict(Arc::clone(&task.level.vars)),
                Keyword::ModuleDefaults | Keyword::Environment => added_up(task, keyword),
                _ => task.level.keyword(keyword).map_or(usual, |(value, _)| value.clone()),
            };
            tell(keyword.name(), said);
        }
        tell("args", args_of(task).into());
        tell("action", Value::str(&*task.action_written));
        tell("async_val", is_async.clone());
        tell("async", is_async);
        tell("changed_when", listed_own(Keyword::ChangedWhen));
        tell("delay", task.own(Keyword::Delay).cloned().unwrap_or(delay));
        tell("failed_when", listed_own(Keyword::FailedWhen));
        tell("loop", looping.map_or(Value::None, |looping| looping.items.clone()));
        tell("loop_control", control(looping.map(|looping| &looping.control)));
        let poll = Value::Int(self.run.settings.poll_interval.value);
        tell("poll", task.own(Keyword::Poll).cloned().unwrap_or(poll));
        tell("register", own(Keyword::Register));
        tell("retries", own(Keyword::Retries));
        tell("until", task.own(Keyword::Until).cloned().unwrap_or(Value::list([])));
        let lookup = looping.and_then(|looping| looping.lookup.as_ref());
        tell("loop_with", lookup.map_or(Value::None, |name| Value::from(name.to_string())));
        tell("_resolved_action", Value::from(resolved_name(task)));
        tell("finalized", Value::Bool(true));
        tell("squashed", Value::Bool(true));
        Value::from(told)
    }

    /// The keywords that plays have, too, with what holds where nobody says one.
    fn usual(&self) -> [(Keyword, Value); 21] {
        let (options, settings) = (&self.run.options, &self.run.settings);
        let identity = &options.identity;
        let text =
            |text: Option<&String>| text.map_or(Value::None, |text| Value::str(text.as_str()));
        let transport = identity.connection.as_ref().unwrap_or(&settings.transport.value);
        let method = identity.become_method.as_ref().unwrap_or(&settings.become_method.value);
        [
            (Keyword::Connection, text(Some(transport))),
            (Keyword::Port, Value::None),
            (Keyword::RemoteUser, text(identity.remote_user.as_ref())),
            (Keyword::Vars, Value::None),
            (Keyword::ModuleDefaults, Value::None),
            (Keyword::Environment, Value::None),
            (Keyword::NoLog, Value::Bool(settings.no_log.value)),
            (Keyword::RunOnce, Value::None),
            (Keyword::IgnoreErrors, Value::None),
            (Keyword::IgnoreUnreachable, Value::None),
            (Keyword::CheckMode, Value::Bool(options.check)),
            (Keyword::Diff, Value::Bool(options.diff)),
            (Keyword::AnyErrorsFatal, Value::Bool(settings.any_errors_fatal.value)),
            (Keyword::Throttle, Value::Int(0)),
            (Keyword::Timeout, Value::Int(settings.task_timeout.value)),
            (Keyword::Debugger, Value::None),
            (Keyword::Become, Value::Bool(identity.become_enabled.unwrap_or_default())),
            (Keyword::BecomeMethod, text(Some(method))),
            (Keyword::BecomeUser, text(identity.become_user.as_ref())),
            (Keyword::BecomeFlags, Value::None),
            (Keyword::BecomeExe, Value::None),
        ]
    }
}

fn nearest(task: &Task, keyword: Keyword) -> Value {
    task.level.keyword(keyword).map(|(value, _)| value.clone()).unwrap_or_default()
}

/// What is said from the play down to the task, of which all holds.
fn added_up(task: &Task, keyword: Keyword) -> Value {
    let said = task.level.inherited(keyword).into_iter();
    Value::list(said.flat_map(|(value, _)| listed(value)).collect::<Vec<_>>())
}

fn listed(value: &Value) -> Vec<Value> {
    value.as_list().map_or_else(|| vec![value.clone()], |list| list.to_vec())
}

/// What of `loop_control` is written, in the place of what holds otherwise.
fn control(control: Option<&LoopControl>) -> Value {
    let mut told: Dict = [
        ("loop_var", Value::str("item")),
        ("index_var", Value::None),
        ("label", Value::None),
        ("pause", Value::Float(0.0)),
        ("extended", Value::None),
        ("extended_allitems", Value::Bool(true)),
        ("break_when", Value::list([])),
        ("finalized", Value::Bool(true)),
        ("squashed", Value::Bool(false)),
    ]
    .into_iter()
    .map(|(name, usual)| (Value::str(name), usual))
    .collect();
    told.extend(control.map(written_control).unwrap_or_default());
    told.into()
}
