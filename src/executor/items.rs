//! A whole task on one host: its items, its retries, what its result means, what it leaves behind.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::{
    Failure,
    connect::truth,
    include::Include,
    task::{Decision, Prepared, Turned},
};
use crate::{
    output::{Cause, Event, ResultEvent, Status},
    playbook::{Keyword, Loop},
    template::Env,
    value::{Dict, Value},
    vars::{HostData, Names},
};

/// Items whose modules are under way at once.
const WINDOW: usize = 128;

/// How a task went on a host.
pub(super) struct Ended {
    pub(super) status: Status,
    pub(super) result: Arc<Dict>,
    pub(super) ignored: bool,
    /// Names of handlers that are notified.
    pub(super) notify: Vec<String>,
    /// Files of tasks or roles to include.
    pub(super) includes: Vec<Include>,
    /// How many items ended well, for a host's totals where a loop failed in part.
    pub(super) changed: bool,
}

/// A turn's result once it was judged.
struct Judged {
    result: Dict,
    status: Status,
    causes: Vec<Cause>,
    delegate: Option<(Arc<str>, Arc<str>)>,
    no_log: bool,
    include: Option<Include>,
    /// Handlers that this turn notifies.
    notify: Vec<String>,
}

/// Names and values that hold in one turn of a loop.
#[derive(Clone)]
struct Item {
    locals: Vec<(Arc<str>, Value)>,
    /// What its result says of the item.
    marks: Vec<(Arc<str>, Value)>,
    value: Value,
}

impl Prepared {
    /// Does the task on the host, to its end.
    pub(super) async fn perform(&self) -> Ended {
        let ended = match &self.task.looping {
            None => self.once().await,
            Some(looping) => self.loop_over(looping).await,
        };
        self.turn.done(self.slot);
        self.make_room().await;
        ended
    }

    /// Closes the connection where other hosts wait for a place: there are more links than open files allow.
    async fn make_room(&self) {
        if self.run.connections.waiting() == 0 {
            return;
        }
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
        let names = self.names();
        let judged = self.turn_with_retries(names).await;
        let event = self.event(&judged, None, false);
        let ignored = event.ignored;
        self.tell_notified(&judged.notify);
        self.show(event);
        self.end(judged, ignored)
    }

    /// Says which handlers a change notifies, before its result is shown.
    fn tell_notified(&self, handlers: &[String]) {
        for handler in handlers {
            let text = format!("Notification for handler {handler} has been saved.");
            self.turn.event(self.slot, Event::Verbose { level: 2, host: None, text });
        }
    }

    async fn loop_over(&self, looping: &Loop) -> Ended {
        let items = match self.items(looping) {
            Ok(Some(items)) => items,
            Ok(None) => return self.once().await,
            Err(failure) => {
                let judged = self.failed(failure, None, false);
                let event = self.event(&judged, None, false);
                let ignored = event.ignored;
                self.show(event);
                return self.end(judged, ignored);
            }
        };
        let paused = looping.control.pause.is_some() || looping.control.break_when.is_some();
        let judged = if paused || self.task.own(Keyword::Until).is_some() || !self.is_pipelined() {
            self.one_by_one(looping, items).await
        } else {
            self.pipelined(looping, items).await
        };
        self.sum_up(judged)
    }

    /// Whether items do not need the results of those before them: modules, not actions that change variables.
    fn is_pipelined(&self) -> bool {
        !matches!(
            &*self.task.action,
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

    async fn one_by_one(&self, looping: &Loop, items: Vec<Item>) -> Vec<Judged> {
        let mut found = Vec::new();
        let pause = self.loop_pause(looping);
        for (at, item) in items.iter().enumerate() {
            if at > 0 && pause > Duration::ZERO {
                tokio::time::sleep(pause).await;
            }
            if self.run.is_interrupted() {
                break;
            }
            let mut judged = self.turn_with_retries(self.item_names(item)).await;
            Self::mark(&mut judged, item);
            self.show_item(looping, item, &judged);
            let stop = self.breaks(looping, item, &judged);
            found.push(judged);
            if stop {
                break;
            }
        }
        found
    }

    /// Sends items as long as the window is open and takes results in order: a loop costs one round trip.
    async fn pipelined(&self, looping: &Loop, items: Vec<Item>) -> Vec<Judged> {
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
            let Some((item, started)) = open.pop_front() else { return found };
            let turned = self.finish(started).await;
            let mut judged = self.judge(self.item_names(&item), turned).0;
            Self::mark(&mut judged, &item);
            self.show_item(looping, &item, &judged);
            found.push(judged);
        }
    }

    fn decide_with(&self, names: &Names) -> Decision {
        let context = names.world.context(names.search_path());
        let env = Env::new(names, &context);
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
            let decision = self.decide_with(&names);
            let started = self.start(decision).await;
            let turned = self.finish(started).await;
            let skipped = turned.skipped;
            let (mut judged, done) = self.judge(names.clone(), turned);
            let Some((retries, delay)) = retry else { return judged };
            if skipped
                || judged.status == Status::Unreachable
                || judged.causes.iter().any(|cause| cause.message.contains("until"))
            {
                return judged;
            }
            judged.result.insert("attempts", i64::try_from(attempt).unwrap_or(i64::MAX));
            if done {
                return judged;
            }
            if attempt >= retries || self.run.is_interrupted() {
                // The reference does not count the try that gave up.
                judged.result.insert("attempts", i64::try_from(retries - 1).unwrap_or(i64::MAX));
                if judged.status != Status::Failed {
                    judged.status = Status::Failed;
                    judged.result.insert("failed", true);
                    let message = judged.result.get("msg").map(Value::to_text).unwrap_or_default();
                    let failure = Failure {
                        own_message: true,
                        ..Failure::at(None, format!("Action failed: {message}"))
                    };
                    judged.causes = failure.finish(&self.task.span).1;
                }
                return judged;
            }
            let left = i64::try_from(retries - attempt).unwrap_or(0);
            self.turn.event(
                self.slot,
                Event::Retry {
                    host: Arc::clone(&self.host.name),
                    delegate: judged.delegate.as_ref().map(|(name, _)| Arc::clone(name)),
                    task: Arc::clone(&self.start),
                    left,
                    result: Arc::new(judged.result.clone()),
                },
            );
            attempt += 1;
            tokio::time::sleep(delay).await;
        }
    }

    /// How many tries there are and how long to wait between them; `None` for one try without a condition.
    fn retry(&self, names: &Names) -> Option<(usize, Duration)> {
        let until = self.task.own(Keyword::Until).is_some();
        let retries = self.task.own(Keyword::Retries);
        if !until && retries.is_none() {
            return None;
        }
        let context = names.world.context(names.search_path());
        let env = Env::new(names, &context);
        let number = |value: Option<&Value>, default: f64| {
            let value = value.and_then(|value| env.eval(value).ok());
            value.and_then(|value| value.to_text().trim().parse::<f64>().ok()).unwrap_or(default)
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a small positive number"
        )]
        let tries = number(retries, 3.0).clamp(0.0, 1e9) as usize + 1;
        let delay = number(self.task.own(Keyword::Delay), 5.0).max(0.0);
        Some((tries.max(1), Duration::from_secs_f64(delay)))
    }

    /// What a turn's result means; also whether `until` holds.
    #[expect(clippy::too_many_lines, reason = "the order of its steps is what it is about")]
    fn judge(&self, mut names: Names, turned: Turned) -> (Judged, bool) {
        let Turned { result, delegate, no_log, skipped } = turned;
        let mut result = match result {
            Ok(result) => result,
            Err(failure) => {
                return (self.failed(failure, delegate, no_log), false);
            }
        };
        if skipped {
            return (
                Judged {
                    result,
                    status: Status::Skipped,
                    causes: Vec::new(),
                    delegate,
                    no_log,
                    include: None,
                    notify: Vec::new(),
                },
                true,
            );
        }
        let include = Include::take(&mut result);
        add_lines(&mut result);
        let skipped = result.get("skipped").is_some_and(Value::is_true);
        let mut failed = match result.get("failed") {
            Some(value) => truth(value),
            None => result
                .get("rc")
                .is_some_and(|rc| !matches!(rc, Value::Int(0)) && rc.as_str() != Some("0")),
        };
        let mut changed = result.get("changed").is_some_and(truth);
        let by_itself = failed;

        if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
            let mut registered = result.clone();
            registered.insert("failed", failed);
            registered.insert("changed", changed);
            names.set_local(register, registered.into());
        }
        self.apply_facts(&result, delegate.as_ref());
        if let Some(Value::Dict(facts)) = result.get("ansible_facts")
            && matches!(&*self.task.action, "set_fact" | "include_vars")
        {
            for (key, value) in facts.iter() {
                if let Some(name) = key.as_str() {
                    names.set_local(name, value.clone());
                }
            }
        }
        let context = names.world.context(names.search_path());
        let env = Env::new(&names, &context);
        if !skipped {
            if let Some(value) = self.task.own(Keyword::ChangedWhen) {
                match self.judge_condition(&env, value, Keyword::ChangedWhen) {
                    Ok(holds) => changed = holds,
                    Err(failure) => {
                        return (
                            self.failed_after(
                                failure,
                                result,
                                "changed_when_result",
                                delegate,
                                no_log,
                            ),
                            true,
                        );
                    }
                }
            }
            if let Some(value) = self.task.own(Keyword::FailedWhen) {
                match self.judge_condition(&env, value, Keyword::FailedWhen) {
                    Ok(holds) => {
                        failed = holds;
                        result.insert("failed_when_result", holds);
                        if by_itself && !holds {
                            result.insert(
                                "failed_when_suppressed_exception",
                                "(traceback unavailable)",
                            );
                        }
                    }
                    Err(failure) => {
                        return (
                            self.failed_after(
                                failure,
                                result,
                                "failed_when_result",
                                delegate,
                                no_log,
                            ),
                            true,
                        );
                    }
                }
            }
        }
        let mut done = !failed;
        if let Some(value) = self.task.own(Keyword::Until) {
            let mut names = names.clone();
            if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
                let mut registered = result.clone();
                registered.insert("failed", failed);
                registered.insert("changed", changed);
                names.set_local(register, registered.into());
            }
            let env = Env::new(&names, &context);
            match self.judge_condition(&env, value, Keyword::Until) {
                Ok(holds) => done = holds,
                Err(failure) => {
                    return (
                        self.failed_after(failure, result, "until_result", delegate, no_log),
                        true,
                    );
                }
            }
        }
        result.insert("changed", changed);
        let mut causes = Vec::new();
        if failed {
            result.insert("failed", true);
            let is_module = by_itself && !crate::actions::is_action(&self.task.action);
            causes = self.why_failed(if is_module { "Module" } else { "Action" }, &result);
        } else {
            result.remove("failed");
        }
        let notify = if changed && !failed { self.notified(&env) } else { Vec::new() };
        let status = match (skipped, failed, changed) {
            (_, true, _) => Status::Failed,
            (true, ..) => Status::Skipped,
            (.., true) => Status::Changed,
            _ => Status::Ok,
        };
        (Judged { result, status, causes, delegate, no_log, include, notify }, done)
    }

    fn judge_condition(
        &self,
        env: &Env<'_>,
        value: &Value,
        keyword: Keyword,
    ) -> Result<bool, Failure> {
        let span = self.task.own_span(keyword);
        env.condition(value).map_err(|error| {
            let mut failure = Failure::template(&error, "", span);
            if let Some(cause) = failure.causes.first_mut() {
                cause.span = span.cloned();
            }
            failure
        })
    }

    /// The reason that a result gives for its failure.
    fn why_failed(&self, kind: &str, result: &Dict) -> Vec<Cause> {
        let message = result.get("msg").map(Value::to_text).unwrap_or_default();
        // A module that did not foresee its end says so in its message, too.
        let known = format!("Task failed: {kind} failed: ");
        let message = message.strip_prefix(&known).map(ToOwned::to_owned).unwrap_or(message);
        // What the system said stands behind what the module says of it.
        let message = match result.get("exception").and_then(Value::as_str) {
            Some(reason) if reason.starts_with('[') => {
                format!("{}: {reason}", message.trim_end_matches('.'))
            }
            _ => message,
        };
        let message = if message.is_empty() {
            format!("{kind} failed.")
        } else {
            format!("{kind} failed: {message}")
        };
        let failure = Failure { own_message: true, ..Failure::at(None, message) };
        failure.finish(&self.task.span).1
    }

    fn failed(
        &self,
        failure: Failure,
        delegate: Option<(Arc<str>, Arc<str>)>,
        no_log: bool,
    ) -> Judged {
        let status = if failure.unreachable { Status::Unreachable } else { Status::Failed };
        let (result, causes) = failure.finish(&self.task.span);
        Judged { result, status, causes, delegate, no_log, include: None, notify: Vec::new() }
    }

    /// A condition over a good result could not be evaluated: the result is kept, and failed.
    fn failed_after(
        &self,
        failure: Failure,
        mut result: Dict,
        key: &str,
        delegate: Option<(Arc<str>, Arc<str>)>,
        no_log: bool,
    ) -> Judged {
        let why: Vec<&str> = failure.causes.iter().map(|cause| cause.message.as_str()).collect();
        result.insert(key, why.join(": "));
        result.insert("failed", true);
        let causes = self.why_failed("Action", &result);
        Judged {
            result,
            status: Status::Failed,
            causes,
            delegate,
            no_log,
            include: None,
            notify: Vec::new(),
        }
    }

    /// Facts that a result brings belong to the host, or to the one that did the task where the playbook says so.
    fn apply_facts(&self, result: &Dict, delegate: Option<&(Arc<str>, Arc<str>)>) {
        let Some(Value::Dict(facts)) = result.get("ansible_facts") else { return };
        if result.get("failed").is_some_and(truth) {
            return;
        }
        let mut host: Arc<HostData> = Arc::clone(&self.host);
        if let Some((name, _)) = delegate
            && self
                .task
                .level
                .keyword(Keyword::DelegateFacts)
                .is_some_and(|(value, _)| truth(value))
            && let Some(other) = self.run.world.host(name)
        {
            host = other;
        }
        match &*self.task.action {
            "set_fact" => {
                for (key, value) in facts.iter() {
                    HostData::set(&host.set_facts, &key.to_text(), value.clone());
                }
                if result.get("_ansible_facts_cacheable").is_some_and(Value::is_true) {
                    host.add_facts(facts);
                }
            }
            "include_vars" => {
                for (key, value) in facts.iter() {
                    HostData::set(&host.registered, &key.to_text(), value.clone());
                }
            }
            _ => host.add_facts(facts),
        }
    }

    /// The items of a loop; `None` where the list cannot be known and the task is skipped anyway.
    fn items(&self, looping: &Loop) -> Result<Option<Vec<Item>>, Failure> {
        let names = self.names();
        let context = names.world.context(names.search_path());
        let env = Env::new(&names, &context);
        let values = match Self::loop_values(looping, &env) {
            Ok(values) => values,
            // What the list is made of may only exist where the condition holds.
            Err(failure) => {
                return match self.conditions(&env) {
                    Ok(Some(_)) => Ok(None),
                    _ => Err(failure),
                };
            }
        };
        let control = &looping.control;
        let text = |value: &Option<Value>, default: &str| -> Result<Arc<str>, Failure> {
            match value {
                None => Ok(default.into()),
                Some(value) => {
                    let value = env
                        .eval(value)
                        .map_err(|error| Failure::template(&error, "", Some(&looping.span)))?;
                    Ok(value.to_text().into())
                }
            }
        };
        let loop_var = text(&control.loop_var, "item")?;
        let index_var =
            control.index_var.as_ref().map(|_| text(&control.index_var, "")).transpose()?;
        let extended = control
            .extended
            .as_ref()
            .is_some_and(|value| env.eval(value).is_ok_and(|value| truth(&value)));
        let all_items = control
            .extended_allitems
            .as_ref()
            .is_none_or(|value| env.eval(value).is_ok_and(|value| truth(&value)));
        let count = values.len();
        let list = Value::list(values.iter().cloned());
        let items = values.iter().enumerate().map(|(at, value)| {
            let mut locals = vec![
                (Arc::clone(&loop_var), value.clone()),
                ("ansible_loop_var".into(), Value::Str(Arc::clone(&loop_var))),
            ];
            let mut marks = vec![
                ("ansible_loop_var".into(), Value::Str(Arc::clone(&loop_var))),
                (Arc::clone(&loop_var), value.clone()),
            ];
            if let Some(index_var) = &index_var {
                locals.push((Arc::clone(index_var), Value::from(at)));
                locals.push(("ansible_index_var".into(), Value::Str(Arc::clone(index_var))));
                marks.push((Arc::clone(index_var), Value::from(at)));
                marks.push(("ansible_index_var".into(), Value::Str(Arc::clone(index_var))));
            }
            if extended {
                let described = describe(&values, at, count, all_items.then_some(&list));
                locals.push(("ansible_loop".into(), described.clone()));
                marks.push(("ansible_loop".into(), described));
            }
            Item { locals, marks, value: value.clone() }
        });
        Ok(Some(items.collect()))
    }

    fn loop_values(looping: &Loop, env: &Env<'_>) -> Result<Vec<Value>, Failure> {
        let value = env
            .eval(&looping.items)
            .map_err(|error| Failure::template(&error, "", Some(&looping.span)))?;
        let Some(lookup) = &looping.lookup else {
            return match &value {
                Value::List(list) | Value::Tuple(list) => Ok(list.to_vec()),
                other => {
                    let message = format!(
                        "The `loop` value must resolve to a 'list', not '{}'.",
                        other.type_name()
                    );
                    let cause = Cause {
                        message: message.clone(),
                        span: Some(looping.span.clone()),
                        help: Some(
                            "Provide a list of items/templates, or a template resolving to a list.",
                        ),
                        ..Cause::default()
                    };
                    let failure = Failure { causes: vec![cause], bare: true, ..Failure::default() };
                    Err(failure.with("msg", message))
                }
            };
        };
        let terms = match value {
            Value::List(list) | Value::Tuple(list) => list.to_vec(),
            one => vec![one],
        };
        env.lookup(lookup, terms)
            .map_err(|error| Failure::template(&error, "", Some(&looping.span)))
    }

    fn item_names(&self, item: &Item) -> Names {
        let mut names = self.names();
        for (name, value) in &item.locals {
            names.set_local(name, value.clone());
        }
        names
    }

    fn mark(judged: &mut Judged, item: &Item) {
        for (name, value) in &item.marks {
            judged.result.insert(&**name, value.clone());
        }
    }

    fn loop_pause(&self, looping: &Loop) -> Duration {
        let Some(pause) = &looping.control.pause else { return Duration::ZERO };
        let names = self.names();
        let context = names.world.context(names.search_path());
        let value = Env::new(&names, &context).eval(pause);
        let seconds =
            value.ok().and_then(|value| value.to_text().trim().parse::<f64>().ok()).unwrap_or(0.0);
        Duration::from_secs_f64(seconds.max(0.0))
    }

    fn breaks(&self, looping: &Loop, item: &Item, judged: &Judged) -> bool {
        let Some(condition) = &looping.control.break_when else { return false };
        let mut names = self.item_names(item);
        if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
            names.set_local(register, judged.result.clone().into());
        }
        let context = names.world.context(names.search_path());
        Env::new(&names, &context).condition(condition).unwrap_or(false)
    }

    fn show_item(&self, looping: &Loop, item: &Item, judged: &Judged) {
        let label = if judged.no_log {
            "(censored due to no_log)".to_owned()
        } else {
            match &looping.control.label {
                None => item.value.to_text(),
                Some(label) => {
                    let names = self.item_names(item);
                    let context = names.world.context(names.search_path());
                    Env::new(&names, &context)
                        .eval(label)
                        .map_or_else(|error| error.message, |value| value.to_text())
                }
            }
        };
        if judged.include.is_some() {
            return;
        }
        self.show(self.event(judged, Some(label), false));
    }

    /// The result of a loop as a whole.
    fn sum_up(&self, items: Vec<Judged>) -> Ended {
        let any = |status: Status| items.iter().any(|item| item.status == status);
        let all_skipped = items.iter().all(|item| item.status == Status::Skipped);
        let changed = items.iter().any(|item| item.result.get("changed").is_some_and(truth));
        let failed = any(Status::Failed);
        let unreachable = any(Status::Unreachable);
        let no_log = items.iter().any(|item| item.no_log);
        let mut result = Dict::new();
        result.insert("changed", changed);
        let results = items.iter().map(|item| {
            let mut result = item.result.clone();
            if !result.contains_key("failed") {
                result.insert("failed", item.status == Status::Failed);
            }
            result.into()
        });
        let results = Value::list(results);
        let (status, message) = if items.is_empty() {
            result.insert("skipped", true);
            result.insert("skipped_reason", "No items in the list");
            (Status::Skipped, None)
        } else if unreachable {
            result.insert("unreachable", true);
            (Status::Unreachable, Some("One or more items failed"))
        } else if failed {
            result.insert("failed", true);
            (Status::Failed, Some("One or more items failed"))
        } else if all_skipped {
            result.insert("skipped", true);
            (Status::Skipped, Some("All items skipped"))
        } else {
            (if changed { Status::Changed } else { Status::Ok }, Some("All items completed"))
        };
        if let Some(message) = message {
            result.insert("msg", message);
            if !result.contains_key("skipped") {
                result.insert("skipped", false);
            }
        }
        result.insert("results", results);
        let mut notify: Vec<String> = Vec::new();
        if !matches!(status, Status::Failed | Status::Unreachable) {
            notify.extend(items.iter().flat_map(|item| item.notify.iter().cloned()));
        }
        let includes: Vec<Include> = items.into_iter().filter_map(|item| item.include).collect();
        let judged = Judged {
            result,
            status,
            causes: Vec::new(),
            delegate: None,
            no_log,
            include: None,
            notify,
        };
        let event = self.event(&judged, None, judged.result.get("skipped_reason").is_none());
        self.tell_notified(&judged.notify);
        let ignored = event.ignored;
        if includes.is_empty() {
            self.turn.event(self.slot, Event::Result(Box::new(event)));
        }
        let mut ended = self.end(judged, ignored);
        ended.includes = includes;
        ended
    }

    fn event(&self, judged: &Judged, item: Option<String>, is_loop_summary: bool) -> ResultEvent {
        let keyword = match judged.status {
            Status::Unreachable => Some(Keyword::IgnoreUnreachable),
            Status::Failed => Some(Keyword::IgnoreErrors),
            _ => None,
        };
        let ignored = keyword.is_some_and(|keyword| {
            let names = self.names();
            let context = names.world.context(names.search_path());
            let env = Env::new(&names, &context);
            matches!(self.keyword_truth(&env, keyword), Ok(Some(true)))
        });
        let mut shown = judged.result.clone();
        if judged.status == Status::Failed || judged.status == Status::Unreachable {
            shown.remove("failed");
        }
        ResultEvent {
            task: Arc::clone(&self.start),
            host: Arc::clone(&self.host.name),
            delegate: judged.delegate.clone(),
            status: judged.status,
            result: Arc::new(shown),
            item,
            is_loop_summary,
            ignored,
            no_log: judged.no_log,
            causes: judged.causes.clone(),
        }
    }

    fn show(&self, event: ResultEvent) {
        let diffing = self.run.options.diff
            || self.task.level.keyword(Keyword::Diff).is_some_and(|(value, _)| truth(value));
        if diffing
            && !event.no_log
            && event.result.get("changed").is_some_and(truth)
            && let Some(diff) = event.result.get("diff")
        {
            self.turn.event(self.slot, Event::Diff { diff: diff.clone() });
        }
        self.turn.event(self.slot, Event::Result(Box::new(event)));
    }

    /// What the task leaves behind: the registered variable, notified handlers.
    fn end(&self, judged: Judged, ignored: bool) -> Ended {
        let Judged { mut result, status, include, notify, .. } = judged;
        let changed = result.get("changed").is_some_and(truth);
        if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
            let mut registered: Dict = result
                .iter()
                .filter(|(key, _)| key.as_str().is_none_or(|key| !key.starts_with("_ansible_")))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            if !registered.contains_key("failed") && !registered.contains_key("skipped_reason") {
                registered.insert("failed", false);
            }
            HostData::set(&self.host.registered, register, registered.into());
        }
        if status == Status::Failed {
            result.insert("failed", true);
        }
        Ended {
            status,
            result: Arc::new(result),
            ignored,
            notify,
            includes: include.into_iter().collect(),
            changed,
        }
    }

    fn notified(&self, env: &Env<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for (value, _) in self.task.level.inherited(Keyword::Notify) {
            match env.eval(value) {
                Ok(Value::List(list)) => found.extend(list.iter().map(Value::to_text)),
                Ok(Value::None | Value::Omit) | Err(_) => (),
                Ok(one) => found.push(one.to_text()),
            }
        }
        found
    }
}

/// `stdout_lines` and `stderr_lines` beside their texts.
fn add_lines(result: &mut Dict) {
    for (key, lines_key) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        if result.contains_key(lines_key) {
            continue;
        }
        let Some(Value::Str(text)) = result.get(key) else { continue };
        let lines = Value::list(python_lines(text).into_iter().map(Value::str));
        result.insert(lines_key, lines);
    }
}

/// Lines as Python's `splitlines` has them.
fn python_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find([
            '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}',
            '\u{2029}',
        ]);
        let Some(end) = end else {
            lines.push(rest);
            break;
        };
        lines.push(&rest[..end]);
        let mut chars = rest[end..].chars();
        let first = chars.next();
        let mut next = end + first.map_or(0, char::len_utf8);
        if first == Some('\r') && chars.next() == Some('\n') {
            next += 1;
        }
        rest = &rest[next..];
    }
    lines
}

/// `ansible_loop`.
fn describe(values: &[Value], at: usize, count: usize, all: Option<&Value>) -> Value {
    let mut found = Dict::new();
    if let Some(all) = all {
        found.insert("allitems", all.clone());
    }
    found.insert("index", at + 1);
    found.insert("index0", at);
    found.insert("first", at == 0);
    found.insert("last", at + 1 == count);
    found.insert("length", count);
    found.insert("revindex", count - at);
    found.insert("revindex0", count - at - 1);
    if at + 1 < count {
        found.insert("nextitem", values[at + 1].clone());
    }
    if at > 0 {
        found.insert("previtem", values[at - 1].clone());
    }
    found.into()
}
