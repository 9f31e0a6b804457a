//! What callbacks in Python are told of tasks and plays, as playbooks have them.

use crate::{
    output::About,
    playbook::{Entry, Keyword, Level, LevelKind, LoopControl, Play, Task},
    value::{Dict, Value},
};

/// Keywords that a task has of its own alone.
const OWN: [Keyword; 13] = [
    Keyword::When,
    Keyword::Register,
    Keyword::Until,
    Keyword::Retries,
    Keyword::Delay,
    Keyword::Async,
    Keyword::Poll,
    Keyword::Notify,
    Keyword::ChangedWhen,
    Keyword::FailedWhen,
    Keyword::DelegateTo,
    Keyword::DelegateFacts,
    Keyword::LoopControl,
];

/// Keywords that tasks have of what is around them, too.
const INHERITED: [Keyword; 18] = [
    Keyword::AnyErrorsFatal,
    Keyword::Become,
    Keyword::BecomeExe,
    Keyword::BecomeFlags,
    Keyword::BecomeMethod,
    Keyword::BecomeUser,
    Keyword::CheckMode,
    Keyword::Connection,
    Keyword::Diff,
    Keyword::Environment,
    Keyword::IgnoreErrors,
    Keyword::IgnoreUnreachable,
    Keyword::NoLog,
    Keyword::Port,
    Keyword::RemoteUser,
    Keyword::RunOnce,
    Keyword::Throttle,
    Keyword::Timeout,
];

/// `loop_control` as it is written.
pub(super) fn written_control(control: &LoopControl) -> Dict {
    let given = [
        ("loop_var", &control.loop_var),
        ("index_var", &control.index_var),
        ("label", &control.label),
        ("pause", &control.pause),
        ("extended", &control.extended),
        ("extended_allitems", &control.extended_allitems),
        ("break_when", &control.break_when),
    ];
    let written = given.into_iter().filter_map(|(name, given)| {
        given.as_ref().map(|(value, _)| (Value::str(name), value.clone()))
    });
    written.collect()
}

impl About for Task {
    fn about(&self) -> Dict {
        let mut about = Dict::new();
        let mut keywords = Dict::new();
        for keyword in OWN {
            if let Some(value) = self.own(keyword) {
                keywords.insert(keyword.name(), value.clone());
            }
        }
        for keyword in INHERITED {
            if let Some((value, _)) = self.level.keyword(keyword) {
                keywords.insert(keyword.name(), value.clone());
            }
        }
        if let Some(looping) = &self.looping {
            keywords.insert("loop", looping.items.clone());
            keywords.insert("loop_control", written_control(&looping.control));
            if let Some(lookup) = &looping.lookup {
                keywords.insert("loop_with", Value::str(lookup.to_string()));
            }
        }
        let tags = self.level.tags();
        about.insert(
            "implicit",
            tags.iter().any(|tag| tag.as_str() == Some(super::strategy::IMPLICIT)),
        );
        let shown = tags.into_iter().filter(|tag| tag.as_str() != Some(super::strategy::IMPLICIT));
        keywords.insert("tags", Value::list(shown.collect::<Vec<_>>()));
        keywords.insert("vars", Value::Dict(self.level.vars.clone()));
        about.insert("written_name", self.name.clone().unwrap_or(Value::str("")));
        about.insert("action", &*self.action_written);
        about.insert("args", args_of(self));
        about.insert("keywords", keywords);
        about.insert("ds", written(self));
        about.insert("parents", parents(&self.level));
        if let Some(role) = self.level.role() {
            about.insert("role", &*role.name);
            about.insert("role_path", role.dir.display().to_string());
        }
        about
    }
}

pub(super) fn args_of(task: &Task) -> Dict {
    let entries = task.args.entries.iter();
    entries.map(|argument| (Value::str(&*argument.name), argument.value.clone())).collect()
}

/// The task as its file has it, its keys in their order.
fn written(task: &Task) -> Dict {
    let mut found = Vec::new();
    for (keyword, value, span) in task.level.keywords.iter() {
        found.push(((span.line, span.column), Value::str(keyword.name()), value.clone()));
    }
    let place = (task.action_span.line, task.action_span.column);
    let args = match (task.args.whole.last(), &task.args.entries[..]) {
        (Some((whole, _)), _) => whole.clone(),
        (None, []) => Value::None,
        (None, [only]) if &*only.name == "_raw_params" => only.value.clone(),
        _ => args_of(task).into(),
    };
    found.push((place, Value::str(&*task.action_written), args));
    if let Some(looping) = &task.looping {
        let place = (looping.span.line, looping.span.column);
        let name = looping.lookup.as_ref().map_or("loop".to_owned(), |name| format!("with_{name}"));
        found.push((place, Value::from(name), looping.items.clone()));
    }
    found.sort_by_key(|(place, ..)| *place);
    found.into_iter().map(|(_, name, value)| (name, value)).collect()
}

/// What the task stands in, the nearest first.
fn parents(level: &Level) -> Value {
    let kinds = level.chain().skip(1).map(|level| {
        let mut parent = Dict::new();
        parent.insert(
            "kind",
            match level.kind {
                LevelKind::Play => "Play",
                LevelKind::Role(_) => "Role",
                LevelKind::Block => "Block",
                LevelKind::Import | LevelKind::Include(_) => "TaskInclude",
                LevelKind::Task => "Task",
            },
        );
        let name = level.keywords.get(Keyword::Name).map(|(value, _)| value.clone());
        parent.insert("name", name.unwrap_or(Value::str("")));
        parent.insert("vars", Value::Dict(level.vars.clone()));
        Value::from(parent)
    });
    Value::list(kinds.collect::<Vec<_>>())
}

impl About for Play {
    fn about(&self) -> Dict {
        let mut about = Dict::new();
        let mut keywords = Dict::new();
        for (keyword, value, _) in self.level.keywords.iter() {
            keywords.insert(keyword.name(), value.clone());
        }
        keywords.insert("vars", Value::Dict(self.level.vars.clone()));
        keywords.insert("hosts", self.hosts.clone());
        let files = self.vars_files.iter().map(|(file, _)| file.clone());
        keywords.insert("vars_files", Value::list(files.collect::<Vec<_>>()));
        about.insert("keywords", keywords);
        let roles = self.roles.iter().map(|role| {
            let mut found = Dict::new();
            found.insert("name", &*role.name);
            found.insert("path", role.dir.display().to_string());
            Value::from(found)
        });
        about.insert("roles", Value::list(roles.collect::<Vec<_>>()));
        about.insert("tasks", Value::list(groups(&self.sections)));
        about.insert("dir", self.dir.display().to_string());
        about.insert("place", self.span.origin_line());
        about
    }
}

/// The names of the play's own tasks: those of each block, and of those between blocks.
fn groups(sections: &[Vec<Entry>]) -> Vec<Value> {
    let mut groups: Vec<Vec<Value>> = Vec::new();
    let mut loose = false;
    for entry in sections.iter().flatten() {
        match entry {
            Entry::Task(task) => {
                let name = task_name(task);
                match groups.last_mut() {
                    Some(group) if loose => group.push(name),
                    _ => groups.push(vec![name]),
                }
                loose = true;
            }
            Entry::Block(block) if block.is_role => loose = false,
            Entry::Block(block) => {
                let mut names = Vec::new();
                for entries in [&block.body, &block.rescue, &block.always] {
                    names_of(entries, &mut names);
                }
                groups.push(names);
                loose = false;
            }
        }
    }
    groups.into_iter().map(Value::list).collect()
}

fn names_of(entries: &[Entry], names: &mut Vec<Value>) {
    for entry in entries {
        match entry {
            Entry::Task(task) => names.push(task_name(task)),
            Entry::Block(block) => {
                for entries in [&block.body, &block.rescue, &block.always] {
                    names_of(entries, names);
                }
            }
        }
    }
}

fn task_name(task: &Task) -> Value {
    task.name.clone().unwrap_or_else(|| Value::str(&*task.action_written))
}
