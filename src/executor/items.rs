//! A whole task on one host: its items, its retries, what its result means, what it leaves behind.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::{
    Failure,
    facts::set_facts,
    failure::OMITTED_HELP,
    include::Include,
    judge::{Judged, explain, say_something},
    looping::{Item, Items, alone},
    task::{Decision, Prepared},
};
use crate::{
    diagnostic::Diagnostic,
    output::{Event, Status, censored},
    playbook::{Keyword, Loop},
    template::{CONDITIONAL, Env, OMITTED},
    value::{Dict, Template, Value},
    vars::{HostData, Names},
};

/// Items whose modules are under way at once.
const WINDOW: usize = 128;

/// How a task went on a host.
pub(super) struct Ended {
    pub(super) status: Status,
    pub(super) result: Arc<Dict>,
    pub(super) ignored: bool,
    /// Names of handlers that are notified, and what is none.
    pub(super) notify: Vec<Value>,
    /// Files of tasks or roles to include.
    pub(super) includes: Vec<Include>,
    /// How many items ended well, for a host's totals where a loop failed in part.
    pub(super) changed: bool,
    /// Another host whose facts it set: of several that did, the last in the play's order counts.
    pub(super) others: Option<Arc<HostData>>,
}

impl Ended {
    /// Sets the facts of another host once more, in the order of the play.
    pub(super) fn settle_others(&self) {
        if let Some(other) = &self.others {
            set_facts(other, &self.result);
        }
    }
}

/// What is said of a handler that nobody has.
pub(super) fn missing_handler(name: &str) -> String {
    format!(
        "The requested handler '{name}' was not found in either the main handlers list nor in the listening handlers list"
    )
}

/// What stands for an item that must not be seen.
pub(super) const CENSORED: &str = "(censored due to no_log)";

impl Prepared {
    /// Does the task on the host, to its end.
    pub(super) async fn perform(&self) -> Ended {
        if self.run.settings.show_per_host_start.value || self.run.printer.wants().host_starts {
            let (task, host) = (Arc::clone(&self.start), Arc::clone(&self.host.name));
            self.turn.event(self.slot, Event::HostStart { task, host });
        }
        let ended = match &self.task.looping {
            None => self.once().await,
            // Apart, as whatever else is seldom needed: each host's task is as large as all that it may have to wait for.
            Some(looping) => Box::pin(self.loop_over(looping)).await,
        };
        self.turn.done(self.slot);
        if self.run.connections.waiting() > 0 {
            Box::pin(self.make_room()).await;
        }
        ended
    }

    /// Closes the connection where other hosts wait for a place: there are more links than open files allow.
    async fn make_room(&self) {
        let names = self.names();
        let way = {
            let context = names.world.context(names.search_path());
            let env = Env::new(&names, &context);
            self.run.way(&names, &env)
        };
        if let Ok(way) = way
            && way.target.kind == crate::connection::Kind::Ssh
        {
            self.run.reset(&way.target).await;
        }
    }

    async fn once(&self) -> Ended {
        let names = self.names().acting();
        let mut judged = self.turn_with_retries(names).await;
        if judged.is_well() && judged.enlists {
            self.enlist(&mut judged, None);
        }
        self.tell(&mut judged);
        let event = self.event(&judged, None, false);
        let ignored = event.ignored;
        self.tell_notified(&judged.notify);
        self.show(event);
        self.end(judged, ignored)
    }

    /// Says which handlers a change notifies, before its result is shown.
    pub(super) fn tell_notified(&self, handlers: &[Value]) {
        for handler in handlers {
            let name = handler.to_text();
            if let Some(known) = &self.handlers
                && !handler.as_str().is_some_and(|name| known.names.contains(name))
            {
                for why in &known.unusable {
                    self.turn.event(self.slot, Event::Warning(why.clone()));
                }
                let place = self.task.level.keyword(Keyword::Notify).map(|(_, span)| span);
                let told = Diagnostic::maybe_at(place, missing_handler(&name));
                return self.turn.halt(self.slot, told);
            }
            if self.start.is_handler {
                continue;
            }
            let text = format!("Notification for handler {name} has been saved.");
            self.turn.event(self.slot, Event::Verbose { level: 2, host: None, text });
        }
    }

    async fn loop_over(&self, looping: &Loop) -> Ended {
        let items = match self.items(looping) {
            Ok(Some(items)) => items,
            Ok(None) => return self.once().await,
            Err(failure) => return self.fail_loop(failure),
        };
        let before = self.host.kept();
        let paused = looping.control.pause.is_some() || looping.control.break_when.is_some();
        let found = if paused
            || self.task.own(Keyword::Until).is_some()
            || self.task.own(Keyword::Retries).is_some()
            || self.task.own(Keyword::Async).is_some()
            || !self.is_pipelined()
            || self.asks_for_its_own_result()
        {
            self.one_by_one(looping, items).await
        } else {
            self.pipelined(looping, items.list).await
        };
        let judged = match found {
            Ok(judged) => judged,
            Err(failure) => return self.fail_loop(failure),
        };
        // What items leave behind is left only where none of them failed.
        if judged.iter().any(Judged::is_bad) {
            self.host.keep(before);
        } else {
            // Whoever keeps it makes the next variable of the host cost a copy of all.
            drop(before);
        }
        self.sum_up(judged)
    }

    /// Ends a loop that is wrong itself, whatever its items came to.
    fn fail_loop(&self, failure: Failure) -> Ended {
        let (delegate, no_log) = {
            let names = self.names();
            let context = names.world.context(names.search_path());
            let env = Env::new(&names, &context).telling(&self.told);
            (self.delegate_shown(&names, &env), self.hides(&env))
        };
        let mut judged = self.failed(failure.unasked(), delegate, no_log);
        self.tell(&mut judged);
        let event = self.event(&judged, None, false);
        let ignored = event.ignored;
        self.show(event);
        self.end(judged, ignored)
    }

    /// Whether items do not need the results of those before them: modules, not actions that change variables.
    fn is_pipelined(&self) -> bool {
        let action = &*self.start.action;
        // One that an item chooses may be any of them.
        !Template::is_in(action)
            && !matches!(
                action,
                "set_fact"
                    | "include_vars"
                    | "add_host"
                    | "group_by"
                    | "include_tasks"
                    | "include_role"
                    | "pause"
                    | "debug"
                    | "assert"
                    | "fail"
                    | "set_stats"
            )
    }

    async fn one_by_one(&self, looping: &Loop, items: Items) -> Result<Vec<Judged>, Failure> {
        let mut found: Vec<Judged> = Vec::new();
        // What changes the inventory is done, and shown, where no item failed.
        let mut waiting = Vec::new();
        for (at, item) in items.list.iter().enumerate() {
            if at > 0 && items.pause > Duration::ZERO {
                tokio::time::sleep(items.pause).await;
            }
            if self.run.is_interrupted() {
                break;
            }
            let mut names = self.item_names(item);
            if let Some(last) = found.last() {
                self.set_registered(&mut names, last);
            }
            let mut judged = self.turn_with_retries(names).await;
            Self::mark(&mut judged, item);
            let label = self.label(looping, item, &mut judged)?;
            self.mark_ignored(&mut judged, item);
            if judged.is_well() && judged.enlists {
                waiting.push((at, label));
            } else {
                self.show_item(label, &mut judged);
            }
            let stop = self.breaks(looping, item, &judged)?;
            found.push(judged);
            if stop {
                break;
            }
        }
        if !found.iter().any(Judged::is_bad) {
            for (at, _) in &waiting {
                self.enlist(&mut found[*at], Some(&items.list[*at]));
            }
            for (at, label) in waiting {
                self.show_item(label, &mut found[at]);
            }
        }
        Ok(found)
    }

    /// Sends items as long as the window is open and takes results in order: a loop costs one round trip.
    async fn pipelined(&self, looping: &Loop, items: Vec<Item>) -> Result<Vec<Judged>, Failure> {
        let mut found = Vec::with_capacity(items.len());
        let mut open = VecDeque::new();
        let mut waiting = items.into_iter();
        loop {
            while open.len() < WINDOW && !self.run.is_interrupted() {
                let Some(item) = waiting.next() else { break };
                let decision = self.decide_with(&self.item_names(&item));
                let started = self.start(decision).await;
                open.push_back((item, started));
            }
            let Some((item, started)) = open.pop_front() else { return Ok(found) };
            let turned = self.finish(started).await;
            let mut judged = self.judge(self.item_names(&item), turned, None).0;
            Self::mark(&mut judged, &item);
            let label = self.label(looping, &item, &mut judged)?;
            self.mark_ignored(&mut judged, &item);
            self.show_item(label, &mut judged);
            found.push(judged);
        }
    }

    fn decide_with(&self, names: &Names) -> Decision {
        let context = names.world.context(names.search_path());
        let env = Env::new(names, &context).telling(&self.told);
        if let Some(decision) = self.decide_include(names, &env) {
            return decision;
        }
        self.decide(names, &env)
    }

    /// One turn, again and again until its condition holds or its tries are over.
    async fn turn_with_retries(&self, names: Names) -> Judged {
        let retry = self.retry(&names);
        let mut attempt = 1;
        loop {
            let turned = match self.decide_with(&names) {
                Decision::Over(turned) => turned,
                waiting => {
                    let sent = async { self.finish(self.start(waiting).await).await };
                    Box::pin(sent).await
                }
            };
            let skipped = turned.skipped;
            let is_answer = turned.result.as_ref().map_or_else(|why| why.answered, |_| true);
            let Some((retries, delay)) = retry else { return self.judge(names, turned, None).0 };
            let (mut judged, done) = self.judge(names.clone(), turned, Some(attempt));
            // The condition of `until` itself could not be evaluated.
            let unclear = judged
                .causes
                .iter()
                .any(|cause| cause.message.starts_with(CONDITIONAL.trim_end_matches(": ")));
            if skipped || !is_answer || unclear || judged.status == Status::Unreachable {
                return judged;
            }
            if done {
                return judged;
            }
            if attempt >= retries || self.run.is_interrupted() {
                // The reference does not count the try that gave up.
                judged.result.insert("attempts", i64::try_from(retries - 1).unwrap_or(i64::MAX));
                if judged.status != Status::Failed {
                    judged.result.insert("failed", true);
                    // A condition of failure is stronger: the task goes on, though its result says that it failed.
                    if self.task.own(Keyword::FailedWhen).is_none() {
                        judged.status = Status::Failed;
                        judged.notify.clear();
                    }
                    say_something(&mut judged.result, "Action");
                    let message = judged.result.get("msg").map(Value::to_text).unwrap_or_default();
                    let message = message.trim_start_matches("Task failed: Action failed: ");
                    explain(&mut judged.result);
                    let message = match message {
                        "" => "Action failed.".to_owned(),
                        message => format!("Action failed: {message}"),
                    };
                    let failure = Failure { own_message: true, ..Failure::at(None, message) };
                    judged.causes = self.said(failure).1;
                }
                return judged;
            }
            let left = i64::try_from(retries - attempt).unwrap_or(0);
            let mut result =
                if judged.no_log { censored(&judged.result) } else { judged.result.clone() };
            result.remove("failed");
            result.insert("retries", i64::try_from(retries).unwrap_or(i64::MAX));
            self.turn.event(
                self.slot,
                Event::Retry {
                    host: Arc::clone(&self.host.name),
                    delegate: judged.delegate.as_ref().map(|(name, _)| Arc::clone(name)),
                    task: Arc::clone(&self.start),
                    left,
                    result: Arc::new(result),
                },
            );
            attempt += 1;
            tokio::time::sleep(delay).await;
        }
    }

    /// Whether the task says when it is well; `until` without a value says nothing.
    pub(super) fn is_tried_until(&self) -> bool {
        self.task.own(Keyword::Until).is_some_and(|said| *said != Value::None)
    }

    /// How many tries there are and how long to wait between them; `None` for one try without a condition.
    fn retry(&self, names: &Names) -> Option<(usize, Duration)> {
        let until = self.is_tried_until();
        let retries = self.task.own(Keyword::Retries);
        if !until && retries.is_none() {
            return None;
        }
        let context = names.world.context(names.search_path());
        let env = Env::new(names, &context).telling(&self.told);
        let number = |value: Option<&Value>, default: f64| {
            let value = value.and_then(|value| env.eval(value).ok());
            value.and_then(|value| value.to_text().trim().parse::<f64>().ok()).unwrap_or(default)
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a small positive number"
        )]
        let retries = number(retries, 3.0).clamp(0.0, 1e9) as usize;
        let delay = number(self.task.own(Keyword::Delay), 5.0).max(0.0);
        // Without a try to spare nobody asks whether the condition holds.
        (retries > 0).then(|| (retries + 1, Duration::from_secs_f64(delay)))
    }

    fn show_item(&self, label: String, judged: &mut Judged) {
        self.tell(judged);
        if judged.include.is_some() {
            return;
        }
        self.show(self.event(judged, Some(label), false));
    }

    /// What stands for an item. One that lacks a variable fails the item, any other that cannot be evaluated the loop.
    fn label(&self, looping: &Loop, item: &Item, judged: &mut Judged) -> Result<String, Failure> {
        let label = self.evaluated_label(looping, item, judged)?;
        Ok(if judged.no_log { CENSORED.to_owned() } else { label })
    }

    fn evaluated_label(
        &self,
        looping: &Loop,
        item: &Item,
        judged: &mut Judged,
    ) -> Result<String, Failure> {
        // A label that is nothing is as good as none; one that becomes nothing is shown as that.
        let given = looping.control.label.as_ref();
        let given = given.filter(|(label, _)| label.is_lazy() || label.is_true());
        let Some((label, span)) = given else { return Ok(item.value.to_text()) };
        let mut names = self.item_names(item);
        self.set_registered(&mut names, judged);
        let context = names.world.context(names.search_path());
        let error = match Env::new(&names, &context).telling(&self.told).eval(label) {
            Ok(Value::Omit) => {
                let failure = Failure::at(Some(span), OMITTED).help(OMITTED_HELP);
                return Err(alone(failure));
            }
            Ok(value) => return Ok(value.to_text()),
            Err(error) => error,
        };
        if !error.is_undefined() {
            return Err(alone(Failure::template(&error, "", Some(span))));
        }
        let message = format!("Failed to template loop_control.label: {}", error.message);
        judged.result.insert("msg", message);
        judged.result.insert("failed", true);
        judged.status = Status::Failed;
        // Nothing is included for an item that nobody can name.
        if judged.include.take().is_some() {
            judged.result.remove("changed");
        }
        // The item is looked for in the result, as `item`; what `debug` says has none in it.
        let is_there =
            &*self.task.action != "debug" && item.marks.iter().any(|(name, _)| &**name == "item");
        Ok(if is_there { item.value.to_text() } else { "None".to_owned() })
    }
}
