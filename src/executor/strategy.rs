//! Strategies: which host does which task when.

use std::{
    collections::HashSet,
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use super::{
    Failure, Run,
    cursor::{Cursor, Next},
    emit::Turn,
    task::{KnownHandlers, Prepared},
};
use crate::{
    diagnostic::{Diagnostic, Told},
    output::{About, Event, TaskStart},
    playbook::{Argument, Entry, Files, Keyword, Level, LevelKind, Play, Task},
    settings::Gathering,
    template::{Env, OMITTED},
    value::Value,
    vars::{HostData, Names, PlayData},
};

/// How a play went on a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BatchEnd {
    /// Nothing more of the run may happen: `any_errors_fatal`, too many failures.
    pub(super) break_run: bool,
    /// Nothing more of the run may happen when what is under way is done.
    pub(super) breaks: bool,
    /// Nothing more of the play may happen: `meta: end_play`.
    pub(super) end_play: bool,
}

/// A host on its way through a play.
pub(super) struct HostRun {
    pub(super) host: Arc<HostData>,
    pub(super) index: u32,
    pub(super) cursor: Cursor,
    pub(super) state: HostState,
    /// Handlers that were notified, by their number.
    pub(super) notified: HashSet<usize>,
    /// Names that were notified since handlers last ran.
    pub(super) pending: Vec<String>,
    /// Names that were notified and not said so yet.
    pub(super) untold: Vec<String>,
    /// Whether it is none of the play's hosts any more, though sections of its blocks still run: its failure was not rescued, or
    /// another host's sent it there.
    pub(super) is_left_out: bool,
    /// Whether it is among those of which only so many may fail.
    pub(super) counts_as_failed: bool,
    /// Whether it has come to the task that the run starts at.
    pub(super) started: bool,
    /// Where its last task stood.
    pub(super) position: super::cursor::Position,
    /// Roles of which a task ran here, by what makes them the same.
    pub(super) roles_begun: HashSet<Arc<str>>,
    /// Those of them that came to their end.
    pub(super) roles_done: HashSet<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostState {
    Active,
    Failed,
    Unreachable,
    /// Failed, but its handlers are forced to run.
    Handling,
    /// Nothing more of this play happens on it, but it counts among the play's hosts.
    Ended,
    /// `meta: end_host`.
    Left,
}

/// A play on a batch of hosts.
pub(super) struct Batch<'a> {
    pub(super) run: &'a Arc<Run>,
    pub(super) files: &'a Files,
    pub(super) play: Arc<PlayData>,
    pub(super) hosts: Vec<HostRun>,
    pub(super) handlers: Rc<std::cell::RefCell<Vec<Handler>>>,
    pub(super) end: BatchEnd,
    /// How many failed hosts, in percent, end the run.
    pub(super) max_fail_percentage: Option<f64>,
    pub(super) force_handlers: bool,
    /// Where handlers run between the play's sections.
    pub(super) flushes: Vec<super::cursor::Position>,
    /// Whether hosts go on without waiting for one another.
    pub(super) free: bool,
    /// Whether no more hosts than forks are under way at once: strategy `host_pinned`.
    pub(super) pinned: bool,
    pub(super) step_all: bool,
    /// Whether failures open the debugger: strategy `debug`.
    pub(super) debugging: bool,
    /// What ended the run in the middle of a task.
    pub(super) fatal: Option<Diagnostic>,
    /// The names of the handlers, and of how many.
    pub(super) handler_names: Option<(usize, Arc<KnownHandlers>)>,
    /// The task that was started last.
    pub(super) current: Option<Arc<TaskStart>>,
}

impl Batch<'_> {
    /// Runs all hosts to the end of the play.
    pub(super) async fn run(&mut self) -> BatchEnd {
        if self.free {
            self.run_free().await;
        } else {
            self.run_linear().await;
        }
        self.end.break_run |= self.end.breaks;
        self.end
    }

    /// The next task of a host, those passed over that its tags or its role leave out.
    pub(super) fn next(&mut self, at: usize) -> Option<Next> {
        loop {
            let handlers = Rc::clone(&self.handlers);
            let host = &mut self.hosts[at];
            if !matches!(host.state, HostState::Active | HostState::Handling) {
                return None;
            }
            let notified = &host.notified;
            let next = host.cursor.peek(&|task: &Task| {
                handlers.borrow().iter().enumerate().any(|(number, handler)| {
                    std::ptr::eq(&raw const *handler.task, task) && notified.contains(&number)
                })
            });
            let finished = std::mem::take(&mut host.cursor.finished_roles);
            // What ends a role is tagged `always`: who skips that lets roles run again.
            let finished = if self.run.options.tags.skips_always() { Vec::new() } else { finished };
            for role in finished.iter().filter_map(|block| block.level.role()) {
                // A role none of whose tasks ran may run later.
                if host.roles_begun.contains(&role.identity) {
                    host.roles_done.insert(Arc::clone(&role.identity));
                }
            }
            let host = &mut self.hosts[at];
            let Some(next) = next else {
                if host.cursor.lost && host.state == HostState::Active {
                    self.host_failed(at);
                }
                return None;
            };
            if self.is_chosen(at, &next) {
                self.hosts[at].position = next.position.clone();
                return Some(next);
            }
            self.hosts[at].cursor.advance();
        }
    }

    fn is_chosen(&mut self, at: usize, next: &Next) -> bool {
        let host = &self.hosts[at];
        if let Some(role) = next.task.level.role()
            && !role.allow_duplicates
            && !next.is_handler
            && host.roles_done.contains(&role.identity)
        {
            return false;
        }
        if next.is_handler || is_implicit(&next.task) {
            return true;
        }
        if is_setup(&self.play.play, &next.task) {
            let smart = self.run.settings.gathering.value == Gathering::Smart;
            return !(smart && HostData::get(&self.hosts[at].host.facts).are_gathered());
        }
        if !self.hosts[at].started && self.run.is_start(&self.play, &next.task) {
            self.hosts[at].started = true;
            self.run.started.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        self.hosts[at].started
    }

    /// Ends the run with an error that is no host's.
    pub(super) fn end_run(&mut self, error: Diagnostic) {
        self.fatal = Some(error);
        self.end.break_run = true;
    }

    /// The task's name as it is shown: with its role, evaluated as the first host of the play sees it.
    pub(super) fn task_name(&self, task: &Arc<Task>, host: Option<&Arc<HostData>>) -> String {
        role_prefix(task) + &self.bare_name(task, host)
    }

    /// How a task begins, as its first host sees it.
    pub(super) fn start_of(&self, at: usize, next: &Next, n_hosts: usize) -> TaskStart {
        let task = &next.task;
        // What nobody wrote stands where its play does.
        let is_written = !task.span.source.path.starts_with('<');
        let span = if is_written { &task.span } else { &self.play.play.span };
        TaskStart {
            name: self.shown_name(at, next),
            of_role: role_prefix(task).len(),
            is_named: task.name.as_ref().is_some_and(|name| name.is_lazy() || name.is_true()),
            args: written_args(task),
            is_handler: next.is_handler,
            action: Arc::clone(&task.action),
            span: span.clone(),
            check: self.is_marked(task),
            unsteady: self.free,
            n_hosts,
            // Hosts that go on by themselves share the heading of one task.
            id: if self.free { Arc::as_ptr(task) as usize } else { self.run.task_id() },
            about: Arc::clone(task) as Arc<dyn About>,
        }
    }

    pub(super) fn bare_name(&self, task: &Arc<Task>, host: Option<&Arc<HostData>>) -> String {
        let name = || self.run.bare_name(&self.play, task, host, None);
        let is_template = task.name.as_ref().is_some_and(Value::is_lazy);
        if host.is_none() || !is_template {
            return name();
        }
        let mut named = self.run.named_tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Arc::as_ptr(task) as usize;
        named.entry(key).or_insert_with(|| (Arc::clone(task), name())).1.clone()
    }

    pub(super) fn prepared(
        &mut self,
        at: usize,
        task: &Arc<Task>,
        start: &Arc<TaskStart>,
        turn: &Arc<Turn>,
        slot: usize,
    ) -> Prepared {
        let prepared = Prepared {
            run: Arc::clone(self.run),
            play: Arc::clone(&self.play),
            host: Arc::clone(&self.hosts[at].host),
            task: Arc::clone(task),
            start: Arc::clone(start),
            turn: Arc::clone(turn),
            slot,
            lane: self.hosts[at].index,
            local_fork: OnceCell::new(),
            told: Mutex::default(),
            given: None,
            handlers: self.names_of_handlers(task),
        };
        prepared.named()
    }

    /// The names and topics of all handlers, for a task that notifies some, where a missing one is an error.
    fn names_of_handlers(&mut self, task: &Task) -> Option<Arc<KnownHandlers>> {
        let notifies = task.level.keyword(Keyword::Notify).is_some();
        if !notifies || !self.run.settings.error_on_missing_handler.value {
            return None;
        }
        if let Some((of, known)) = &self.handler_names
            && *of == self.handlers.borrow().len()
        {
            return Some(Arc::clone(known));
        }
        let handlers = self.handlers.borrow().clone();
        let mut known = KnownHandlers::default();
        for handler in &handlers {
            match self.names_of_handler(&handler.task) {
                Ok(names) => known.names.extend(names),
                Err(why) => known.unusable.push(why),
            }
            known.names.extend(Self::topics(&handler.task));
        }
        let known = Arc::new(known);
        self.handler_names = Some((handlers.len(), Arc::clone(&known)));
        Some(known)
    }

    /// Ends the run where the task's turn said so; returns whether it did.
    pub(super) fn halt(&mut self, turn: &Turn) -> bool {
        let Some(told) = turn.halted() else { return false };
        self.end_run(told);
        true
    }

    /// Evaluates a keyword as the play sees it, without a host.
    pub(super) fn evaluate(&self, task: &Task, keyword: Keyword) -> Option<Value> {
        self.try_evaluate(task, keyword).ok().flatten()
    }

    /// Evaluates a keyword as the play sees it; what is wrong with it concerns the run, not a task.
    pub(super) fn plainly(
        &self,
        task: &Task,
        keyword: Keyword,
    ) -> Result<Option<Value>, Diagnostic> {
        let Some((value, span)) = task.level.keyword(keyword) else { return Ok(None) };
        if !value.is_lazy() {
            return Ok(Some(value.clone()));
        }
        let host = self.hosts.first().map(|host| &host.host);
        let names = Names::new(&self.run.world, Some(&self.play), host).with_level(&task.level);
        let context = self.run.world.context(names.search_path());
        match Env::new(&names, &context).eval(value) {
            Ok(Value::Omit) => Err(Diagnostic::error(span, OMITTED)),
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(Diagnostic::error(span, error.into_message())),
        }
    }

    pub(super) fn try_evaluate(
        &self,
        task: &Task,
        keyword: Keyword,
    ) -> Result<Option<Value>, Failure> {
        let Some((value, _)) = task.level.keyword(keyword) else { return Ok(None) };
        if !value.is_lazy() {
            return Ok(Some(value.clone()));
        }
        let host = self.hosts.first().map(|host| &host.host);
        let names = Names::new(&self.run.world, Some(&self.play), host).with_level(&task.level);
        let context = self.run.world.context(names.search_path());
        let env = Env::new(&names, &context);
        let found = super::typed::evaluated(&task.level, keyword, &env)?;
        Ok(found.map(|(value, _)| value))
    }

    pub(super) fn truth(&self, task: &Task, keyword: Keyword) -> Option<bool> {
        self.evaluate(task, keyword)
            .filter(|value| !matches!(value, Value::None))
            .map(|value| super::typed::holds(&value))
    }

    /// Whether a task is shown as one that only predicts: for its heading an expression is a text, whatever it gives.
    fn is_marked(&self, task: &Task) -> bool {
        let said = task.level.keyword(Keyword::CheckMode).map(|(value, _)| value);
        let said = said.filter(|value| !matches!(value, Value::None));
        said.map_or(self.run.options.check, |value| value.is_lazy() || value.is_true())
    }

    pub(super) fn warn(&self) {
        for told in self.run.world.take_warnings() {
            self.run.printer.event(&Event::Told(told));
        }
    }
}

impl Run {
    /// A task's name without its role's, as a host sees it.
    pub(super) fn bare_name(
        &self,
        play: &Arc<PlayData>,
        task: &Task,
        host: Option<&Arc<HostData>>,
        told: Option<&Mutex<Vec<Told>>>,
    ) -> String {
        match &task.name {
            None | Some(Value::None) => default_name(task),
            Some(value) if value.is_lazy() && &*task.action != "meta" => {
                let names = Names::new(&self.world, Some(play), host).with_level(&task.level);
                let context = self.world.context(names.search_path());
                let env = Env::new(&names, &context);
                let name = env.telling(told.unwrap_or(&context.told)).eval_marked(value);
                // Only a text is a name.
                name.as_str()
                    .filter(|name| !name.is_empty())
                    .map_or_else(|| default_name(task), ToOwned::to_owned)
            }
            Some(value) => value.to_text(),
        }
    }

    /// Whether this is the task that `--start-at-task` names, by name or glob.
    fn is_start(&self, play: &Arc<PlayData>, task: &Task) -> bool {
        let Some(wanted) = &self.options.start_at_task else { return true };
        // Nobody wants to hear of the names of tasks that do not run.
        let unheard = Mutex::default();
        let bare = self.bare_name(play, task, None, Some(&unheard));
        let name = role_prefix(task) + &bare;
        [name, bare]
            .iter()
            .any(|name| name == wanted || crate::inventory::glob_matches(wanted, name))
    }

    /// How many tasks of a play stand before the one to start at; nothing where it is not there.
    pub(super) fn start_in(&self, play: &Arc<PlayData>) -> Option<usize> {
        fn walk(entries: &[Entry], is_it: &mut impl FnMut(&Task) -> bool) -> bool {
            entries.iter().any(|entry| match entry {
                Entry::Task(task) => is_it(task),
                Entry::Block(block) => walk(&block.body, is_it) || walk(&block.always, is_it),
            })
        }
        let mut before = 0;
        let mut is_it = |task: &Task| {
            if !self.is_chosen(play, task).unwrap_or(true) {
                return false;
            }
            let found = self.is_start(play, task);
            before += usize::from(!found);
            found
        };
        let found = play.play.sections.iter().any(|section| walk(section, &mut is_it));
        found.then_some(before)
    }
}

/// What stands before a task's own name: that of its role.
pub(super) fn role_prefix(task: &Task) -> String {
    match task.level.role() {
        Some(role) if !is_implicit(task) && &*task.action != "include_role" => {
            format!("{} : ", role.name)
        }
        _ => String::new(),
    }
}

/// What a task without a name is called: its action, for `include_role` with the role as it is written.
fn default_name(task: &Task) -> String {
    let written = task.action_written.to_string();
    if &*task.action != "include_role" {
        return written;
    }
    match task.args.get("name").or_else(|| task.args.get("role")) {
        Some(Argument { value: Value::Template(template), .. }) => {
            format!("{written} : {}", template.text)
        }
        Some(argument) => format!("{written} : {}", argument.value.to_text()),
        None => written,
    }
}

/// A task's arguments as the playbook has them; nothing where they must not be seen.
pub(super) fn written_args(task: &Task) -> Option<String> {
    let hidden = task.level.keyword(Keyword::NoLog);
    if hidden.is_some_and(|(value, _)| value.is_lazy() || value.says_yes()) {
        return None;
    }
    let shown = |value: &Value| match value {
        Value::Template(template) => template.text.to_string(),
        other => other.to_text(),
    };
    // A file that is included stands behind what else is said of it, whichever way it is written.
    let is_file = |argument: &&Argument| {
        &*task.action == "include_tasks" && matches!(&*argument.name, "file" | "_raw_params")
    };
    let (files, others): (Vec<_>, Vec<_>) = task.args.entries.iter().partition(is_file);
    let others = others.iter().map(|one| format!("{}={}", one.name, shown(&one.value)));
    let files = files.iter().map(|one| format!("_raw_params={}", shown(&one.value)));
    Some(others.chain(files).collect::<Vec<_>>().join(", "))
}

/// Whether this gathers the play's facts without being written in it.
pub(super) fn is_setup(play: &Play, task: &Task) -> bool {
    let span = &play.span;
    &*task.action == "gather_facts"
        && (task.span.line, task.span.column) == (span.line, span.column)
        && Arc::ptr_eq(&task.span.source, &span.source)
}

/// Whether a task was put in by the strategy: facts, handlers between sections.
pub(super) fn is_implicit(task: &Task) -> bool {
    task.level
        .keywords
        .get(Keyword::Tags)
        .is_some_and(|(value, _)| value.as_str() == Some(IMPLICIT))
}

/// Whether a level is inside of a role that stands in `roles`, or of what that imports.
pub(super) fn is_of_roles(level: &Level) -> bool {
    let outer = level.chain().filter(|level| !matches!(level.kind, LevelKind::Block));
    let outer: Vec<&LevelKind> = outer.map(|level| &level.kind).collect();
    matches!(outer[..], [.., LevelKind::Role(_), LevelKind::Play])
}

/// The mark of tasks that no playbook has.
pub(super) const IMPLICIT: &str = "_windlass_implicit";

/// A handler and the file or list that it stands in.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) task: Arc<Task>,
    pub(super) list: usize,
}

/// Returns the handlers of a play as one list; `first` numbers the lists that they stand in.
pub(super) fn flat(entries: &[Entry], first: usize) -> Vec<Handler> {
    let mut found = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        collect(entry, first + number, &mut found);
    }
    found
}

fn collect(entry: &Entry, list: usize, into: &mut Vec<Handler>) {
    match entry {
        Entry::Task(task) => into.push(Handler { task: Arc::clone(task), list }),
        Entry::Block(block) => block.body.iter().for_each(|entry| collect(entry, list, into)),
    }
}

pub(super) fn tasks_of(handlers: &[Handler]) -> Vec<Arc<Task>> {
    handlers.iter().map(|handler| Arc::clone(&handler.task)).collect()
}
