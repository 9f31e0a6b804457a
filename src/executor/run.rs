//! A run: what all plays, hosts and tasks share.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Semaphore;

use super::{Tags, connect::Sessions, emit::Printer};
use crate::{
    connection::{Connections, Secret},
    inventory::Limit,
    output::{Output, Secrets, Stats},
    playbook::{Collections, Task},
    plugins,
    settings::Settings,
    value::{Dict, Value},
    vars::{PlayData, World},
};

/// What the command line says about how to reach hosts; variables and keywords come before it.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    pub remote_user: Option<String>,
    pub connection: Option<String>,
    pub private_key_file: Option<PathBuf>,
    pub password: Option<Secret>,
    pub timeout: Option<i64>,
    pub ssh_common_args: Option<String>,
    pub ssh_extra_args: Option<String>,
    pub become_enabled: Option<bool>,
    pub become_method: Option<String>,
    pub become_user: Option<String>,
    pub become_password: Option<Secret>,
}

/// How a run was asked for.
#[derive(Clone, Debug)]
pub struct RunOptions {
    pub check: bool,
    pub diff: bool,
    pub verbosity: u8,
    /// Hosts that are worked on at once.
    pub forks: usize,
    /// Those of them that are this machine.
    pub local_forks: usize,
    pub tags: Tags,
    pub limit: Option<Limit>,
    pub start_at_task: Option<String>,
    pub step: bool,
    pub force_handlers: bool,
    pub identity: Identity,
    /// Whether somebody watches: output of commands is shown as it appears.
    pub live: bool,
    /// Whether this is one ad-hoc task.
    pub ad_hoc: bool,
}

/// Who asks the operator; the command line implements it over the terminal.
pub trait Ask: Send + Sync {
    /// Returns the answer to a question; empty where nobody can be asked. A secret one is not echoed.
    fn line(&self, prompt: &str, secret: bool) -> String;

    /// Returns whether somebody can be asked.
    fn is_there(&self) -> bool {
        true
    }

    /// Returns the answer to a question; none at the end of the input.
    fn line_or_end(&self, prompt: &str) -> Option<String>;

    /// Waits for the end of a line, at most so long, or until the interrupting key and an answer to what then.
    fn pause(&self, prompt: &str, limit: Option<Duration>, echo: bool) -> Paused;

    /// Shows a text between questions.
    fn say(&self, text: &str);
}

/// How waiting for somebody ended.
#[derive(Debug)]
pub enum Paused {
    /// By itself or by them; this is what they typed.
    Over(String),
    /// They want no more of the play.
    Aborted,
}

/// What all plays, hosts and tasks share.
pub struct Run {
    pub ask: Arc<dyn Ask>,
    pub world: Arc<World>,
    pub settings: Settings,
    pub options: RunOptions,
    pub printer: Printer,
    pub secrets: Secrets,
    pub connections: Connections,
    /// Collections on disk.
    pub collections: Collections,
    pub(super) sessions: Sessions,
    /// Actions in Python.
    pub(super) python: plugins::Actions,
    pub(super) forks: Arc<Semaphore>,
    pub(super) local_forks: Arc<Semaphore>,
    pub(super) interrupted: AtomicBool,
    quit: AtomicBool,
    /// Whether the task that `--start-at-task` names was reached.
    pub(super) started: AtomicBool,
    next_task: AtomicUsize,
    pub(super) current_play: RwLock<Option<Arc<PlayData>>>,
    stats: Mutex<Totals>,
    /// Hosts that failed or could not be reached in an earlier play.
    pub(super) lost_hosts: Mutex<LostHosts>,
    /// `set_stats`.
    pub(crate) gathered_stats: Mutex<Dict>,
    /// Names of the play's tasks that are templates, by the task's address: they are evaluated once.
    pub(super) named_tasks: Mutex<HashMap<usize, (Arc<Task>, String)>>,
    pub(super) throttles: Mutex<HashMap<usize, Arc<Semaphore>>>,
    /// Checksums of files on the controller, by path, size and time of change.
    pub(crate) checksums: Mutex<HashMap<(PathBuf, u64, i128), Arc<str>>>,
}

#[derive(Default)]
struct Totals {
    order: Vec<Arc<str>>,
    by_host: HashMap<Arc<str>, Stats>,
}

/// Hosts that are out of the run.
#[derive(Clone, Debug, Default)]
pub(super) struct LostHosts {
    pub(super) failed: Vec<Arc<str>>,
    pub(super) unreachable: Vec<Arc<str>>,
    /// Those that another one's failure took along into a rescue: they are out from the next batch on.
    pub(super) dragged: Vec<Arc<str>>,
    /// Those that were rescued from an include that failed: as those.
    pub(super) rescued: Vec<Arc<str>>,
}

impl LostHosts {
    pub(super) fn contains(&self, host: &str) -> bool {
        self.failed.iter().chain(&self.unreachable).any(|lost| &**lost == host)
    }

    pub(super) fn count(&self) -> usize {
        self.failed.len() + self.unreachable.len()
    }

    /// How many there are with those that were taken along or rescued: they count in their batch.
    pub(super) fn with_taken(&self) -> usize {
        let mut all = self.clone();
        all.settle();
        all.count()
    }

    /// Says that a batch begins: those that were taken along have failed.
    pub(super) fn settle(&mut self) {
        let mut names = std::mem::take(&mut self.dragged);
        names.append(&mut self.rescued);
        for name in names {
            if !self.contains(&name) {
                self.failed.push(name);
            }
        }
    }
}

impl Run {
    pub fn new(
        world: World,
        settings: Settings,
        options: RunOptions,
        output: Box<dyn Output>,
        secrets: Secrets,
        connections: Connections,
        ask: Arc<dyn Ask>,
    ) -> Arc<Run> {
        let started = options.start_at_task.is_none();
        let printer = Printer::new(output, options.live);
        let installed = plugins::installed_where(settings.collections_scan_sys_path.value);
        Arc::new(Run {
            ask,
            world: Arc::new(world),
            forks: Arc::new(Semaphore::new(options.forks.max(1))),
            local_forks: Arc::new(Semaphore::new(options.local_forks.max(1))),
            collections: Collections::new(settings.collection_roots(), installed),
            settings,
            options,
            printer,
            secrets,
            connections,
            sessions: Sessions::default(),
            python: plugins::Actions::default(),
            interrupted: AtomicBool::new(false),
            quit: AtomicBool::new(false),
            started: AtomicBool::new(started),
            next_task: AtomicUsize::new(1),
            current_play: RwLock::default(),
            stats: Mutex::default(),
            lost_hosts: Mutex::default(),
            gathered_stats: Mutex::default(),
            named_tasks: Mutex::default(),
            throttles: Mutex::default(),
            checksums: Mutex::default(),
        })
    }

    pub(super) fn set_play_under_way(&self, play: &Arc<PlayData>) {
        let mut current = self.current_play.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::clone(play));
    }

    /// Returns the play under way, with the hosts of its batch.
    pub fn play_under_way(&self) -> Option<Arc<PlayData>> {
        self.current_play.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops starting work; what runs is told to stop.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// Ends the run as the operator wants it at a prompt.
    pub(super) fn quit(&self) {
        self.quit.store(true, Ordering::Relaxed);
        self.interrupt();
    }

    /// Returns whether the operator ended the run at a prompt: nothing more is said.
    pub fn was_quit(&self) -> bool {
        self.quit.load(Ordering::Relaxed)
    }

    /// Returns whether the operator stopped the run.
    pub fn was_interrupted(&self) -> bool {
        self.is_interrupted()
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub(super) fn task_id(&self) -> usize {
        self.next_task.fetch_add(1, Ordering::Relaxed)
    }

    /// Changes a host's totals.
    pub(super) fn count(&self, host: &Arc<str>, change: impl FnOnce(&mut Stats)) {
        let mut totals = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        if !totals.by_host.contains_key(host) {
            totals.order.push(Arc::clone(host));
        }
        change(totals.by_host.entry(Arc::clone(host)).or_default());
    }

    /// Returns every host's totals, sorted by name as the recap shows them.
    pub fn stats(&self) -> Vec<(Arc<str>, Stats)> {
        let totals = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> = totals
            .order
            .iter()
            .map(|host| (Arc::clone(host), totals.by_host.get(host).copied().unwrap_or_default()))
            .collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found
    }

    /// Returns what `set_stats` gathered.
    pub fn custom_stats(&self) -> Option<Value> {
        let stats = self.gathered_stats.lock().unwrap_or_else(PoisonError::into_inner);
        (!stats.is_empty()).then(|| Value::from(stats.clone()))
    }

    /// Returns the hosts that failed or could not be reached, sorted.
    pub fn lost_names(&self) -> Vec<Arc<str>> {
        let lost = self.lost();
        let mut names: Vec<_> = lost.failed.iter().chain(&lost.unreachable).cloned().collect();
        names.sort();
        names.dedup();
        names
    }

    pub(super) fn lost(&self) -> MutexGuard<'_, LostHosts> {
        self.lost_hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
