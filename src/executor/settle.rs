//! What a host's result does to the host, its batch and the run: totals, failures, rescues.

use std::sync::{Arc, PoisonError};

use super::{
    cursor::{Caught, Cursor, Next},
    items::Ended,
    strategy::{Batch, HostRun, HostState, tasks_of},
};
use crate::{
    output::{Event, Status},
    playbook::Keyword,
    value::Value,
};

impl Batch<'_> {
    /// Counts a host's result and moves the host on; returns whether it is a failure that nothing caught.
    pub(super) fn settle(&mut self, at: usize, next: &Next, ended: &Ended) -> bool {
        let name = Arc::clone(&self.hosts[at].host.name);
        if !matches!(ended.status, Status::Skipped | Status::Unreachable)
            && let Some(role) = next.task.level.role()
        {
            self.hosts[at].roles_begun.insert(Arc::clone(&role.identity));
        }
        for handler in &ended.notify {
            if !handler.as_str().is_some_and(|name| self.notify(at, name)) {
                let told = super::items::missing_handler(&handler.to_text());
                self.run.printer.event(&Event::Warning(told));
            }
        }
        if ended.result.get("_ansible_facts_cacheable").is_some_and(Value::is_true) {
            self.run.warn_of_restricted(&self.hosts[at].host);
        }
        let registered = next.task.level.keywords.get(Keyword::Register);
        if let Some((Value::Str(name), span)) = registered
            && let Some(told) = super::reserved(name, span)
        {
            self.run.printer.event(&Event::Told(told));
        }
        if registered.is_some() || ended.result.get("ansible_facts").is_some() {
            self.follow_vars_files(at);
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
            self.hosts[at].is_left_out = true;
        }
        if caught == Caught::No {
            // A handler that fails is the host's last one, also where handlers are forced.
            self.hosts[at].cursor.lost |= next.is_handler;
            self.hosts[at].counts_as_failed = true;
            self.host_failed(at);
        }
        true
    }

    /// What a rescue section can ask about the failure.
    fn remember_failure(&self, at: usize, next: &Next, ended: &Ended) {
        let described = self.describe_task(next);
        let host = &self.hosts[at].host;
        host.assign("ansible_failed_task", described, Value::None);
        let result = Value::Dict(Arc::clone(&ended.result));
        host.assign("ansible_failed_result", result, Value::None);
    }

    pub(super) fn host_failed(&mut self, at: usize) {
        if self.force_handlers {
            self.settle_notifications(at);
        }
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

    /// One host's failure is every host's: those that did not fail themselves leave their blocks as it did.
    pub(super) fn all_failed(&mut self, failed: &[usize], once: bool) {
        self.take_along(failed, once);
        // One that was not reached has failed as well then, and counts twice: the reference takes the batch for one that
        // lost more than its hosts, and goes on behind it with those that the run still has.
        let unreached = failed.iter().filter(|&&at| self.hosts[at].state == HostState::Unreachable);
        let unreached = unreached.map(|&at| Arc::clone(&self.hosts[at].host.name));
        let unreached: Vec<Arc<str>> = unreached.collect();
        let is_over = unreached.is_empty();
        self.run.lost().failed.extend(unreached);
        // Rescue and `always` sections still run.
        let goes_on =
            |host: &HostRun| matches!(host.state, HostState::Active | HostState::Handling);
        self.end.break_run = is_over && !self.hosts.iter().any(goes_on);
    }

    fn take_along(&mut self, failed: &[usize], once: bool) {
        for at in 0..self.hosts.len() {
            if failed.contains(&at) {
                continue;
            }
            self.hosts[at].counts_as_failed = true;
            // Who has left the play before is out of the next one as well.
            if matches!(self.hosts[at].state, HostState::Left | HostState::Ended) {
                let name = Arc::clone(&self.hosts[at].host.name);
                self.run.lost().dragged.push(name);
            }
            if self.hosts[at].state != HostState::Active {
                continue;
            }
            let caught = self.hosts[at].cursor.fail_for_another(once);
            if caught == Caught::No {
                self.host_failed(at);
                continue;
            }
            self.hosts[at].is_left_out = true;
            let name = Arc::clone(&self.hosts[at].host.name);
            self.run.lost().dragged.push(name);
        }
    }

    /// Ends the play where more hosts have failed than may. Those that another one's failure took along count as well;
    /// one that a section of its blocks still waits for does not, and goes on where all others are out.
    pub(super) fn check_max_fail(&mut self, failed: &[usize]) {
        let Some(limit) = self.max_fail_percentage else { return };
        let counted = |hosts: &[HostRun]| hosts.iter().filter(|host| host.counts_as_failed).count();
        #[expect(clippy::cast_precision_loss, reason = "numbers of hosts are small")]
        let percentage = counted(&self.hosts) as f64 * 100.0 / self.hosts.len().max(1) as f64;
        if percentage > limit {
            let failed: Vec<usize> = (0..self.hosts.len())
                .filter(|at| failed.contains(at) || self.hosts[*at].state == HostState::Unreachable)
                .collect();
            self.take_along(&failed, false);
            self.end.breaks = true;
            self.run.printer.event(&Event::NoHostsRemaining);
        }
        let left = self.hosts.iter().filter(|host| host.state != HostState::Unreachable).count();
        if self.end.breaks && counted(&self.hosts) >= left {
            // The reference says it twice: when it notices, and when it leaves.
            self.run.printer.event(&Event::NoHostsRemaining);
            self.end.break_run = true;
        }
    }

    pub(super) fn update_active(&self) {
        let active: Vec<Arc<str>> = self
            .hosts
            .iter()
            .filter(|host| matches!(host.state, HostState::Active | HostState::Ended))
            .filter(|host| !host.is_left_out)
            .map(|host| Arc::clone(&host.host.name))
            .collect();
        let lost = self.run.lost().clone();
        let left: Vec<&Arc<str>> = self
            .hosts
            .iter()
            .filter(|host| host.state == HostState::Left || host.is_left_out)
            .map(|host| &host.host.name)
            .collect();
        let mut now = self.play.active.write().unwrap_or_else(PoisonError::into_inner);
        now.play.retain(|host| !lost.contains(host) && !left.contains(&host));
        now.batch = active;
    }
}
