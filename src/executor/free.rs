//! The free strategies: every host goes on as fast as it can.

use std::sync::Arc;

use futures::stream::{FuturesUnordered, StreamExt};

use super::{cursor::Next, emit::Turn, items::Ended, linear::is_for_all, strategy::Batch};
use crate::{
    diagnostic::Diagnostic,
    output::{Event, TaskStart},
    playbook::{Keyword, Task},
};

impl Batch<'_> {
    /// Hosts go on by themselves, each as fast as it can.
    pub(super) async fn run_free(&mut self) {
        if self.max_fail_percentage.is_some() {
            let text = "Using max_fail_percentage with the free strategy is not supported, as tasks are executed independently on each host";
            self.run.printer.event(&Event::Warning(text.to_owned()));
        }
        let mut running = FuturesUnordered::new();
        let mut busy = vec![false; self.hosts.len()];
        let mut under_way = vec![false; self.hosts.len()];
        // Hosts that another one's failure has led elsewhere while they worked.
        let mut led_away = vec![false; self.hosts.len()];
        loop {
            let is_over = self.end.break_run || self.end.end_play || self.fatal.is_some();
            if !is_over && !self.run.is_interrupted() {
                for at in 0..self.hosts.len() {
                    while !(busy[at] || self.end.break_run || self.end.end_play) {
                        // Hosts begin in order: whoever ends stands before those that wait for it.
                        if self.pinned && !under_way[at] && self.has_enough(&under_way) {
                            break;
                        }
                        let next = self.next(at);
                        under_way[at] = next.is_some();
                        let Some(next) = next else { break };
                        self.warn_of_what_joins_hosts(&next.task);
                        if is_for_all(&next.task.action) {
                            return self.end_run(one_for_all(&next.task));
                        }
                        if &*next.task.action == "meta" {
                            self.meta(&[at], &next).await;
                            continue;
                        }
                        busy[at] = true;
                        running.push(self.begin_free(at, next));
                        if self.fatal.is_some() {
                            return;
                        }
                    }
                }
            }
            let Some((at, next, start, turn, ended)) = running.next().await else {
                return;
            };
            busy[at] = false;
            self.warn();
            if self.halt(&turn) {
                return;
            }
            if let Some(ended) = ended {
                if !std::mem::take(&mut led_away[at]) {
                    self.hosts[at].cursor.advance();
                }
                if next.is_handler {
                    self.unnotify(at, &next.task);
                }
                let has_failed = self.settle(at, &next, &ended);
                // Each host does the task, and each one's failure is that of all.
                if has_failed && self.truth(&next.task, Keyword::RunOnce) == Some(true) {
                    self.all_failed(&[at], false);
                    led_away.clone_from(&busy);
                }
                self.current = Some(start);
                let includes = ended.includes.into_iter().map(|include| (at, include)).collect();
                self.include_all(&next, includes);
            } else {
                self.host_failed(at);
            }
            self.update_active();
        }
    }

    /// Hosts that go on by themselves wait for no other.
    fn warn_of_what_joins_hosts(&self, task: &Task) {
        for (keyword, text) in [
            (
                Keyword::RunOnce,
                "Using run_once with the free strategy is not currently supported. This task will still be executed for every host in the inventory list.",
            ),
            (
                Keyword::AnyErrorsFatal,
                "Using any_errors_fatal with the free strategy is not supported, as tasks are executed independently on each host",
            ),
        ] {
            if self.truth(task, keyword) == Some(true) {
                self.run.printer.event(&Event::Warning(text.to_owned()));
            }
        }
    }

    fn has_enough(&self, under_way: &[bool]) -> bool {
        under_way.iter().filter(|host| **host).count() >= self.run.options.forks.max(1)
    }

    fn begin_free(
        &mut self,
        at: usize,
        next: Next,
    ) -> impl Future<Output = (usize, Next, Arc<TaskStart>, Arc<Turn>, Option<Ended>)> + use<> {
        self.hosts[at].cursor.begin();
        let start = Arc::new(self.start_of(at, &next, 1));
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
        async move { (at, next, start, turn, handle.await.ok()) }
    }
}

/// A task that one host would do for all, where each host goes on by itself.
fn one_for_all(task: &Task) -> Diagnostic {
    let message = format!(
        "The '{}' module bypasses the host loop, which is currently not supported in the free strategy and would instead execute for every host in the inventory list.",
        task.action_written
    );
    Diagnostic::error(&task.span, message)
        .hint("give its play `strategy: linear`, or a play of its own")
}
