//! `meta` actions, and which handlers a notification means.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    cursor::Next,
    strategy::{Batch, HostState, is_implicit, role_prefix},
    task::conditions_of,
};
use crate::{
    diagnostic::{Diagnostic, Fault},
    output::{Event, ResultEvent, Status, TaskStart},
    playbook::Task,
    template::{Env, TemplateError},
    value::{Dict, Value},
    vars::Names,
};

impl Batch<'_> {
    /// Does a `meta` task on the hosts that have come to it.
    pub(super) async fn meta(&mut self, group: &[usize], next: &Next) {
        let task = &next.task;
        let action = Self::meta_action(task);
        let implicit = is_implicit(task);
        let all_at_once = !matches!(
            action.as_str(),
            "noop"
                | "reset_connection"
                | "end_host"
                | "end_role"
                | "flush_handlers"
                | "role_complete"
        );
        // Only what a file says that is included comes here.
        if action == "end_role" && task.level.role().is_none() {
            let message = "Cannot execute 'end_role' from outside of a role";
            return self.end_run(Diagnostic::error(&task.span, message).fault(Fault::Late));
        }
        // What concerns all hosts is decided by the first of them.
        let deciding = if all_at_once { &group[..group.len().min(1)] } else { group };
        if all_at_once {
            for &other in group.iter().skip(1) {
                self.hosts[other].cursor.advance();
            }
        }
        for (number, &at) in deciding.iter().enumerate() {
            self.hosts[at].cursor.advance();
            let is_told = !implicit && (number == 0 || !all_at_once);
            let start = is_told.then(|| self.tell_meta(at, next));
            if next.is_handler {
                self.unnotify(at, task);
                if action == "flush_handlers" {
                    return self.refuse_flush(task);
                }
            }
            // What asks for no condition says so.
            let asks =
                !matches!(action.as_str(), "noop" | "refresh_inventory" | "reset_connection");
            if !asks && conditions_of(&task.level).next().is_some() {
                let message = format!("{action} task does not support when conditional");
                self.run.printer.event(&Event::Warning(message));
            }
            let holds = if asks { self.meta_condition(task, at) } else { Ok(true) };
            match holds {
                Ok(true) => {
                    if action == "flush_handlers" {
                        self.tell_notified(at);
                    }
                    if !implicit {
                        self.tell(at, &action);
                    }
                    self.meta_on(&action, at, next).await;
                    if all_at_once {
                        if matches!(
                            action.as_str(),
                            "clear_facts"
                                | "clear_host_errors"
                                | "refresh_inventory"
                                | "end_play"
                                | "end_batch"
                        ) {
                            self.meta_for_all(&action);
                        }
                        break;
                    }
                }
                Ok(false) => {
                    if let Some(start) = start {
                        self.skip(at, &start, &action, task);
                    }
                }
                Err(error) => {
                    // No host fails: nobody knows what the run is to do.
                    self.end_run(error);
                    return;
                }
            }
        }
        self.update_active();
    }

    fn tell_meta(&self, at: usize, next: &Next) -> Arc<TaskStart> {
        let start = Arc::new(self.start_of(at, next, 1));
        self.run.printer.event(&Event::TaskStart(Arc::clone(&start)));
        start
    }

    /// Ends the run: handlers run no handlers.
    fn refuse_flush(&mut self, task: &Task) {
        let message = "flush_handlers cannot be used as a handler";
        self.end_run(Diagnostic::error(&task.span, message).fault(Fault::Task));
    }

    fn meta_action(task: &Task) -> String {
        let given = task.args.get("_raw_params").map(|argument| argument.value.to_text());
        given.unwrap_or_default().trim().to_owned()
    }

    fn meta_condition(&self, task: &Arc<Task>, at: usize) -> Result<bool, Diagnostic> {
        let names = Names::new(&self.run.world, Some(&self.play), Some(&self.hosts[at].host))
            .with_task(task);
        let context = self.run.world.context(names.search_path());
        let env = Env::new(&names, &context);
        for (condition, place) in conditions_of(&task.level) {
            let holds = env.one_condition_at(condition, Some(&place));
            if !holds.map_err(|error| Diagnostic::error(&place, error.into_message()))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Shows that a condition kept a host from an action, for those that ask for conditions.
    fn skip(&self, at: usize, start: &Arc<TaskStart>, action: &str, task: &Task) {
        let host = Arc::clone(&self.hosts[at].host.name);
        let instead = match action {
            "clear_facts" => format!(", not clearing facts and fact cache for {host}"),
            "clear_host_errors" => format!(", not clearing host error state for {host}"),
            "end_batch" => ", continuing current batch".to_owned(),
            "end_host" => format!(", continuing execution for {host}"),
            "end_play" => ", continuing play".to_owned(),
            // The words of the reference, which forgets the comma.
            "end_role" => {
                let role = task.level.role().map_or("", |role| &role.name);
                format!("continuing role {role} for {host}")
            }
            "flush_handlers" => format!(", not running handlers for {host}"),
            _ => return,
        };
        let message = match action {
            "end_host" => format!("{action} conditional evaluated to false{instead}"),
            _ => action.to_owned(),
        };
        let mut result = Dict::new();
        result.insert("msg", message);
        let reason = format!("{action} conditional evaluated to False{instead}");
        let text = format!("META: {reason}");
        self.run.printer.event(&Event::Verbose { level: 2, host: None, text });
        result.insert("skip_reason", reason);
        let no_log = self.run.hides_as_written(task);
        let event = ResultEvent::new(Arc::clone(start), host, Status::Skipped, Arc::new(result));
        self.run.printer.event(&Event::Result(Box::new(ResultEvent { no_log, ..event })));
    }

    /// Says what an action does.
    fn tell(&self, at: usize, action: &str) {
        let host = &self.hosts[at].host.name;
        let text = match action {
            "clear_facts" => "facts cleared".to_owned(),
            "clear_host_errors" => "cleared host errors".to_owned(),
            "end_batch" => "ending batch".to_owned(),
            "end_host" => format!("ending play for {host}"),
            "end_play" => "ending play".to_owned(),
            "end_role" => return,
            "flush_handlers" => format!("triggered running handlers for {host}"),
            "refresh_inventory" => "inventory successfully refreshed".to_owned(),
            "reset_connection" => "reset connection".to_owned(),
            other => other.to_owned(),
        };
        let text = format!("META: {text}");
        self.run.printer.event(&Event::Verbose { level: 2, host: None, text });
    }

    /// Says which handlers were notified since the last time.
    fn tell_notified(&mut self, at: usize) {
        let mut known = self.hosts[at].notified.clone();
        for name in std::mem::take(&mut self.hosts[at].untold) {
            for number in self.meant(&name) {
                if known.insert(number) {
                    self.tell_of_handler(at, number);
                }
            }
        }
    }

    /// Says that a host notified a handler, by the handler's own name.
    fn tell_of_handler(&self, at: usize, number: usize) {
        let task = Arc::clone(&self.handlers.borrow()[number].task);
        let name = match &task.name {
            Some(name @ Value::Template(template)) => {
                let found = self.seen_by_play(&task, name);
                found.map_or_else(|_| template.text.to_string(), |name| name.to_text())
            }
            _ => self.handler_name(&task),
        };
        let handler = super::strategy::role_prefix(&task) + &name;
        let host = Arc::clone(&self.hosts[at].host.name);
        self.run.printer.event(&Event::Notified { handler, host });
    }

    async fn meta_on(&mut self, action: &str, at: usize, next: &Next) {
        match action {
            "flush_handlers" => {
                self.settle_notifications(at);
                let handlers = Arc::new(super::strategy::tasks_of(&self.handlers.borrow()));
                self.hosts[at].cursor.handlers(handlers, &next.position);
            }
            "end_host" => {
                self.keep_failure(at);
                self.hosts[at].cursor.end();
                self.hosts[at].state = HostState::Left;
            }
            "end_role" => drop(self.hosts[at].cursor.end_role()),
            "reset_connection" => {
                let names =
                    Names::new(&self.run.world, Some(&self.play), Some(&self.hosts[at].host))
                        .with_task(&next.task);
                let way = {
                    let context = self.run.world.context(names.search_path());
                    let env = Env::new(&names, &context);
                    self.run.way(&names, &env)
                };
                if let Ok(way) = way {
                    self.run.reset(&way.target).await;
                }
            }
            _ => (),
        }
    }

    /// Counts a failure that a host will not come to, as it ends before.
    fn keep_failure(&self, at: usize) {
        if self.hosts[at].cursor.waits_to_fail() {
            self.run.lost().failed.push(Arc::clone(&self.hosts[at].host.name));
        }
    }

    fn meta_for_all(&mut self, action: &str) {
        match action {
            "end_play" => {
                (0..self.hosts.len()).for_each(|at| self.keep_failure(at));
                self.end.end_play = true;
            }
            "end_batch" => {
                for at in 0..self.hosts.len() {
                    self.keep_failure(at);
                    self.hosts[at].cursor.end();
                }
            }
            "clear_facts" => {
                for host in &self.hosts {
                    self.run.world.clear_facts(&host.host);
                }
            }
            "clear_host_errors" => {
                let forced = self.force_handlers;
                let mut lost = self.run.lost();
                lost.dragged.clear();
                for host in &mut self.hosts {
                    // Who is reached again goes on behind the task that did not; who failed behind the block around it, or
                    // waits for the next play.
                    let then = match host.state {
                        HostState::Failed if host.cursor.revive(forced) => Some(HostState::Active),
                        HostState::Failed => Some(HostState::Ended),
                        HostState::Unreachable => Some(HostState::Active),
                        _ => None,
                    };
                    host.cursor.forgive();
                    host.counts_as_failed = false;
                    host.state = then.unwrap_or(host.state);
                }
                // Also those that plays before lost, if this one is for them: they are there again in the next one.
                let active = self.play.active.read().unwrap_or_else(PoisonError::into_inner);
                lost.failed.retain(|name| !active.all.contains(name));
                lost.unreachable.retain(|name| !active.all.contains(name));
            }
            "refresh_inventory" => self.refresh_inventory(),
            _ => (),
        }
    }

    /// Reads the inventory's sources again; what the run itself added is added again.
    fn refresh_inventory(&mut self) {
        let world = &self.run.world;
        let mut inventory = world.inventory.write().unwrap_or_else(PoisonError::into_inner);
        let sources: Vec<String> = inventory.sources().iter().map(ToString::to_string).collect();
        let (mut fresh, problems) =
            crate::inventory::Inventory::load(&sources, &self.run.settings, inventory.vault());
        let more = fresh.enter_playbook(&self.play.play.dir);
        for problem in problems.0.into_iter().chain(more.0) {
            self.run.printer.event(&Event::Warning(problem.message));
        }
        fresh.add_again(&inventory);
        // Hosts that are not there any more leave the play; what is known of them still has its place.
        for host in &mut self.hosts {
            if fresh.host_id(&host.host.name).is_none() {
                host.cursor.end();
                host.state = HostState::Left;
            }
        }
        for name in world.host_names() {
            if fresh.host_id(&name).is_none() {
                fresh.delegate_host(&name);
            }
        }
        *inventory = fresh;
        drop(inventory);
        world.forget_hosts();
        for host in &mut self.hosts {
            if let Some(known) = self.run.world.host(&host.host.name) {
                host.host = known;
            }
        }
        match self.run.select(&self.play.patterns, None) {
            Ok(ids) => self.play.hosts_are(self.run.world.names_of(&ids)),
            Err(error) => self.end_run(error),
        }
    }

    /// Notes that a host notified a name; returns whether a handler has it.
    ///
    /// What the name means is asked when handlers run: a role may have brought others until then.
    pub(super) fn notify(&mut self, at: usize, name: &str) -> bool {
        let meant = self.meant(name);
        let is_known = !meant.is_empty();
        if self.hosts[at].cursor.is_handling() {
            for number in meant {
                if self.hosts[at].notified.insert(number) {
                    self.tell_of_handler(at, number);
                }
            }
            return is_known;
        }
        let host = &mut self.hosts[at];
        if is_known && !host.pending.iter().any(|known| known == name) {
            host.pending.push(name.to_owned());
            host.untold.push(name.to_owned());
        }
        is_known
    }

    /// Marks the handlers that a host's notifications mean now.
    pub(super) fn settle_notifications(&mut self, at: usize) {
        for name in std::mem::take(&mut self.hosts[at].pending) {
            let meant = self.meant(&name);
            self.hosts[at].notified.extend(meant);
        }
    }

    /// The handlers that a name means, by their numbers.
    fn meant(&self, name: &str) -> Vec<usize> {
        let handlers = self.handlers.borrow().clone();
        // The last list that has the name counts, and in it the first handler of the name.
        let mut lists: Vec<usize> = handlers.iter().map(|handler| handler.list).collect();
        lists.dedup();
        let named = lists.iter().rev().find_map(|list| {
            (0..handlers.len()).find(|&number| {
                handlers[number].list == *list && self.is_named(&handlers[number].task, name)
            })
        });
        // Of listeners of one name, the last one counts.
        let mut seen = HashSet::new();
        let mut listening: Vec<usize> = (0..handlers.len())
            .rev()
            .filter(|&number| {
                let task = &handlers[number].task;
                Self::topics(task).iter().any(|topic| topic == name)
                    && (task.name.is_none() || seen.insert(self.handler_name(task)))
            })
            .collect();
        listening.reverse();
        named.into_iter().chain(listening).collect()
    }

    fn is_named(&self, handler: &Task, name: &str) -> bool {
        match self.names_of_handler(handler) {
            Ok(names) => names.iter().any(|known| known == name),
            Err(why) => {
                self.run.printer.event(&Event::Warning(why));
                false
            }
        }
    }

    /// What a handler may be notified by: its name, also behind that of its role. Fails where nothing can notify it.
    pub(super) fn names_of_handler(&self, handler: &Task) -> Result<Vec<String>, String> {
        let Some(name) = &handler.name else { return Ok(Vec::new()) };
        let template = match name {
            Value::Template(template) if handler.listen.is_empty() => template,
            _ => return Ok(with_role(handler, vec![self.handler_name(handler)])),
        };
        match self.seen_by_play(handler, name) {
            Ok(name) => Ok(with_role(handler, vec![name.to_text()])),
            Err(error) => Err(format!(
                "Handler '{}' is unusable because it has no listen topics and the name could not be templated (host-specific variables are not supported in handler names). The error: {}",
                template.text, error.message
            )),
        }
    }

    /// The name under which a task begins: a handler's as the play sees it, where it can, any other's as its first host does.
    pub(super) fn shown_name(&self, at: usize, next: &Next) -> String {
        let task = &next.task;
        let is_known = || self.handlers.borrow().iter().any(|it| Arc::ptr_eq(&it.task, task));
        let written = task.name.as_ref().filter(|name| name.is_lazy());
        let seen = written.filter(|_| next.is_handler && is_known());
        match seen.and_then(|name| self.seen_by_play(task, name).ok()) {
            Some(name) => role_prefix(task) + &name.to_text(),
            None => self.task_name(task, Some(&self.hosts[at].host)),
        }
    }

    /// A handler's name where no host is known.
    fn seen_by_play(&self, handler: &Task, name: &Value) -> Result<Value, TemplateError> {
        let names = Names::new(&self.run.world, Some(&self.play), None).with_level(&handler.level);
        let context = self.run.world.context(names.search_path());
        Env::new(&names, &context).eval(name)
    }

    /// A handler's name as it is looked for; nobody hears of one that cannot be evaluated, as it may listen to a topic.
    fn handler_name(&self, handler: &Task) -> String {
        self.run.bare_name(&self.play, handler, None, Some(&Mutex::default()))
    }

    /// The topics that a handler listens to, as they are written, also behind the name of its role.
    pub(super) fn topics(handler: &Task) -> Vec<String> {
        let topics = handler.listen.iter().map(|topic| match topic {
            Value::Template(template) => template.text.to_string(),
            topic => topic.to_text(),
        });
        with_role(handler, topics.collect())
    }

    pub(super) fn unnotify(&mut self, at: usize, task: &Arc<Task>) {
        let number =
            self.handlers.borrow().iter().position(|handler| Arc::ptr_eq(&handler.task, task));
        if let Some(number) = number {
            self.hosts[at].notified.remove(&number);
        }
    }
}

/// Names of a handler, alone and behind the name of its role, that of a collection's role whole and short.
fn with_role(handler: &Task, names: Vec<String>) -> Vec<String> {
    let Some(role) = handler.level.role() else { return names };
    let short = role.collection.as_deref().and_then(|collection| {
        role.name.strip_prefix(collection).and_then(|short| short.strip_prefix('.'))
    });
    let roles = std::iter::once(&*role.name).chain(short);
    let behind: Vec<String> =
        roles.flat_map(|role| names.iter().map(move |name| format!("{role} : {name}"))).collect();
    names.into_iter().chain(behind).collect()
}
