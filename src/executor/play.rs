//! Plays in order: hosts, prompts, batches, and the exit status of it all.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    path::PathBuf,
    rc::Rc,
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    Run,
    cursor::Cursor,
    strategy::{Batch, BatchEnd, HostRun, HostState, IMPLICIT, flat},
};
use crate::{
    diagnostic::{Diagnostic, Span},
    inventory::{HostId, HostOrder},
    output::Event,
    playbook::{Args, Entry, Files, Keyword, Keywords, Level, LevelKind, Play, Task},
    settings::Gathering,
    template::Env,
    value::{Dict, Value},
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

    #[expect(clippy::too_many_lines, reason = "one play from its first line to its last batch")]
    async fn play(
        self: &Arc<Run>,
        files: &Files,
        play: Arc<Play>,
    ) -> Result<(i32, bool), Diagnostic> {
        let level = Arc::clone(&play.level);
        let problems = self
            .world
            .inventory
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .enter_playbook(&play.dir);
        self.world.inventory_changed();
        if let Some(problem) = problems.0.into_iter().next() {
            return Err(problem);
        }
        let prompts = self.prompts(&play)?;
        let mut data = PlayData {
            name: Arc::default(),
            all_hosts: Vec::new(),
            batch: Vec::new(),
            active: RwLock::default(),
            prompts: Arc::new(prompts),
            vars_files: RwLock::default(),
            roles: RwLock::new(play.roles.clone()),
            play: Arc::clone(&play),
        };
        let probe = Arc::new(PlayData {
            roles: RwLock::new(play.roles.clone()),
            prompts: Arc::clone(&data.prompts),
            ..empty(&play)
        });
        let names = Names::new(&self.world, Some(&probe), None);
        let context = self.world.context(names.search_path());
        let env = Env::new(&names, &context);
        let evaluate = |value: &Value, span: &Span| {
            env.eval(value).map_err(|error| {
                Diagnostic::maybe_at(error.span.as_ref().or(Some(span)), error.message)
            })
        };
        let keyword = |keyword: Keyword| match level.keywords.get(keyword) {
            Some((value, span)) => evaluate(value, span).map(Some),
            None => Ok(None),
        };
        let hosts_value = evaluate(&play.hosts, &play.span)
            .map_err(|error| error.fault(crate::diagnostic::Fault::Keyword))?;
        let pattern = pattern(&hosts_value);
        let name = match &play.name {
            Some(value) => evaluate(value, &play.span)
                .map_or_else(|_| raw_text(value), |value| value.to_text()),
            None => pattern.clone(),
        };
        data.name = name.as_str().into();
        let ids = self.select(&pattern, keyword(Keyword::Order)?)?;
        let ids: Vec<HostId> = ids;
        let all_hosts: Vec<Arc<str>> = {
            let inventory = self.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
            ids.iter().map(|id| Arc::clone(&inventory.host(*id).name)).collect()
        };
        data.all_hosts.clone_from(&all_hosts);
        let play_start = || Event::PlayStart {
            name: Arc::clone(&data.name),
            check: self.options.check,
            hosts: all_hosts.len(),
        };
        if all_hosts.is_empty() {
            self.printer.event(&play_start());
            self.printer.event(&Event::NoHostsMatched);
            return Ok((self.status(), true));
        }
        let batches = batches(&all_hosts, keyword(Keyword::Serial)?.as_ref(), &play)?;
        let strategy = keyword(Keyword::Strategy)?
            .map_or_else(|| self.settings.strategy.value.clone(), |value| value.to_text());
        let free = match strategy.trim_start_matches("ansible.builtin.") {
            // Mitogen's strategies are the reference's with another transport.
            "linear" | "debug" | "mitogen" | "mitogen_linear" => false,
            "free" | "host_pinned" | "mitogen_free" | "mitogen_host_pinned" => true,
            other => {
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
        let force = keyword(Keyword::ForceHandlers)?.map(|value| super::connect::truth(&value));
        let force_handlers =
            self.options.force_handlers || force.unwrap_or(self.settings.force_handlers.value);
        let order: HashMap<Arc<str>, u32> =
            all_hosts.iter().zip(0..).map(|(host, index)| (Arc::clone(host), index)).collect();
        let mut remaining = all_hosts.clone();
        for batch_hosts in batches {
            let batch_hosts: Vec<Arc<str>> = {
                let lost = self.lost();
                batch_hosts.into_iter().filter(|host| !lost.contains(host)).collect()
            };
            if batch_hosts.is_empty() {
                continue;
            }
            let lost = self.lost().clone();
            remaining.retain(|host| !lost.contains(host));
            let batch_data = Arc::new(PlayData {
                play: Arc::clone(&play),
                name: Arc::clone(&data.name),
                all_hosts: all_hosts.clone(),
                batch: batch_hosts.clone(),
                active: RwLock::new(Active { batch: batch_hosts.clone(), play: remaining.clone() }),
                prompts: Arc::clone(&data.prompts),
                vars_files: RwLock::default(),
                roles: RwLock::new(play.roles.clone()),
            });
            self.load_vars_files(files, &batch_data, &batch_hosts)?;
            self.printer.event(&play_start());
            let entries = Arc::new(self.entries(&play, keyword(Keyword::GatherFacts)?.as_ref()));
            let handlers = Rc::new(RefCell::new(flat(&play.handlers, 0)));
            let hosts: Vec<HostRun> = batch_hosts
                .iter()
                .filter_map(|name| {
                    Some(HostRun {
                        host: self.world.host(name)?,
                        index: order.get(name).copied().unwrap_or(0),
                        cursor: Cursor::new(Arc::clone(&entries)),
                        state: HostState::Active,
                        position: super::cursor::Position::default(),
                        notified: HashSet::new(),
                        roles_done: HashSet::new(),
                    })
                })
                .collect();
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
                step_all: false,
                current: None,
                flushes: flushes(&entries),
            };
            let end = batch.run().await;
            let lost = self.lost().clone();
            let all_lost = batch_hosts.iter().all(|host| lost.contains(host));
            if end.break_run || all_lost {
                return Ok((Self::status_of(&lost), false));
            }
            if end.end_play {
                break;
            }
        }
        Ok((self.status(), true))
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

    fn select(&self, pattern: &str, order: Option<Value>) -> Result<Vec<HostId>, Diagnostic> {
        let inventory = self.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let selected = inventory.select(&[pattern], self.options.limit.as_ref())?;
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

    /// Reads `vars_files` for each host; of a list of candidates the first that exists.
    fn load_vars_files(
        &self,
        files: &Files,
        data: &Arc<PlayData>,
        hosts: &[Arc<str>],
    ) -> Result<(), Diagnostic> {
        if data.play.vars_files.is_empty() {
            return Ok(());
        }
        for name in hosts {
            let Some(host) = self.world.host(name) else { continue };
            let mut vars = Dict::new();
            for entry in &data.play.vars_files {
                data.vars_files
                    .write()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(Arc::clone(name), Arc::new(vars.clone()));
                let names = Names::new(&self.world, Some(data), Some(&host));
                let context = self.world.context(names.search_path());
                let env = Env::new(&names, &context);
                let candidates = match entry {
                    Value::List(list) => list.to_vec(),
                    one => vec![one.clone()],
                };
                let mut found = None;
                let mut tried = Vec::new();
                for candidate in &candidates {
                    match env.eval(candidate) {
                        Ok(value) => {
                            let text = value.to_text();
                            let path = find_vars_file(&text, &data.play.dir);
                            tried.push(text);
                            if path.is_file() {
                                found = Some(path);
                                break;
                            }
                        }
                        // A name may need facts that are not known yet; the reference tries again later.
                        Err(error) if error.is_undefined() => (),
                        Err(error) => return Err((&error).into()),
                    }
                }
                // The reference goes on without a word; playbooks count on files that may be missing.
                let Some(path) = found else {
                    if !tried.is_empty() {
                        let text =
                            format!("vars_files: no such file, ignoring: {}", tried.join(", "));
                        self.printer.event(&Event::Warning(text));
                    }
                    continue;
                };
                let node = files.load(&path, Some(&data.play.span))?;
                if let Some(node) = &*node {
                    match node.to_value() {
                        Value::Dict(dict) => vars
                            .extend(dict.iter().map(|(key, value)| (key.clone(), value.clone()))),
                        Value::None => (),
                        _ => {
                            return Err(Diagnostic::error(
                                &node.span,
                                format!("{} must be a dictionary of variables", path.display()),
                            ));
                        }
                    }
                }
            }
            data.vars_files
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(Arc::clone(name), Arc::new(vars));
        }
        Ok(())
    }

    /// The play's tasks with facts before and handlers between them.
    fn entries(&self, play: &Arc<Play>, gather: Option<&Value>) -> Vec<Entry> {
        let mut entries = Vec::new();
        let by_default = match self.settings.gathering.value {
            Gathering::Explicit => false,
            Gathering::Implicit | Gathering::Smart => true,
        };
        if gather.map_or(by_default, super::connect::truth) && !self.options.ad_hoc {
            let mut args = Vec::new();
            for (name, keyword) in [
                ("gather_subset", Keyword::GatherSubset),
                ("gather_timeout", Keyword::GatherTimeout),
                ("fact_path", Keyword::FactPath),
            ] {
                if let Some((value, span)) = play.level.keywords.get(keyword) {
                    args.push((Arc::from(name), value.clone(), span.clone()));
                }
            }
            // The tags of the play hold; facts of a play that has none are always gathered.
            let tagged = play.level.keywords.get(Keyword::Tags).is_some();
            let tags = (!tagged).then_some("always");
            entries.push(implicit(play, "gather_facts", Some("Gathering Facts"), args, tags));
        }
        for section in &play.sections {
            entries.extend(section.iter().cloned());
            let flush =
                vec![(Arc::from("_raw_params"), Value::str("flush_handlers"), play.span.clone())];
            entries.push(implicit(play, "meta", None, flush, Some(IMPLICIT)));
        }
        entries
    }
}

/// Where the handlers between sections stand.
fn flushes(entries: &[Entry]) -> Vec<super::cursor::Position> {
    let is_flush = |entry: &Entry| matches!(entry, Entry::Task(task) if &*task.action == "meta" && super::strategy::is_implicit(task));
    let found = entries.iter().enumerate().filter(|(_, entry)| is_flush(entry));
    found.map(|(at, _)| super::cursor::Position::top(at)).collect()
}

/// A task that the play does not write.
fn implicit(
    play: &Arc<Play>,
    action: &str,
    name: Option<&str>,
    args: Vec<(Arc<str>, Value, Span)>,
    tags: Option<&str>,
) -> Entry {
    let mut keywords = Keywords::default();
    if let Some(tags) = tags {
        keywords.set(Keyword::Tags, Value::str(tags), play.span.clone());
    }
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
        args: Args { entries: args, whole: None },
        looping: None,
        listen: Vec::new(),
        dir: play.dir.clone(),
        span: play.span.clone(),
    }))
}

fn empty(play: &Arc<Play>) -> PlayData {
    PlayData {
        play: Arc::clone(play),
        name: Arc::default(),
        all_hosts: Vec::new(),
        batch: Vec::new(),
        active: RwLock::default(),
        prompts: Arc::default(),
        vars_files: RwLock::default(),
        roles: RwLock::default(),
    }
}

/// Whether some task of the play needs a connection, as far as can be told before it runs.
fn needs_hosts(play: &Play) -> bool {
    let gathers = play
        .level
        .keywords
        .get(Keyword::GatherFacts)
        .is_none_or(|(value, _)| super::connect::truth(value));
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

/// The pattern of a play's `hosts`.
fn pattern(hosts: &Value) -> String {
    match hosts {
        Value::List(list) | Value::Tuple(list) => {
            list.iter().map(Value::to_text).collect::<Vec<_>>().join(",")
        }
        one => one.to_text(),
    }
}

fn raw_text(value: &Value) -> String {
    match value {
        Value::Template(template) => template.text.to_string(),
        other => format!("{other:?}"),
    }
}

fn find_vars_file(name: &str, dir: &std::path::Path) -> PathBuf {
    let candidates = [dir.join("vars").join(name), dir.join(name)];
    let found = candidates.iter().find(|path| path.is_file()).cloned();
    found.unwrap_or_else(|| dir.join(name))
}

/// Cuts the hosts into the batches that `serial` says: numbers, percentages, lists of them, the last one repeated.
fn batches(
    hosts: &[Arc<str>],
    serial: Option<&Value>,
    play: &Play,
) -> Result<Vec<Vec<Arc<str>>>, Diagnostic> {
    let sizes: Vec<Value> = match serial {
        None | Some(Value::None | Value::Omit) => return Ok(vec![hosts.to_vec()]),
        Some(Value::List(list)) => list.to_vec(),
        Some(one) => vec![one.clone()],
    };
    let span = play.level.keywords.get(Keyword::Serial).map(|(_, span)| span);
    let mut counts = Vec::new();
    for size in &sizes {
        let text = size.to_text();
        let number: Option<i64> = match text.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| {
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    reason = "numbers of hosts are small"
                )]
                let part = (percent / 100.0 * hosts.len() as f64) as i64;
                part.max(1)
            }),
            None => text.trim().parse().ok(),
        };
        let Some(number) = number else {
            return Err(Diagnostic::maybe_at(
                span,
                format!("`serial` must be a number, a percentage or a list of them, not `{text}`"),
            ));
        };
        counts.push(if number <= 0 {
            hosts.len()
        } else {
            usize::try_from(number).unwrap_or(hosts.len())
        });
    }
    let mut found = Vec::new();
    let mut rest = hosts;
    let mut at = 0;
    while !rest.is_empty() {
        let count =
            counts.get(at).or(counts.last()).copied().unwrap_or(rest.len()).clamp(1, rest.len());
        let (batch, others) = rest.split_at(count);
        found.push(batch.to_vec());
        rest = others;
        at += 1;
    }
    Ok(found)
}
