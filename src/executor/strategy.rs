//! Strategies: which host does which task when.

use std::{
    collections::HashSet,
    rc::Rc,
    sync::{Arc, PoisonError},
    time::Duration,
};

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;

use super::{
    Run,
    cursor::{Caught, Cursor, Next},
    emit::Turn,
    items::Ended,
    task::Prepared,
};
use crate::{
    output::{Event, Status, TaskStart},
    playbook::{Entry, Files, Keyword, Task},
    template::Env,
    value::Value,
    vars::{HostData, Names, PlayData},
};

/// How a play went on a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BatchEnd {
    /// Nothing more of the run may happen: `any_errors_fatal`, too many failures.
    pub(super) break_run: bool,
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
    /// Where its last task stood.
    pub(super) position: super::cursor::Position,
    /// Roles that have run, by what makes them the same.
    pub(super) roles_done: HashSet<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostState {
    Active,
    Failed,
    Unreachable,
    /// Failed, but its handlers are forced to run.
    Handling,
    /// `meta: end_host`.
    Ended,
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
    pub(super) step_all: bool,
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
            for block in std::mem::take(&mut host.cursor.finished_roles) {
                if let Some(role) = block.level.role() {
                    host.roles_done.insert(Arc::clone(&role.identity));
                }
            }
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

    fn is_chosen(&self, at: usize, next: &Next) -> bool {
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
        if !self.run.options.tags.choose(&self.tags(&next.task)) {
            return false;
        }
        if self.is_setup(&next.task) {
            return true;
        }
        if !self.run.started.load(std::sync::atomic::Ordering::Relaxed) {
            return self.is_start(&next.task);
        }
        true
    }

    /// Whether this gathers the play's facts without being written in it.
    fn is_setup(&self, task: &Task) -> bool {
        let play = &self.play.play.span;
        &*task.action == "gather_facts"
            && (task.span.line, task.span.column) == (play.line, play.column)
            && Arc::ptr_eq(&task.span.source, &play.source)
    }

    /// Whether this is the task that `--start-at-task` names, by name or glob.
    fn is_start(&self, task: &Task) -> bool {
        let Some(wanted) = &self.run.options.start_at_task else { return true };
        let name = self.task_name(task, None);
        let bare = name.rsplit(" : ").next().unwrap_or_default();
        let is_it = [name.as_str(), bare]
            .into_iter()
            .any(|name| name == wanted || crate::inventory::glob_matches(wanted, name));
        if is_it {
            self.run.started.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        is_it
    }

    pub(super) fn tags(&self, task: &Task) -> Vec<String> {
        let tags = task.level.tags();
        if !tags.iter().any(Value::is_lazy) {
            return tags.iter().map(Value::to_text).collect();
        }
        let names = Names::new(&self.run.world, Some(&self.play), None).with_level(&task.level);
        let context = self.run.world.context(names.search_path());
        let env = Env::new(&names, &context);
        let mut found = Vec::new();
        for tag in tags {
            match env.eval(&tag) {
                Ok(Value::List(list)) => found.extend(list.iter().map(Value::to_text)),
                Ok(value) => {
                    found.extend(value.to_text().split(',').map(|tag| tag.trim().to_owned()));
                }
                Err(_) => (),
            }
        }
        found
    }

    /// The task's name as it is shown: with its role, evaluated as the first host sees it.
    pub(super) fn task_name(&self, task: &Task, host: Option<&Arc<HostData>>) -> String {
        let name = self.bare_name(task, host);
        match task.level.role() {
            Some(role) if !is_implicit(task) && &*task.action != "include_role" => {
                format!("{} : {name}", role.name)
            }
            _ => name,
        }
    }

    fn bare_name(&self, task: &Task, host: Option<&Arc<HostData>>) -> String {
        match &task.name {
            None | Some(Value::None) => default_name(task),
            Some(value) if value.is_lazy() => {
                let names =
                    Names::new(&self.run.world, Some(&self.play), host).with_level(&task.level);
                let context = self.run.world.context(names.search_path());
                Env::new(&names, &context).eval_marked(value).0.to_text()
            }
            Some(value) => value.to_text(),
        }
    }

    async fn run_linear(&mut self) {
        loop {
            if self.run.is_interrupted() || self.end.break_run || self.end.end_play {
                return;
            }
            let mut nexts: Vec<(usize, Next)> = Vec::new();
            for at in 0..self.hosts.len() {
                if let Some(next) = self.next(at) {
                    nexts.push((at, next));
                }
            }
            let Some(first) =
                nexts.iter().map(|(_, next)| next).min_by(|a, b| Cursor::order(a, b)).cloned()
            else {
                return;
            };
            let group: Vec<usize> = nexts
                .into_iter()
                .filter(|(_, next)| {
                    next.position == first.position && Arc::ptr_eq(&next.task, &first.task)
                })
                .map(|(at, _)| at)
                .collect();
            self.step(&group, &first).await;
        }
    }

    /// One task on the hosts that have come to it.
    pub(super) async fn step(&mut self, group: &[usize], next: &Next) {
        let task = &next.task;
        if &*task.action == "meta" {
            return self.meta(group, next).await;
        }
        if self.run.options.step && !self.ask_step(task) {
            for &at in group {
                self.hosts[at].cursor.advance();
            }
            return;
        }
        let once = self.is_once(task, group);
        let doing = if once { &group[..1] } else { group };
        let first = Arc::clone(&self.hosts[doing[0]].host);
        let start = Arc::new(TaskStart {
            name: self.task_name(task, Some(&first)),
            is_handler: next.is_handler,
            action: Arc::clone(&task.action),
            span: task.span.clone(),
            check: self.check_mode(task),
            unsteady: self.free,
            n_hosts: doing.len(),
            id: self.run.task_id(),
        });
        self.run.printer.event(&Event::TaskStart(Arc::clone(&start)));
        self.current = Some(Arc::clone(&start));
        let turn = Turn::new(&self.run.printer, doing.len());
        let mut ends = self.perform(doing, task, &start, &turn).await;
        self.warn();
        if once {
            self.share_result(group, task);
        }
        let mut includes = Vec::new();
        let any_errors_fatal = once
            || self
                .truth(task, Keyword::AnyErrorsFatal)
                .unwrap_or(self.run.settings.any_errors_fatal.value);
        let mut fatal = Vec::new();
        for (slot, &at) in doing.iter().enumerate() {
            let Some(ended) = ends[slot].take() else { continue };
            self.hosts[at].cursor.advance();
            if next.is_handler {
                self.unnotify(at, task);
            }
            if self.settle(at, next, &ended) {
                fatal.push(at);
            }
            for include in ended.includes {
                includes.push((at, include));
            }
        }
        if once {
            for &at in &group[1..] {
                self.hosts[at].cursor.advance();
                if next.is_handler {
                    self.unnotify(at, task);
                }
            }
            includes = includes
                .into_iter()
                .flat_map(|(_, include)| group.iter().map(move |&at| (at, include.clone())))
                .collect();
        }
        self.include_all(next, includes);
        if !fatal.is_empty() && any_errors_fatal {
            self.all_failed(&fatal);
        }
        self.check_max_fail();
        self.update_active();
    }

    fn ask_step(&mut self, task: &Task) -> bool {
        if self.step_all {
            return true;
        }
        let name = self.task_name(task, None);
        let answer = self
            .run
            .ask
            .line(&format!("Perform task: TASK: {name} (N)o/(y)es/(c)ontinue: "), false);
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => true,
            "c" | "continue" => {
                self.step_all = true;
                true
            }
            _ => false,
        }
    }

    /// Runs the task on several hosts at once, as many as forks and `throttle` allow.
    async fn perform(
        &mut self,
        doing: &[usize],
        task: &Arc<Task>,
        start: &Arc<TaskStart>,
        turn: &Arc<Turn>,
    ) -> Vec<Option<Ended>> {
        let throttle = self.throttle(task);
        let mut ends: Vec<Option<Ended>> =
            std::iter::repeat_with(|| None).take(doing.len()).collect();
        let mut running = FuturesUnordered::new();
        for (slot, &at) in doing.iter().enumerate() {
            let prepared = self.prepared(at, task, start, turn, slot);
            let (forks, throttle) = (Arc::clone(&self.run.forks), throttle.clone());
            running.push(tokio::spawn(async move {
                let _throttled = match throttle {
                    Some(throttle) => throttle.acquire_owned().await.ok(),
                    None => None,
                };
                let _fork = forks.acquire_owned().await.ok();
                (slot, prepared.perform().await)
            }));
        }
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        loop {
            tokio::select! {
                ended = running.next() => match ended {
                    Some(Ok((slot, ended))) => ends[slot] = Some(ended),
                    Some(Err(error)) => {
                        self.run.printer.event(&Event::Warning(format!("internal error: a task ended without a result: {error}")));
                    }
                    None => return ends,
                },
                _ = tick.tick() => turn.tick(),
            }
        }
    }

    pub(super) fn prepared(
        &self,
        at: usize,
        task: &Arc<Task>,
        start: &Arc<TaskStart>,
        turn: &Arc<Turn>,
        slot: usize,
    ) -> Prepared {
        Prepared {
            run: Arc::clone(self.run),
            play: Arc::clone(&self.play),
            host: Arc::clone(&self.hosts[at].host),
            task: Arc::clone(task),
            start: Arc::clone(start),
            turn: Arc::clone(turn),
            slot,
            host_index: self.hosts[at].index,
        }
    }

    fn throttle(&self, task: &Arc<Task>) -> Option<Arc<Semaphore>> {
        let value = self.evaluate(task, Keyword::Throttle)?;
        let limit = usize::try_from(value.to_text().trim().parse::<i64>().ok()?)
            .ok()
            .filter(|limit| *limit > 0)?;
        let mut throttles = self.run.throttles.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Arc::as_ptr(task) as usize;
        Some(Arc::clone(throttles.entry(key).or_insert_with(|| Arc::new(Semaphore::new(limit)))))
    }

    /// Evaluates a keyword as the play sees it, without a host.
    fn evaluate(&self, task: &Task, keyword: Keyword) -> Option<Value> {
        let (value, _) = task.level.keyword(keyword)?;
        if !value.is_lazy() {
            return Some(value.clone());
        }
        let host = self.hosts.first().map(|host| &host.host);
        let names = Names::new(&self.run.world, Some(&self.play), host).with_level(&task.level);
        let context = self.run.world.context(names.search_path());
        Env::new(&names, &context).eval(value).ok()
    }

    fn truth(&self, task: &Task, keyword: Keyword) -> Option<bool> {
        self.evaluate(task, keyword)
            .filter(|value| !matches!(value, Value::None))
            .map(|value| super::connect::truth(&value))
    }

    fn check_mode(&self, task: &Task) -> bool {
        self.truth(task, Keyword::CheckMode).unwrap_or(self.run.options.check)
    }

    /// Whether one host does the task for all.
    fn is_once(&self, task: &Task, group: &[usize]) -> bool {
        if self.free || group.is_empty() {
            return false;
        }
        matches!(&*task.action, "add_host") && task.looping.is_none()
            || matches!(&*task.action, "add_host" | "pause")
            || self.truth(task, Keyword::RunOnce) == Some(true)
    }

    /// What a task that one host did for all leaves on the others.
    fn share_result(&self, group: &[usize], task: &Task) {
        let Some(register) = task.own(Keyword::Register).and_then(Value::as_str) else {
            return self.share_facts(group, task);
        };
        let first = HostData::get(&self.hosts[group[0]].host.registered);
        if let Some(value) = first.get(register) {
            for &at in &group[1..] {
                HostData::set(&self.hosts[at].host.registered, register, value.clone());
            }
        }
        self.share_facts(group, task);
    }

    fn share_facts(&self, group: &[usize], task: &Task) {
        if &*task.action == "set_fact" {
            let first = HostData::get(&self.hosts[group[0]].host.set_facts);
            for (key, value) in first.iter() {
                for &at in &group[1..] {
                    HostData::set(&self.hosts[at].host.set_facts, &key.to_text(), value.clone());
                }
            }
        }
    }

    /// Counts a host's result and moves the host on; returns whether it is a failure that nothing caught.
    pub(super) fn settle(&mut self, at: usize, next: &Next, ended: &Ended) -> bool {
        let name = Arc::clone(&self.hosts[at].host.name);
        for handler in &ended.notify {
            if self.notify(at, handler) {
                let event = Event::Notified { handler: handler.clone(), host: Arc::clone(&name) };
                self.run.printer.event(&event);
            } else {
                let message = format!(
                    "The requested handler '{handler}' was not found in either the main handlers list nor in the listening handlers list"
                );
                if self.run.settings.error_on_missing_handler.value {
                    self.run.printer.event(&Event::Warning(format!("ERROR! {message}")));
                    self.run.count(&name, |stats| stats.failed += 1);
                    self.host_failed(at);
                    return true;
                }
                self.run.printer.event(&Event::Warning(message));
            }
        }
        match ended.status {
            Status::Ok | Status::Changed => {
                // An include counts once it was read.
                if ended.includes.is_empty() {
                    self.run.count(&name, |stats| {
                        stats.ok += 1;
                        stats.changed += usize::from(ended.changed);
                    });
                }
                false
            }
            Status::Skipped => {
                self.run.count(&name, |stats| stats.skipped += 1);
                false
            }
            Status::Unreachable if ended.ignored => {
                self.run.count(&name, |stats| {
                    stats.ok += 1;
                    stats.ignored += 1;
                });
                false
            }
            Status::Unreachable => {
                self.run.count(&name, |stats| stats.unreachable += 1);
                self.hosts[at].state = HostState::Unreachable;
                self.run.lost().unreachable.push(name);
                true
            }
            Status::Failed if ended.ignored => {
                self.run.count(&name, |stats| {
                    stats.ok += 1;
                    stats.ignored += 1;
                    stats.changed += usize::from(ended.changed);
                });
                false
            }
            Status::Failed => self.failed(at, next, ended),
        }
    }

    fn failed(&mut self, at: usize, next: &Next, ended: &Ended) -> bool {
        let host = &mut self.hosts[at];
        let caught = host.cursor.fail();
        let name = Arc::clone(&host.host.name);
        if caught == Caught::Rescued {
            self.run.count(&name, |stats| stats.rescued += 1);
            self.remember_failure(at, next, ended);
            return true;
        }
        if caught == Caught::Later && self.hosts[at].cursor.is_rescued() {
            self.run.count(&name, |stats| stats.rescued += 1);
            self.remember_failure(at, next, ended);
        } else {
            self.run.count(&name, |stats| stats.failed += 1);
        }
        if caught == Caught::No {
            self.host_failed(at);
        }
        true
    }

    /// What a rescue section can ask about the failure.
    fn remember_failure(&self, at: usize, next: &Next, ended: &Ended) {
        let described = self.describe_task(next, at);
        let host = &self.hosts[at].host;
        HostData::set(&host.registered, "ansible_failed_task", described);
        let result = Value::Dict(Arc::clone(&ended.result));
        HostData::set(&host.registered, "ansible_failed_result", result);
    }

    fn host_failed(&mut self, at: usize) {
        let host = &mut self.hosts[at];
        host.state = HostState::Failed;
        if self.force_handlers && !host.notified.is_empty() && !host.cursor.lost {
            // Its notified handlers still run, when those of the other hosts do.
            let handlers = Arc::new(tasks_of(&self.handlers.borrow()));
            host.cursor = Cursor::new(Arc::default());
            host.cursor.lost = true;
            let flush = self.flushes.iter().find(|flush| **flush > host.position);
            host.cursor.handlers(handlers, flush.unwrap_or(&host.position));
            host.state = HostState::Handling;
        }
        let name = Arc::clone(&self.hosts[at].host.name);
        let mut lost = self.run.lost();
        if !lost.failed.contains(&name) {
            lost.failed.push(name);
        }
    }

    /// `ansible_failed_task`.
    fn describe_task(&self, next: &Next, at: usize) -> Value {
        let task = &next.task;
        let args = task
            .args
            .entries
            .iter()
            .map(|(key, value, _)| (Value::Str(Arc::clone(key)), value.clone()));
        Value::dict([
            ("name", Value::str(self.bare_name(task, Some(&self.hosts[at].host)))),
            ("action", Value::str(super::arguments::full_name(task))),
            ("args", Value::Dict(Arc::new(args.collect()))),
            ("register", task.own(Keyword::Register).cloned().unwrap_or_default()),
            ("tags", Value::list(task.level.tags())),
        ])
    }

    /// One host's failure is every host's: those that did not fail themselves leave their blocks as it did.
    fn all_failed(&mut self, failed: &[usize]) {
        for at in 0..self.hosts.len() {
            if self.hosts[at].state == HostState::Active
                && !failed.contains(&at)
                && self.hosts[at].cursor.fail() == Caught::No
            {
                self.host_failed(at);
            }
        }
        // Rescue and `always` sections still run.
        let goes_on =
            |host: &HostRun| matches!(host.state, HostState::Active | HostState::Handling);
        self.end.break_run = !self.hosts.iter().any(goes_on);
    }

    fn check_max_fail(&mut self) {
        let Some(limit) = self.max_fail_percentage else { return };
        if self.end.break_run {
            return;
        }
        let failed = self.hosts.iter().filter(|host| host.state == HostState::Failed).count();
        #[expect(clippy::cast_precision_loss, reason = "numbers of hosts are small")]
        let percentage = failed as f64 * 100.0 / self.hosts.len().max(1) as f64;
        if failed > 0 && percentage > limit {
            for at in 0..self.hosts.len() {
                if self.hosts[at].state == HostState::Active {
                    self.host_failed(at);
                }
            }
            self.end.break_run = true;
            // The reference says it twice: when it notices, and when it leaves.
            self.run.printer.event(&Event::NoHostsRemaining);
            self.run.printer.event(&Event::NoHostsRemaining);
        }
    }

    pub(super) fn update_active(&self) {
        let active: Vec<Arc<str>> = self
            .hosts
            .iter()
            .filter(|host| matches!(host.state, HostState::Active | HostState::Ended))
            .map(|host| Arc::clone(&host.host.name))
            .collect();
        let lost = self.run.lost().clone();
        let mut now = self.play.active.write().unwrap_or_else(PoisonError::into_inner);
        now.play.retain(|host| !lost.contains(host));
        now.batch = active;
    }

    fn warn(&self) {
        for warning in self.run.world.take_warnings() {
            self.run.printer.event(&Event::Warning(warning));
        }
    }

    /// Hosts go on by themselves, each as fast as it can.
    async fn run_free(&mut self) {
        let mut running = FuturesUnordered::new();
        let mut busy = vec![false; self.hosts.len()];
        loop {
            if !(self.run.is_interrupted() || self.end.break_run || self.end.end_play) {
                #[expect(
                    clippy::needless_range_loop,
                    reason = "hosts are borrowed anew for each step"
                )]
                for at in 0..self.hosts.len() {
                    while !busy[at] {
                        let Some(next) = self.next(at) else { break };
                        if &*next.task.action == "meta" {
                            self.meta(&[at], &next).await;
                            continue;
                        }
                        busy[at] = true;
                        running.push(self.begin_free(at, next));
                    }
                }
            }
            let Some((at, next, ended)) = running.next().await else {
                return;
            };
            busy[at] = false;
            self.warn();
            if let Some(ended) = ended {
                self.hosts[at].cursor.advance();
                if next.is_handler {
                    self.unnotify(at, &next.task);
                }
                let fatal = self.settle(at, &next, &ended);
                let includes = ended.includes.into_iter().map(|include| (at, include)).collect();
                self.include_all(&next, includes);
                if fatal && self.truth(&next.task, Keyword::AnyErrorsFatal) == Some(true) {
                    self.all_failed(&[at]);
                }
            } else {
                self.host_failed(at);
            }
            self.check_max_fail();
            self.update_active();
        }
    }

    fn begin_free(
        &self,
        at: usize,
        next: Next,
    ) -> impl Future<Output = (usize, Next, Option<Ended>)> + use<> {
        let start = Arc::new(TaskStart {
            name: self.task_name(&next.task, Some(&self.hosts[at].host)),
            is_handler: next.is_handler,
            action: Arc::clone(&next.task.action),
            span: next.task.span.clone(),
            check: self.check_mode(&next.task),
            unsteady: true,
            n_hosts: 1,
            // Hosts of one task share its heading.
            id: Arc::as_ptr(&next.task) as usize,
        });
        self.run.printer.event(&Event::TaskStart(Arc::clone(&start)));
        let turn = Turn::new(&self.run.printer, 1);
        let prepared = self.prepared(at, &next.task, &start, &turn, 0);
        let forks = Arc::clone(&self.run.forks);
        let throttle = self.throttle(&next.task);
        let handle = tokio::spawn(async move {
            let _throttled = match throttle {
                Some(throttle) => throttle.acquire_owned().await.ok(),
                None => None,
            };
            let _fork = forks.acquire_owned().await.ok();
            prepared.perform().await
        });
        async move { (at, next, handle.await.ok()) }
    }
}

/// What a task without a name is called: its action, for `include_role` with the role as it is written.
fn default_name(task: &Task) -> String {
    let written = task.action_written.to_string();
    if &*task.action != "include_role" {
        return written;
    }
    match task.args.get("name").or_else(|| task.args.get("role")) {
        Some((_, Value::Template(template), _)) => format!("{written} : {}", template.text),
        Some((_, value, _)) => format!("{written} : {}", value.to_text()),
        None => written,
    }
}

/// Whether a task was put in by the strategy: facts, handlers between sections.
pub(super) fn is_implicit(task: &Task) -> bool {
    task.level
        .keywords
        .get(Keyword::Tags)
        .is_some_and(|(value, _)| value.as_str() == Some(IMPLICIT))
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
