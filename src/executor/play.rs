//! Plays in order: hosts, prompts, batches, and the exit status of it all.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::{Arc, PoisonError, RwLock, atomic::Ordering},
};

use super::{
    Run,
    cursor::Cursor,
    prelude::flushes,
    reserved,
    serial::batches,
    strategy::{Batch, BatchEnd, HostRun, HostState, flat},
};
use crate::{
    diagnostic::{Diagnostic, Severity, Span},
    inventory::{HostId, HostOrder},
    output::{About, Cause, Event},
    playbook::{Entry, Files, Keyword, Play, is_reserved_name},
    template::Env,
    value::Value,
    vars::{Active, Names, PlayData},
};

/// Exit statuses, as the reference has them.
const OK: i32 = 0;
const FAILED_HOSTS: i32 = 2;
const UNREACHABLE_HOSTS: i32 = 4;

impl Run {
    /// Runs plays one after the other; returns the exit status. An error is a mistake in the user's text.
    pub async fn plays(
        self: &Arc<Run>,
        files: &Files,
        plays: &[Arc<Play>],
    ) -> Result<i32, Diagnostic> {
        let mut status = OK;
        for play in plays {
            if self.is_interrupted() {
                break;
            }
            let (result, go_on) = self.play(files, Arc::clone(play)).await?;
            status = result;
            if !go_on {
                break;
            }
        }
        Ok(status)
    }

    /// Says that no play had the task to start at.
    pub fn tell_unstarted(&self) {
        if let Some(wanted) = &self.options.start_at_task
            && !self.started.load(Ordering::Relaxed)
        {
            let message = format!(
                "No matching task \"{wanted}\" found. Note: --start-at-task can only follow static includes."
            );
            self.printer.event(&Event::Error(vec![Cause { message, ..Cause::default() }]));
        }
    }

    #[expect(clippy::too_many_lines, reason = "one play from its first line to its last batch")]
    async fn play(
        self: &Arc<Run>,
        files: &Files,
        play: Arc<Play>,
    ) -> Result<(i32, bool), Diagnostic> {
        let level = Arc::clone(&play.level);
        self.named_tasks.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let problems = self
            .world
            .inventory
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .enter_playbook(&play.dir);
        self.world.inventory_changed();
        if let Some(problem) = problems.0.into_iter().next() {
            return Err(problem.late());
        }
        let prompts = self.prompts(&play)?;
        let mut data = PlayData {
            name: Arc::default(),
            patterns: Vec::new(),
            batch: Vec::new(),
            active: RwLock::default(),
            prompts: Arc::new(prompts),
            vars_files: RwLock::default(),
            roles: RwLock::new(play.roles.clone()),
            play: Arc::clone(&play),
        };
        let probe = self.beforehand(files, &play, Arc::clone(&data.prompts))?;
        self.check_beforehand(&probe)?;
        let names = Names::new(&self.world, Some(&probe), None);
        let context = self.world.context(names.search_path());
        let env = Env::new(&names, &context);
        let evaluate = |value: &Value, span: &Span| {
            env.eval(value).map_err(|error| {
                Diagnostic::maybe_at(error.span.as_ref().or(Some(span)), error.message.clone())
            })
        };
        let keyword = |keyword: Keyword| match level.keywords.get(keyword) {
            // What becomes nothing is as good as not said.
            Some((value, span)) => {
                evaluate(value, span).map(|value| Some(value).filter(|value| !is_nothing(value)))
            }
            None => Ok(None),
        };
        let hosts_value = match evaluate(&play.hosts, &play.span)? {
            Value::Omit => Value::None,
            hosts => hosts,
        };
        let patterns = patterns(&hosts_value);
        let said = play.name.as_ref().map(|value| evaluate(value, &play.span)).transpose()?;
        let said = said.filter(|value| !is_nothing(value)).map(|value| value.to_text());
        let name = match (said.filter(|name| !name.is_empty()), &play.hosts) {
            (Some(name), _) => name,
            // A list is named as it is written, one expression by what it gives.
            (None, Value::List(list)) => list.iter().map(written).collect::<Vec<_>>().join(","),
            (None, _) => hosts_value.to_text(),
        };
        data.name = name.as_str().into();
        let order = keyword(Keyword::Order)?;
        // Variables list the hosts as the inventory does, in whatever order they come.
        let selected = self.select(&patterns, None)?;
        self.check_vars_of(&selected)?;
        let listed = self.world.names_of(&selected);
        let all_hosts = match order {
            None => listed.clone(),
            order => self.world.names_of(&self.select(&patterns, order)?),
        };
        // An expression is a text for the heading, whatever it gives.
        let predicts = match level.keywords.get(Keyword::CheckMode) {
            Some((Value::None, _)) | None => self.options.check,
            Some((value, _)) => value.is_lazy() || value.is_true(),
        };
        let play_start = || Event::PlayStart {
            name: Arc::clone(&data.name),
            check: predicts,
            hosts: all_hosts.len(),
            about: Arc::clone(&play) as Arc<dyn About>,
        };
        if all_hosts.is_empty() {
            self.set_play_under_way(&probe);
            self.printer.event(&play_start());
            self.printer.event(&Event::NoHostsMatched);
            return Ok((self.status(), true));
        }
        let serial = level.keywords.get(Keyword::Serial);
        let serial = serial.map(|(value, span)| evaluate(value, span)).transpose()?;
        let batches = batches(&all_hosts, serial.as_ref(), &play)?;
        let strategy = keyword(Keyword::Strategy)?
            .map_or_else(|| self.settings.strategy.value.clone(), |value| value.to_text());
        let strategy = self.strategy_meant(strategy, &names.search_path());
        let debugging = matches!(strategy.as_str(), "debug" | "ansible.builtin.debug");
        let pinned = strategy.ends_with("host_pinned");
        let free = match strategy.trim_start_matches("ansible.builtin.") {
            // Mitogen's strategies are the reference's with another transport.
            "linear" | "debug" | "mitogen" | "mitogen_linear" => false,
            "free" | "host_pinned" | "mitogen_free" | "mitogen_host_pinned" => true,
            other => {
                self.printer.event(&play_start());
                let span = level.keywords.get(Keyword::Strategy).map(|(_, span)| span);
                return Err(Diagnostic::maybe_at(
                    span,
                    format!("Invalid play strategy specified: {other}"),
                )
                .hint("it is linear, free or host_pinned"));
            }
        };
        let max_fail_percentage = keyword(Keyword::MaxFailPercentage)?
            .and_then(|value| value.to_text().trim().trim_end_matches('%').parse().ok());
        let force = keyword(Keyword::ForceHandlers)?.map(|value| value.says_yes());
        // The play's word is stronger than that of the command line.
        let force_handlers =
            force.unwrap_or(self.options.force_handlers || self.settings.force_handlers.value);
        let order: HashMap<Arc<str>, u32> =
            all_hosts.iter().zip(0..).map(|(host, index)| (Arc::clone(host), index)).collect();
        let mut listed = Some(listed);
        for batch_hosts in batches {
            self.lost().settle();
            let lost = self.lost().clone();
            let (whole_batch, lost_before) = (batch_hosts.len(), lost.count());
            let batch_hosts: Vec<Arc<str>> =
                batch_hosts.into_iter().filter(|host| !lost.contains(host)).collect();
            if batch_hosts.is_empty() {
                self.printer.event(&play_start());
                continue;
            }
            // Earlier batches may have added hosts; those that left with them without a failure are there again.
            let all = match listed.take() {
                Some(all) => all,
                None => self.world.names_of(&self.select(&patterns, None)?),
            };
            // What stands in `roles` is named anew by every batch; any other task keeps the name that it was given first.
            self.forget_names_in_roles();
            let batch_data = Arc::new(PlayData {
                play: Arc::clone(&play),
                name: Arc::clone(&data.name),
                patterns: patterns.clone(),
                batch: batch_hosts.clone(),
                active: RwLock::new(Active {
                    batch: batch_hosts.clone(),
                    play: all.iter().filter(|host| !lost.contains(host)).cloned().collect(),
                    all,
                }),
                prompts: Arc::clone(&data.prompts),
                vars_files: RwLock::default(),
                roles: RwLock::new(play.roles.clone()),
            });
            self.load_vars_files(files, &batch_data, &batch_hosts)?;
            self.set_play_under_way(&batch_data);
            self.printer.event(&Event::PlayContext {
                name: Arc::clone(&data.name),
                about: Arc::clone(&play) as Arc<dyn About>,
            });
            self.printer.event(&play_start());
            for host in batch_hosts.iter().filter_map(|name| self.world.host(name)) {
                self.follow_vars_files(files, &batch_data, &host)?;
            }
            let gather = keyword(Keyword::GatherFacts)?;
            let mut entries = self.entries(&play, gather.as_ref());
            let started = self.started.load(Ordering::Relaxed);
            if !started {
                match self.start_in(&batch_data) {
                    None => entries.clear(),
                    // The reference gathers facts where a play begins at its first task, whatever it says of them.
                    Some(0) => entries = self.entries(&play, Some(&Value::Bool(true))),
                    Some(_) => (),
                }
            }
            let entries = Arc::new(self.chosen(&batch_data, &entries)?);
            let handlers = Rc::new(RefCell::new(flat(&play.handlers, 0)));
            let hosts: Vec<HostRun> = batch_hosts
                .iter()
                .filter_map(|name| {
                    Some(HostRun {
                        host: self.world.host(name)?,
                        index: order.get(name).copied().unwrap_or(0),
                        cursor: Cursor::new(Arc::clone(&entries)),
                        state: HostState::Active,
                        is_left_out: false,
                        counts_as_failed: false,
                        started,
                        untold: Vec::new(),
                        position: super::cursor::Position::default(),
                        notified: HashSet::new(),
                        pending: Vec::new(),
                        roles_begun: HashSet::new(),
                        roles_done: HashSet::new(),
                    })
                })
                .collect();
            for host in &hosts {
                self.warn_of_restricted(&host.host);
            }
            self.connect_early(&batch_data, &hosts, &play);
            let mut batch = Batch {
                run: self,
                files,
                play: Arc::clone(&batch_data),
                hosts,
                handlers,
                end: BatchEnd::default(),
                max_fail_percentage,
                force_handlers,
                free,
                pinned,
                step_all: false,
                debugging,
                current: None,
                fatal: None,
                handler_names: None,
                flushes: flushes(&entries),
            };
            let end = batch.run().await;
            if let Some(fatal) = batch.fatal.take() {
                return Err(fatal);
            }
            let lost = self.lost().clone();
            if self.was_quit() {
                return Ok((Self::status_of(&lost), false));
            }
            if end.breaks {
                return Ok((FAILED_HOSTS, false));
            }
            // Hosts that were lost before count in the batch, but not among those that it lost.
            if end.break_run || lost.with_taken() == whole_batch + lost_before {
                return Ok((Self::status_of(&lost), false));
            }
            if end.end_play {
                break;
            }
        }
        Ok((self.status(), true))
    }

    fn forget_names_in_roles(&self) {
        let mut named = self.named_tasks.lock().unwrap_or_else(PoisonError::into_inner);
        named.retain(|_, (task, _)| !super::strategy::is_of_roles(&task.level));
    }

    fn status(&self) -> i32 {
        let lost = self.lost().clone();
        Self::status_of(&lost)
    }

    fn status_of(lost: &super::run::LostHosts) -> i32 {
        match (lost.unreachable.is_empty(), lost.failed.is_empty()) {
            (false, _) => UNREACHABLE_HOSTS,
            (true, false) => FAILED_HOSTS,
            _ => OK,
        }
    }

    /// Opens the connections of all hosts at once, before the first task needs them.
    fn connect_early(self: &Arc<Run>, data: &Arc<PlayData>, hosts: &[HostRun], play: &Play) {
        if !needs_hosts(play) {
            return;
        }
        for host in hosts {
            let (run, data, host) = (Arc::clone(self), Arc::clone(data), Arc::clone(&host.host));
            tokio::spawn(async move {
                let target = {
                    let names = Names::new(&run.world, Some(&data), Some(&host));
                    let context = run.world.context(names.search_path());
                    let env = Env::new(&names, &context);
                    run.way(&names, &env).map(|way| way.target)
                };
                if let Ok(target) = target
                    && target.kind == crate::connection::Kind::Ssh
                {
                    // A host that cannot be reached says so to its first task.
                    let _ = run.session(&target).await;
                }
            });
        }
    }

    /// Fails where the variables of a host cannot be known; warnings are told.
    fn check_vars_of(&self, hosts: &[HostId]) -> Result<(), Diagnostic> {
        let mut inventory = self.world.inventory.write().unwrap_or_else(PoisonError::into_inner);
        for problem in inventory.problems_of(hosts).0 {
            if problem.severity == Severity::Error {
                return Err(problem);
            }
            self.printer.event(&Event::Warning(problem.message));
        }
        for (name, line) in inventory.pick_names(hosts, is_reserved_name) {
            if let Some(told) = reserved(&name, line.as_ref()) {
                self.printer.event(&Event::Told(told));
            }
        }
        Ok(())
    }

    pub(super) fn select(
        &self,
        patterns: &[String],
        order: Option<Value>,
    ) -> Result<Vec<HostId>, Diagnostic> {
        let inventory = self.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let selected = inventory.select(&patterns, self.options.limit.as_ref())?;
        for warning in &selected.warnings {
            self.printer.event(&Event::Warning(warning.clone()));
        }
        let mut ids = selected.hosts;
        if let Some(order) = order {
            let text = order.to_text();
            match HostOrder::parse(&text) {
                Some(order) => {
                    let seed = std::time::SystemTime::now()
                        .duration_since(std::time::UNIX_EPOCH)
                        .map_or(0, |since| u64::from(since.subsec_nanos()));
                    inventory.sort(&mut ids, order, seed);
                }
                None => {
                    return Err(Diagnostic::bare(format!(
                        "Invalid 'order' specified for inventory hosts: {text}"
                    ))
                    .fault(crate::diagnostic::Fault::Choice)
                    .hint(
                        "it is inventory, sorted, reverse_sorted, reverse_inventory or shuffle",
                    ));
                }
            }
        }
        Ok(ids)
    }
}

pub(super) fn empty(play: &Arc<Play>) -> PlayData {
    PlayData {
        play: Arc::clone(play),
        name: Arc::default(),
        patterns: Vec::new(),
        batch: Vec::new(),
        active: RwLock::default(),
        prompts: Arc::default(),
        vars_files: RwLock::default(),
        roles: RwLock::default(),
    }
}

/// Whether some task of the play needs a connection, as far as can be told before it runs.
fn needs_hosts(play: &Play) -> bool {
    let gathers =
        play.level.keywords.get(Keyword::GatherFacts).is_none_or(|(value, _)| value.says_yes());
    fn any(entries: &[Entry]) -> bool {
        entries.iter().any(|entry| match entry {
            Entry::Task(task) => {
                task.level.keyword(Keyword::DelegateTo).is_none()
                    && crate::actions::needs_host(&task.action)
            }
            Entry::Block(block) => any(&block.body) || any(&block.rescue) || any(&block.always),
        })
    }
    gathers || play.sections.iter().any(|section| any(section))
}

/// Whether a keyword is given without saying anything.
fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::None | Value::Omit)
}

/// The patterns of a play's `hosts`; each is split for itself.
fn patterns(hosts: &Value) -> Vec<String> {
    match hosts {
        Value::List(list) | Value::Tuple(list) => list.iter().map(Value::to_text).collect(),
        one => vec![one.to_text()],
    }
}

/// A host or pattern of a list as the playbook has it.
fn written(host: &Value) -> String {
    match host {
        Value::Template(template) => template.text.to_string(),
        other => other.to_text(),
    }
}
