//! `meta` actions, handlers, and putting included tasks in their place.

use std::sync::{Arc, PoisonError};

use super::{
    cursor::Next,
    include::{Include, Included, shown_path},
    strategy::{Batch, HostState, is_implicit},
};
use crate::{
    output::{Event, ResultEvent, Status, TaskStart},
    playbook::{Block, Entry, Level, Loader, Surroundings, Task},
    template::Env,
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
        // What concerns all hosts is decided by the first of them.
        let deciding = if all_at_once { &group[..group.len().min(1)] } else { group };
        if all_at_once {
            for &other in group.iter().skip(1) {
                self.hosts[other].cursor.advance();
            }
        }
        for (number, &at) in deciding.iter().enumerate() {
            self.hosts[at].cursor.advance();
            let start = (!implicit && (number == 0 || !all_at_once)).then(|| {
                let start = Arc::new(TaskStart {
                    name: self.task_name(task, Some(&self.hosts[at].host)),
                    args: super::strategy::written_args(task),
                    is_handler: next.is_handler,
                    action: Arc::clone(&task.action),
                    span: task.span.clone(),
                    check: false,
                    unsteady: self.free,
                    n_hosts: 1,
                    id: if self.free { Arc::as_ptr(task) as usize } else { self.run.task_id() },
                });
                self.run.printer.event(&Event::TaskStart(Arc::clone(&start)));
                start
            });
            if next.is_handler {
                self.unnotify(at, task);
            }
            // Doing nothing asks for no condition.
            let holds = if action == "noop" { Ok(true) } else { self.meta_condition(task, at) };
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
                Err(message) => {
                    self.run.printer.event(&Event::Warning(message));
                }
            }
        }
        self.update_active();
    }

    fn meta_action(task: &Task) -> String {
        let given = task.args.get("_raw_params").map(|argument| argument.value.to_text());
        given.unwrap_or_default().trim().to_owned()
    }

    fn meta_condition(&self, task: &Arc<Task>, at: usize) -> Result<bool, String> {
        let names = Names::new(&self.run.world, Some(&self.play), Some(&self.hosts[at].host))
            .with_task(task);
        let context = self.run.world.context(names.search_path());
        let env = Env::new(&names, &context);
        for (value, _) in task.level.inherited(crate::playbook::Keyword::When) {
            if !env.condition(value).map_err(|error| error.message)? {
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
        let event = ResultEvent {
            task: Arc::clone(start),
            host,
            delegate: None,
            status: Status::Skipped,
            result: Arc::new(result),
            item: None,
            is_loop_summary: false,
            ignored: false,
            no_log: false,
            causes: Vec::new(),
        };
        self.run.printer.event(&Event::Result(Box::new(event)));
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
        let host = Arc::clone(&self.hosts[at].host.name);
        for handler in std::mem::take(&mut self.hosts[at].untold) {
            self.run.printer.event(&Event::Notified { handler, host: Arc::clone(&host) });
        }
    }

    async fn meta_on(&mut self, action: &str, at: usize, next: &Next) {
        match action {
            "flush_handlers" => {
                self.settle_notifications(at);
                let handlers = Arc::new(super::strategy::tasks_of(&self.handlers.borrow()));
                self.hosts[at].cursor.handlers(handlers, &next.position);
            }
            "end_host" => {
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

    fn meta_for_all(&mut self, action: &str) {
        match action {
            "end_play" => self.end.end_play = true,
            "end_batch" => self.hosts.iter_mut().for_each(|host| host.cursor.end()),
            "clear_facts" => {
                for host in &self.hosts {
                    self.run.world.clear_facts(&host.host);
                }
            }
            "clear_host_errors" => {
                let mut lost = self.run.lost();
                for host in &mut self.hosts {
                    if matches!(host.state, HostState::Failed | HostState::Unreachable) {
                        host.state = HostState::Ended;
                        lost.failed.retain(|name| *name != host.host.name);
                        lost.unreachable.retain(|name| *name != host.host.name);
                    }
                }
            }
            "refresh_inventory" => self.refresh_inventory(),
            _ => (),
        }
    }

    /// Reads the inventory's sources again; hosts that were added while the play ran are gone.
    fn refresh_inventory(&self) {
        let world = &self.run.world;
        let mut inventory = world.inventory.write().unwrap_or_else(PoisonError::into_inner);
        let sources: Vec<String> = inventory.sources().iter().map(ToString::to_string).collect();
        let (mut fresh, problems) =
            crate::inventory::Inventory::load(&sources, &self.run.settings, inventory.vault());
        let more = fresh.enter_playbook(&self.play.play.dir);
        for problem in problems.0.into_iter().chain(more.0) {
            self.run.printer.event(&Event::Warning(problem.message));
        }
        *inventory = fresh;
        drop(inventory);
        world.forget_hosts();
    }

    /// Notes that a host notified a name; returns whether a handler has it.
    ///
    /// What the name means is asked when handlers run: a role may have brought others until then.
    pub(super) fn notify(&mut self, at: usize, name: &str) -> bool {
        let meant = self.meant(name);
        let is_known = !meant.is_empty();
        let host = &mut self.hosts[at];
        if host.cursor.is_handling() {
            host.notified.extend(meant);
        } else if is_known && !host.pending.iter().any(|known| known == name) {
            host.pending.push(name.to_owned());
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
        let listening: Vec<usize> = (0..handlers.len())
            .filter(|&number| self.topics(&handlers[number].task).iter().any(|topic| topic == name))
            .collect();
        named.into_iter().chain(listening).collect()
    }

    fn is_named(&self, handler: &Task, name: &str) -> bool {
        if handler.name.is_none() {
            return false;
        }
        let full = self.task_name(handler, None);
        full == name || full.split_once(" : ").is_some_and(|(_, bare)| bare == name)
    }

    pub(super) fn topics(&self, handler: &Task) -> Vec<String> {
        if handler.listen.is_empty() {
            return Vec::new();
        }
        let names = Names::new(&self.run.world, Some(&self.play), None).with_level(&handler.level);
        let context = self.run.world.context(names.search_path());
        let env = Env::new(&names, &context);
        handler
            .listen
            .iter()
            .filter_map(|topic| env.eval(topic).ok())
            .map(|topic| topic.to_text())
            .collect()
    }

    pub(super) fn unnotify(&mut self, at: usize, task: &Arc<Task>) {
        let number =
            self.handlers.borrow().iter().position(|handler| Arc::ptr_eq(&handler.task, task));
        if let Some(number) = number {
            self.hosts[at].notified.remove(&number);
        }
    }

    /// Reads what hosts include, each different one once, and puts it before what comes next.
    pub(super) fn include_all(&mut self, next: &Next, includes: Vec<(usize, Include)>) {
        let mut groups: Vec<(Include, Vec<usize>)> = Vec::new();
        for (at, include) in includes {
            match groups
                .iter_mut()
                .find(|(known, hosts)| known.is_same(&include) && !hosts.contains(&at))
            {
                Some((_, hosts)) => hosts.push(at),
                None => groups.push((include, vec![at])),
            }
        }
        let mut loaded = Vec::new();
        for (number, (include, hosts)) in groups.into_iter().enumerate() {
            let names: Vec<Arc<str>> =
                hosts.iter().map(|&at| Arc::clone(&self.hosts[at].host.name)).collect();
            match self.load(next, &include, hosts[0]) {
                Ok((path, entries)) => {
                    for name in &names {
                        self.run.count(name, |stats| stats.ok += 1);
                    }
                    self.run.printer.event(&Event::Included {
                        path,
                        hosts: names,
                        items: include.label.clone().into_iter().collect(),
                    });
                    loaded.push((number, Arc::new(entries), hosts));
                }
                Err(result) => {
                    for &at in &hosts {
                        self.include_failed(next, at, &result);
                    }
                }
            }
        }
        // The last one is put in first, so that the first one runs first.
        for (number, entries, hosts) in loaded.into_iter().rev() {
            for at in hosts {
                if self.hosts[at].state == HostState::Active {
                    self.hosts[at].cursor.include(Arc::clone(&entries), &next.position, number);
                }
            }
        }
    }

    fn load(
        &mut self,
        next: &Next,
        include: &Include,
        at: usize,
    ) -> Result<(String, Vec<Entry>), Value> {
        let level = include.level(&next.task);
        let names = Names::new(&self.run.world, Some(&self.play), Some(&self.hosts[at].host))
            .with_level(&level);
        let context = self.run.world.context(names.search_path());
        let resolve = |value: &Value, level: &Level| {
            let _ = level;
            Env::new(&names, &context).eval(value).map_err(|error| (&error).into())
        };
        let loader = Loader::new(Surroundings {
            files: self.files,
            roles_path: &self.run.settings.roles_path.value,
            library: &self.run.settings.library.value,
            collections: &self.run.collections,
            resolve: &resolve,
            actions: &crate::actions::resolve,
            lookups: |name| crate::template::lookups::find(name).is_some(),
            private_roles: self.run.settings.private_role_vars.value,
        });
        loader.playbook_dir.replace(self.play.play.dir.clone());
        let (path, entries) = match &include.what {
            Included::Tasks { file } => {
                let path = loader.find_tasks(file, &next.task.dir, &level);
                let entries =
                    loader.tasks_file(&path, level, next.is_handler, Some(&next.task.span));
                (shown_path(&path), entries)
            }
            Included::Role(call) => {
                let block: Option<Arc<Block>> = loader.role_block(call, &level, &next.task.dir);
                (call.name.clone(), block.into_iter().map(Entry::Block).collect())
            }
        };
        let errors = loader.errors.take();
        if let Some(error) = errors.0.first() {
            let missing = match &include.what {
                Included::Tasks { file } => {
                    (!std::path::Path::new(&path).is_file()).then_some(file)
                }
                Included::Role(_) => None,
            };
            return Err(match missing {
                Some(file) => {
                    let reason = format!(
                        "Could not find or access '{path}' on the Ansible Controller: Unable to retrieve file contents.\nCould not find or access '{path}' on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option: [Errno 2] No such file or directory: '{path}'"
                    );
                    Value::dict([
                        ("changed", Value::Bool(false)),
                        ("include", Value::str(file.as_str())),
                        ("reason", Value::str(reason)),
                    ])
                }
                None if matches!(include.what, Included::Role(_)) => Value::dict([
                    ("changed", Value::Bool(false)),
                    ("reason", Value::str(error.message.as_str())),
                ]),
                None => Value::dict([("reason", Value::str(error.message.as_str()))]),
            });
        }
        let first = self.handlers.borrow().last().map_or(0, |handler| handler.list + 1);
        let handlers = super::strategy::flat(&loader.handlers.take(), first);
        self.handlers.borrow_mut().extend(handlers);
        let roles = loader.roles.take();
        self.play.roles.write().unwrap_or_else(PoisonError::into_inner).extend(roles);
        Ok((path, entries))
    }

    fn include_failed(&mut self, next: &Next, at: usize, result: &Value) {
        let Some(start) = self.current.clone() else { return };
        let result = result.as_dict().cloned().unwrap_or_default();
        let result = Arc::new(result);
        let event = ResultEvent {
            task: start,
            host: Arc::clone(&self.hosts[at].host.name),
            delegate: None,
            status: Status::Failed,
            result: Arc::clone(&result),
            item: None,
            is_loop_summary: false,
            ignored: false,
            no_log: false,
            causes: Vec::new(),
        };
        self.run.printer.event(&Event::Result(Box::new(event)));
        let ended = super::items::Ended {
            status: Status::Failed,
            result,
            ignored: false,
            notify: Vec::new(),
            includes: Vec::new(),
            changed: false,
            others: None,
        };
        self.settle(at, next, &ended);
    }
}
