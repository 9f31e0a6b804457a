//! The linear strategy: a task on all hosts that have come to it, then the next.

use std::{sync::Arc, task::Poll, time::Duration};

use super::{
    cursor::{Cursor, Next, Position},
    debugger::Wish,
    emit::Turn,
    facts::add_facts,
    items::Ended,
    strategy::{Batch, HostRun, HostState},
};
use crate::{
    diagnostic::{Diagnostic, Fault},
    output::{Event, TaskStart},
    playbook::{Keyword, Task},
    template::Env,
    value::{Template, Value},
    vars::{HostData, Names},
};

impl Batch<'_> {
    pub(super) async fn run_linear(&mut self) {
        let mut reached: Option<Position> = None;
        loop {
            let is_over = self.end.break_run || self.end.end_play || self.fatal.is_some();
            if is_over || self.run.is_interrupted() {
                return;
            }
            let mut nexts: Vec<(usize, Next)> = Vec::new();
            for at in 0..self.hosts.len() {
                if let Some(next) = self.next(at) {
                    nexts.push((at, next));
                }
            }
            // A host that came back to where the others were goes on when they are done.
            let is_behind = |next: &Next| reached.as_ref().is_some_and(|it| next.position <= *it);
            let by_turn = |a: &&Next, b: &&Next| {
                is_behind(a).cmp(&is_behind(b)).then_with(|| Cursor::order(a, b))
            };
            let Some(first) = nexts.iter().map(|(_, next)| next).min_by(by_turn).cloned() else {
                return;
            };
            reached = Some(first.position.clone());
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
            self.meta(group, next).await;
            return self.check_max_fail(&[]);
        }
        if self.run.options.step && !self.ask_step(task) {
            if self.fatal.is_some() {
                return;
            }
            for &at in group {
                self.hosts[at].cursor.advance();
            }
            return;
        }
        let once = self.is_once(task, group);
        if self.fatal.is_some() {
            return;
        }
        let doing = if once { &group[..1] } else { group };
        let start = Arc::new(self.start_of(doing[0], next, doing.len()));
        self.warn();
        self.run.printer.event(&Event::TaskStart(Arc::clone(&start)));
        self.current = Some(Arc::clone(&start));
        let mut ends = self.perform_any(doing, next, &start).await;
        self.warn();
        if self.fatal.is_some() || self.run.was_quit() {
            return;
        }
        if once && let Some(Some(ended)) = ends.first() {
            self.share_result(group[0], task, ended);
        }
        let mut includes = Vec::new();
        let any_errors_fatal = self.is_fatal_for_all(task, once);
        let mut fatal = Vec::new();
        for (slot, &at) in doing.iter().enumerate() {
            let Some(ended) = ends[slot].take() else { continue };
            ended.settle_others();
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
        }
        fatal.extend(self.include_all(next, includes));
        if !fatal.is_empty() && any_errors_fatal {
            // Those for whom an action that is one host's work was done, or could not be, leave no more than their block.
            let is_said = self.truth(task, Keyword::RunOnce) == Some(true);
            let was_done = fatal.iter().any(|&at| self.hosts[at].state != HostState::Unreachable);
            self.all_failed(&fatal, once && is_said && was_done);
        }
        self.check_max_fail(&fatal);
        self.update_active();
    }

    /// Runs the task on hosts as it wants to be run: under the debugger, one after the other, or at once.
    async fn perform_any(
        &mut self,
        doing: &[usize],
        next: &Next,
        start: &Arc<TaskStart>,
    ) -> Vec<Option<Ended>> {
        let task = &next.task;
        if self.may_debug(task) {
            return self.perform_debugged(doing, next, start).await;
        }
        if &*task.action != "group_by" {
            let turn = Turn::new(&self.run.printer, doing.len());
            return self.perform(doing, task, start, &turn).await;
        }
        // In their order: it is that of the group's hosts.
        let mut ends = Vec::new();
        for &at in doing {
            let turn = Turn::new(&self.run.printer, 1);
            ends.extend(self.perform(&[at], task, start, &turn).await);
        }
        ends
    }

    /// Whether one host's failure is that of all: not where an expression may ignore the failure of some.
    fn is_fatal_for_all(&self, task: &Task, once: bool) -> bool {
        let ignores = task.level.keyword(Keyword::IgnoreErrors);
        if ignores.is_some_and(|(value, _)| value.is_lazy()) {
            return false;
        }
        let wanted = || {
            self.truth(task, Keyword::AnyErrorsFatal)
                .unwrap_or(self.run.settings.any_errors_fatal.value)
        };
        once || wanted()
    }

    fn ask_step(&mut self, task: &Arc<Task>) -> bool {
        if self.step_all {
            return true;
        }
        let name = self.task_name(task, None);
        let question = format!("Perform task: TASK: {name} (N)o/(y)es/(c)ontinue: ");
        let ask = &self.run.ask;
        let answer = if ask.is_there() {
            Some(ask.line(&question, false))
        } else {
            ask.line_or_end(&question)
        };
        let Some(answer) = answer else {
            // Nobody says no: a run that did nothing did not go well.
            self.end_run(Diagnostic::bare("EOF when reading a line").fault(Fault::Unasked));
            return false;
        };
        self.run.printer.event(&Event::Stepped { question });
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => true,
            "c" | "continue" => {
                self.step_all = true;
                true
            }
            _ => false,
        }
    }

    /// Runs the task on one host after the other, and asks the operator about those results that they want to see.
    async fn perform_debugged(
        &mut self,
        doing: &[usize],
        next: &Next,
        start: &Arc<TaskStart>,
    ) -> Vec<Option<Ended>> {
        let mut ends = Vec::new();
        for &at in doing {
            let mut task = Arc::clone(&next.task);
            let ended = loop {
                let turn = Turn::new(&self.run.printer, 1);
                let ended = self.perform(&[at], &task, start, &turn).await.pop().flatten();
                let Some(result) = &ended else { break ended };
                if self.fatal.is_some() {
                    return ends;
                }
                if self.run.is_interrupted() || !self.is_debugged(&task, result) {
                    break ended;
                }
                match self.debug(at, &Next { task: Arc::clone(&task), ..next.clone() }, result) {
                    Wish::Continue => break ended,
                    Wish::Redo(changed) => task = changed,
                    Wish::Quit => {
                        self.run.quit();
                        ends.resize_with(doing.len(), || None);
                        return ends;
                    }
                }
            };
            ends.push(ended);
        }
        ends
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
        if self.fatal.is_some() {
            return ends;
        }
        let mut running = Vec::with_capacity(doing.len());
        for (slot, &at) in doing.iter().enumerate() {
            let prepared = self.prepared(at, task, start, turn, slot);
            let (forks, throttle) = (Arc::clone(&self.run.forks), throttle.clone());
            // Hosts queue up in their order, whichever of these tasks is started first.
            let mut fork = Box::pin(Arc::clone(&forks).acquire_owned());
            let place = match &throttle {
                Some(_) => Poll::Pending,
                None => futures::poll!(&mut fork),
            };
            let whole = async move {
                let _throttled = match throttle {
                    Some(throttle) => throttle.acquire_owned().await.ok(),
                    None => None,
                };
                let _fork = match place {
                    Poll::Ready(fork) => fork.ok(),
                    Poll::Pending => fork.await.ok(),
                };
                (slot, prepared.perform().await)
            };
            running.push(tokio::spawn(whole));
        }
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        // From the last on, which as a rule ends last: whatever is waited for wakes this thread when it ends.
        while let Some(mut handle) = running.pop() {
            let ended = loop {
                tokio::select! {
                    biased;
                    ended = &mut handle => break ended,
                    _ = tick.tick() => turn.tick(),
                }
            };
            match ended {
                Ok((slot, ended)) => ends[slot] = Some(ended),
                Err(error) => {
                    self.run.printer.event(&Event::Warning(format!(
                        "internal error: a task ended without a result: {error}"
                    )));
                }
            }
        }
        self.halt(turn);
        ends
    }

    /// The action that an expression stands for, as a host sees it; nothing where it is no expression. A wrong one ends the
    /// run.
    fn evaluated_action(&self, task: &Task, at: usize) -> Result<Option<String>, Diagnostic> {
        if !Template::is_in(&task.action) {
            return Ok(None);
        }
        let host = Some(&self.hosts[at].host);
        let names = Names::new(&self.run.world, Some(&self.play), host).with_level(&task.level);
        let context = self.run.world.context(names.search_path());
        crate::actions::evaluated_name(task, &Env::new(&names, &context)).map_err(|failure| {
            let why: Vec<&str> =
                failure.causes.iter().map(|cause| cause.message.as_str()).collect();
            let place = failure.causes.last().and_then(|cause| cause.span.as_ref());
            let error = Diagnostic::maybe_at(place, why.join(": "));
            if failure.undefined { error } else { error.fault(Fault::Late) }
        })
    }

    /// Whether one host does the task for all.
    fn is_once(&mut self, task: &Task, group: &[usize]) -> bool {
        if self.free || group.is_empty() {
            return false;
        }
        match self.evaluated_action(task, group[0]) {
            Ok(evaluated) if is_for_all(evaluated.as_deref().unwrap_or(&task.action)) => {
                return true;
            }
            Ok(_) => (),
            Err(error) => {
                self.end_run(error);
                return false;
            }
        }
        match self.plainly(task, Keyword::RunOnce) {
            // A text counts as Python sees it here, `no` as well; as a boolean where the result is shared.
            Ok(value) => value.is_some_and(|value| value.is_true()),
            Err(error) => {
                self.end_run(error);
                false
            }
        }
    }

    /// What a task that one host did for all leaves on the others, those that do not come to it too: its facts, and
    /// the result that is registered.
    fn share_result(&self, done_by: usize, task: &Task, ended: &Ended) {
        if self.truth(task, Keyword::RunOnce) != Some(true) {
            return;
        }
        let reachable = |host: &HostRun| host.state != HostState::Unreachable;
        let others: Vec<_> = (0..self.hosts.len())
            .filter(|at| *at != done_by && reachable(&self.hosts[*at]))
            .collect();
        if let Some(register) = task.own(Keyword::Register).and_then(Value::as_str)
            && let Some(value) =
                HostData::get(&self.hosts[done_by].host.assigned).get(register).cloned()
        {
            let own = HostData::get(&self.hosts[done_by].host.own).get(register).cloned();
            let own = own.unwrap_or_default();
            for &at in &others {
                self.hosts[at].host.assign(register, value.clone(), own.clone());
            }
        }
        if ended.others.is_some() {
            return;
        }
        let items = match ended.result.get("results") {
            Some(Value::List(items)) => items.to_vec(),
            _ => vec![Value::Dict(Arc::clone(&ended.result))],
        };
        for item in &items {
            let Value::Dict(result) = item else { continue };
            let has_failed = result.get("failed").is_some_and(Value::is_true);
            for &at in others.iter().filter(|_| !has_failed) {
                add_facts(&self.run.world, &task.action, &self.hosts[at].host, result);
            }
        }
    }
}

/// Whether an action is done by one host for all.
pub(super) fn is_for_all(action: &str) -> bool {
    matches!(action, "add_host" | "pause")
}
