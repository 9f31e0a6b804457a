//! What a turn's result means: failed, changed, done; and what it gives to its host.

use std::sync::Arc;

use super::{
    Failure,
    enlist::ENLISTS,
    include::Include,
    strategy::is_setup,
    task::{Prepared, Turned, hold},
};
use crate::{
    diagnostic::Told,
    output::{Cause, Status},
    playbook::Keyword,
    template::{Env, ErrorKind},
    value::{Dict, Value, lines},
    vars::Names,
};

/// A turn's result once it was judged.
pub(super) struct Judged {
    pub(super) result: Dict,
    pub(super) status: Status,
    /// Whether it was skipped, though its label may have failed it since.
    pub(super) is_skipped: bool,
    /// Whether it asks for a change of the inventory.
    pub(super) enlists: bool,
    /// Whether it failed before `ignore_errors` was evaluated.
    pub(super) unasked: bool,
    /// Whether what went wrong is ignored; of an item, which may say it by its variable.
    pub(super) ignored: Option<bool>,
    pub(super) causes: Vec<Cause>,
    pub(super) delegate: Option<(Arc<str>, Arc<str>)>,
    pub(super) no_log: bool,
    pub(super) include: Option<Include>,
    /// Handlers that this turn notifies.
    pub(super) notify: Vec<Value>,
    /// Whether the task was done, well or not: what is registered then says whether it failed.
    pub(super) ran: bool,
    /// Where what the result warns of was found.
    pub(super) told: Vec<Told>,
    /// What of the result are the operator's own words, as `Scope::own_words` says it.
    pub(super) own: Value,
}

impl Judged {
    /// Returns a result that was not done, with nothing more to say.
    pub(super) fn new(result: Dict, status: Status, no_log: bool) -> Judged {
        Judged {
            result,
            status,
            is_skipped: status == Status::Skipped,
            enlists: false,
            unasked: false,
            ignored: None,
            causes: Vec::new(),
            delegate: None,
            no_log,
            include: None,
            notify: Vec::new(),
            ran: false,
            told: Vec::new(),
            own: Value::None,
        }
    }

    /// Whether the task was done, and well.
    pub(super) fn is_well(&self) -> bool {
        matches!(self.status, Status::Ok | Status::Changed)
    }

    /// Whether it was not done, or not well.
    pub(super) fn is_bad(&self) -> bool {
        matches!(self.status, Status::Failed | Status::Unreachable)
    }
}

impl Prepared {
    /// What a turn's result means; also whether `until` holds.
    #[expect(clippy::too_many_lines, reason = "the order of its steps is what it is about")]
    ///
    /// `tries` counts the turns of a task that is tried again.
    pub(super) fn judge(
        &self,
        mut names: Names,
        turned: Turned,
        tries: Option<usize>,
    ) -> (Judged, bool) {
        let Turned { result, delegate, no_log, skipped } = turned;
        let mut result = match result {
            Ok(result) => result,
            Err(Failure { answered: true, mut result, .. }) => {
                result.insert("failed", true);
                result.insert("_ansible_windlass_action_failed", true);
                result
            }
            Err(failure) => return (self.failed(failure, delegate, no_log), false),
        };
        if skipped {
            return (Judged { delegate, ..Judged::new(result, Status::Skipped, no_log) }, true);
        }
        let include = Include::take(&mut result);
        if let Some(include) = &include {
            result.extend(include.told.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        self.warn_of_action(&mut result);
        let no_log = no_log || result.remove(HIDDEN).is_some();
        let enlists = result.remove(ENLISTS).is_some();
        if result.get("unreachable").is_some_and(Value::is_true) {
            if !result.contains_key("changed") {
                result.insert("changed", false);
            }
            result.insert("failed", false);
            let judged = Judged::new(result, Status::Unreachable, no_log);
            return (Judged { delegate, ..judged }, true);
        }
        // What somebody types is one line.
        if &*self.task.action != "pause" {
            add_lines(&mut result);
        }
        if let Some(tries) = tries {
            result.insert("attempts", tries);
        }
        let skipped = result.get("skipped").is_some_and(Value::is_true);
        let mut failed = match result.get("failed") {
            Some(value) => value.is_true(),
            None => {
                result.get("rc").is_some_and(|rc| *rc != Value::Int(0) && rc.as_str() != Some("0"))
            }
        };
        let mut changed = result.get("changed").is_some_and(Value::is_true);
        let by_itself = failed;
        // A module that only tells how a command ended does not fail: the controller finds that it did.
        let says_so = failed && result.contains_key("failed");
        let is_module = says_so && !crate::actions::is_action(&self.task.action);
        let kind = if is_module { "Module" } else { "Action" };

        let asking = [Keyword::ChangedWhen, Keyword::FailedWhen, Keyword::Until];
        let is_asked =
            asking.iter().any(|keyword| self.task.own(*keyword).is_some()) || self.notifies();
        if is_asked && let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str)
        {
            let mut registered = result.clone();
            registered.insert("failed", failed);
            registered.insert("changed", changed);
            names.set_local(register, registered.into());
        }
        self.bring_facts(&mut result, is_asked.then_some(&mut names));
        let context = names.world.context(names.search_path());
        let env = Env::new(&names, &context).telling(&self.told);
        if !skipped {
            if self.task.own(Keyword::ChangedWhen).is_some() {
                match self.judge_condition(&env, Keyword::ChangedWhen) {
                    Ok(holds) => changed = holds,
                    Err(failure) => {
                        return (
                            self.failed_after(
                                failure,
                                kind,
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
            if self.task.own(Keyword::FailedWhen).is_some() {
                match self.judge_condition(&env, Keyword::FailedWhen) {
                    Ok(holds) => {
                        failed = holds;
                        result.insert("failed_when_result", holds);
                        if by_itself && !holds && !tells_itself(&self.task.action, &result) {
                            result.insert(
                                "failed_when_suppressed_exception",
                                "(traceback unavailable)",
                            );
                        }
                    }
                    Err(failure) => {
                        result.insert("changed", changed);
                        return (
                            self.failed_after(
                                failure,
                                kind,
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
        // A task that is not tried again is not asked whether it may end.
        if tries.is_some() && self.is_tried_until() {
            let mut names = names.clone();
            if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
                let mut registered = result.clone();
                registered.insert("failed", failed);
                registered.insert("changed", changed);
                names.set_local(register, registered.into());
            }
            let env = Env::new(&names, &context).telling(&self.told);
            match self.judge_condition(&env, Keyword::Until) {
                Ok(holds) => done = holds,
                Err(failure) => return (self.failed(failure, delegate, no_log), true),
            }
        }
        if changed != result.get("changed").is_some_and(Value::is_true)
            || !result.contains_key("changed")
        {
            result.insert("changed", changed);
        }
        let mut causes = Vec::new();
        if failed {
            result.insert("failed", true);
            say_something(&mut result, kind);
            causes = self.why_failed(kind, &result);
            explain(&mut result);
        }
        // The names are let go where nobody asks them any more: nothing of a host's variables is copied then.
        let names = (changed && !failed && self.notifies()).then_some(names);
        if !failed && result.contains_key("exception") {
            explain(&mut result);
        }
        // The next item sees what this one brought, though it failed; behind the loop nothing is left of it.
        if !failed || self.task.looping.is_some() {
            self.apply_facts(&result, delegate.as_ref());
        }
        if !failed {
            result.remove("failed");
        }
        let notify =
            names.map(|names| self.notified(&Env::new(&names, &context).telling(&self.told)));
        let notify = notify.unwrap_or_default();
        let status = match (skipped, failed, changed) {
            (_, true, _) => Status::Failed,
            (true, ..) => Status::Skipped,
            (.., true) => Status::Changed,
            _ => Status::Ok,
        };
        let ran = !result.contains_key("_ansible_windlass_not_begun");
        let judged = Judged::new(result, status, no_log);
        (Judged { enlists, causes, delegate, include, notify, ran, ..judged }, done)
    }

    /// Whether the conditions of one of the task's own keywords hold.
    fn judge_condition(&self, env: &Env<'_>, keyword: Keyword) -> Result<bool, Failure> {
        let said = self.task.level.keywords.get(keyword);
        said.map_or(Ok(true), |said| hold(said, env)).map_err(|(error, place)| {
            let mut failure = Failure::template(&error, "", Some(&place));
            if let Some(cause) = failure.causes.first_mut()
                && error.kind != ErrorKind::Nothing
            {
                cause.span = Some(place);
            }
            failure
        })
    }

    /// The reason that a result gives for its failure.
    fn why_failed(&self, kind: &str, result: &Dict) -> Vec<Cause> {
        let message = match result.get("_ansible_windlass_reason") {
            Some(reason) => reason.to_text(),
            None => result.get("msg").map(Value::to_text).unwrap_or_default(),
        };
        if let Some(cause) = result.get("_ansible_windlass_cause").map(Value::to_text) {
            let outer = message.strip_suffix(&cause).unwrap_or(&message);
            let outer = outer.trim_end_matches(": ").to_owned();
            let span = Some(self.task.span.clone());
            return vec![
                Cause { message: outer, span, ..Cause::default() },
                Cause { message: cause, apart: true, ..Cause::default() },
            ];
        }
        // A module that did not foresee its end says so in its message, too.
        let known = format!("Task failed: {kind} failed: ");
        let message = message.strip_prefix(&known).map(ToOwned::to_owned).unwrap_or(message);
        let kind =
            if result.contains_key("_ansible_windlass_action_failed") { "Action" } else { kind };
        // What the system said stands behind what the module says of it.
        let message = match result.get("exception").and_then(Value::as_str) {
            Some(reason) if reason.starts_with('[') => {
                format!("{}: {reason}", message.trim_end_matches(['.', ' ']))
            }
            _ => message,
        };
        let message = if result.contains_key("_ansible_windlass_plain") {
            // The reference's action looks at the host itself before it starts the module.
            message
        } else if message.is_empty() {
            format!("{kind} failed.")
        } else {
            format!("{kind} failed: {message}")
        };
        let failure = Failure { own_message: true, ..Failure::at(None, message) };
        self.said(failure).1
    }

    /// Returns what a failure says; the task that gathers a play's facts has no place.
    pub(super) fn said(&self, failure: Failure) -> (Dict, Vec<Cause>) {
        let (result, mut causes) = failure.finish(&self.task.span);
        if is_setup(&self.play.play, &self.task) {
            let own = self.task.span.to_string();
            for cause in &mut causes {
                cause.span.take_if(|span| span.to_string() == own);
            }
        }
        (result, causes)
    }

    pub(super) fn failed(
        &self,
        mut failure: Failure,
        delegate: Option<(Arc<str>, Arc<str>)>,
        no_log: bool,
    ) -> Judged {
        let status = if failure.unreachable { Status::Unreachable } else { Status::Failed };
        // A delegate that was not reached has no address to show.
        let delegate = match delegate {
            Some((name, _)) if failure.unreachable => Some((Arc::clone(&name), name)),
            other => other,
        };
        if no_log {
            failure.censor();
        }
        let unasked = failure.unasked;
        let (mut result, causes) = self.said(failure);
        explain(&mut result);
        Judged { unasked, causes, delegate, ..Judged::new(result, status, no_log) }
    }

    /// A condition over a good result could not be evaluated: the result is kept, and failed.
    fn failed_after(
        &self,
        failure: Failure,
        kind: &str,
        mut result: Dict,
        key: &str,
        delegate: Option<(Arc<str>, Arc<str>)>,
        no_log: bool,
    ) -> Judged {
        let why: Vec<&str> = failure.causes.iter().map(|cause| cause.message.as_str()).collect();
        result.insert(key, why.join(": "));
        result.insert("failed", true);
        say_something(&mut result, kind);
        let causes = self.why_failed(kind, &result);
        explain(&mut result);
        Judged { causes, delegate, ran: true, ..Judged::new(result, Status::Failed, no_log) }
    }

    /// Whether a change would notify somebody.
    fn notifies(&self) -> bool {
        self.task.level.keyword(Keyword::Notify).is_some()
    }

    /// Returns whom a change notifies: the nearest `notify` says it, unless it comes to nothing by `omit`. What is no text
    /// is no handler's name.
    fn notified(&self, env: &Env<'_>) -> Vec<Value> {
        for (value, _) in self.task.level.inherited(Keyword::Notify).into_iter().rev() {
            match env.eval(value) {
                Ok(Value::Omit) => (),
                Ok(Value::List(list)) => return list.to_vec(),
                Ok(Value::None) | Err(_) => break,
                Ok(one) => return vec![one],
            }
        }
        Vec::new()
    }
}

/// Whether an action tells a failure in its result, without an exception.
fn tells_itself(action: &str, result: &Dict) -> bool {
    matches!(action, "assert" | "fail" | "raw" | "script")
        || result.contains_key("_ansible_windlass_action_failed")
}

/// A failed result without any message gets one.
pub(super) fn say_something(result: &mut Dict, kind: &str) {
    if !result.contains_key("msg") && !result.contains_key("_ansible_windlass_reason") {
        result.insert("msg", format!("Task failed: {kind} failed: Unknown error."));
    }
}

/// The key under which a failed result tells how its failure came about.
pub(super) fn explain(result: &mut Dict) {
    result.remove("_ansible_windlass_reason");
    result.remove("_ansible_windlass_action_failed");
    result.remove("_ansible_windlass_cause");
    result.remove("_ansible_windlass_plain");
    result.insert("exception", "(traceback unavailable)");
}

/// `stdout_lines` and `stderr_lines` beside their texts.
pub(super) fn add_lines(result: &mut Dict) {
    for (key, lines_key) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        if result.contains_key(lines_key) {
            continue;
        }
        let Some(Value::Str(text)) = result.get(key) else { continue };
        let split = Value::list(lines(text, false).into_iter().map(Value::str));
        result.insert(lines_key, split);
    }
}

/// Says in a result of an action that it is not shown.
pub(crate) const HIDDEN: &str = "_ansible_no_log";
