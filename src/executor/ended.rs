//! What a task leaves behind: its events, the registered variable, the sum of a loop.

use std::sync::Arc;

use super::{include::Include, items::Ended, judge::Judged, order, task::Prepared, told};
use crate::{
    actions,
    output::{Event, ResultEvent, Status},
    playbook::Keyword,
    template::Env,
    value::{Dict, Value},
    vars::Names,
};

impl Prepared {
    /// The result of a loop as a whole.
    pub(super) fn sum_up(&self, items: Vec<Judged>) -> Ended {
        let all_skipped = items.iter().all(|item| item.is_skipped);
        let says =
            |key: &str| items.iter().any(|item| item.result.get(key).is_some_and(Value::is_true));
        let changed = says("changed");
        let unreachable = items.iter().any(|item| item.status == Status::Unreachable);
        let no_log = items.iter().any(|item| item.no_log)
            || items.is_empty() && self.run.hides_as_written(&self.task);
        let mut result = Dict::new();
        // What items were warned of is the whole loop's.
        let mut warned = Dict::new();
        let results = items.iter().map(|item| {
            let mut result = item.registered(self.shape());
            if item.include.is_some() {
                result.remove("changed");
            }
            for key in told::KEYS {
                if let Some(Value::List(more)) = result.remove(key) {
                    told::add(&mut warned, key, more.iter().cloned());
                }
            }
            result.into()
        });
        result.insert("results", Value::list(results.collect::<Vec<Value>>()));
        let own = sum_of_own(&items);
        let (status, message) = outcome(&items, changed);
        // The order of the keys is the reference's: a change is told early, its absence last.
        if items.is_empty() {
            result.insert("changed", changed);
            result.insert("skipped", true);
            result.insert("skipped_reason", "No items in the list");
        } else {
            result.insert("skipped", all_skipped);
        }
        if changed && status != Status::Unreachable {
            result.insert("changed", true);
        }
        if unreachable {
            result.insert("unreachable", true);
        }
        match status {
            Status::Failed => result.insert("failed", true),
            // Items that changed the inventory may say so, though they ended well.
            _ if says("failed") => result.insert("failed", true),
            _ => None,
        };
        if let Some(message) = message {
            result.insert("msg", message);
            result.insert("changed", changed);
        }
        for (key, list) in &warned {
            result.insert(key.clone(), list.clone());
        }
        let is_well = !matches!(status, Status::Failed | Status::Unreachable);
        let notify = items.iter().filter(|_| is_well).flat_map(|item| item.notify.clone());
        let notify: Vec<Value> = notify.collect();
        let delegate = match status {
            Status::Unreachable => self.delegate_written(),
            Status::Failed if &*self.task.action == "debug" => self.delegate_written(),
            _ => items.last().and_then(|item| item.delegate.clone()),
        };
        let unasked = items.last().is_some_and(|item| item.unasked);
        // A loop is ignored where each item that went wrong is.
        let mut wrong = items.iter().filter(|item| item.status == status && item.is_bad());
        let ignored = wrong.clone().next().map(|_| wrong.all(|item| item.ignored == Some(true)));
        let items_told = items.iter().flat_map(|item| item.told.iter().cloned()).collect();
        let includes: Vec<Include> = items.into_iter().filter_map(|item| item.include).collect();
        let judged = Judged {
            notify,
            delegate,
            unasked,
            ignored,
            told: items_told,
            own,
            ..Judged::new(result, status, no_log)
        };
        let event = self.event(&judged, None, self.is_summary(&judged.result));
        self.tell_notified(&judged.notify);
        let ignored = event.ignored;
        if includes.is_empty() || status == Status::Failed {
            self.turn.event(self.slot, Event::Result(Box::new(event)));
        }
        let mut ended = self.end(judged, ignored);
        ended.includes = includes;
        ended
    }

    /// Whether a loop's result only sums up what was shown. A loop that is written as nothing is none for what shows
    /// results, though it has an item.
    fn is_summary(&self, result: &Dict) -> bool {
        let looping = self.task.looping.as_ref();
        let is_nothing = looping.is_some_and(|it| !it.items.is_lazy() && !it.items.is_true());
        result.get("skipped_reason").is_none() && !is_nothing
    }

    /// Whether the task says that a failure, or a host that is out of reach, is to be ignored.
    pub(super) fn ignores(&self, judged: &Judged, names: &Names) -> bool {
        let keyword = match judged.status {
            Status::Unreachable => Keyword::IgnoreUnreachable,
            Status::Failed => Keyword::IgnoreErrors,
            _ => return false,
        };
        let context = names.world.context(names.search_path());
        let env = Env::new(names, &context);
        let written = self.task.level.keyword(keyword);
        let is_text = || written.is_some_and(|(value, _)| value.is_lazy());
        // As an expression that cannot be evaluated it is a text, which is true.
        (judged.unasked && is_text())
            || !self.keyword_truth(&env, keyword).is_ok_and(|ignored| ignored != Some(true))
    }

    pub(super) fn event(
        &self,
        judged: &Judged,
        item: Option<String>,
        is_loop_summary: bool,
    ) -> ResultEvent {
        let ignored = judged.ignored.unwrap_or_else(|| self.ignores(judged, &self.names()));
        // The loop alone is unreachable.
        let status = match judged.status {
            Status::Unreachable if item.is_some() => Status::Failed,
            status => status,
        };
        let mut shown = judged.result.clone();
        shown.remove("failed");
        ResultEvent {
            task: Arc::clone(&self.start),
            host: Arc::clone(&self.host.name),
            delegate: judged.delegate.clone(),
            status,
            result: Arc::new(shown),
            item,
            is_loop_summary,
            diffing: self.run.options.diff
                || self
                    .task
                    .level
                    .keyword(Keyword::Diff)
                    .is_some_and(|(value, _)| value.says_yes())
                || self.task.looping.is_none() && actions::shows_diff(&self.task.action),
            ignored,
            no_log: judged.no_log,
            causes: judged.causes.clone(),
            told: judged.told.clone(),
        }
    }

    pub(super) fn show(&self, event: ResultEvent) {
        if event.diffing
            && !event.no_log
            && let Some(diff) = event.result.get("diff")
        {
            let changed = event.result.get("changed").is_some_and(Value::is_true);
            let of = event.item.is_none().then(|| Box::new(event.clone()));
            let task = Arc::clone(&event.task);
            self.turn.event(self.slot, Event::Diff { task, diff: diff.clone(), changed, of });
        }
        self.turn.event(self.slot, Event::Result(Box::new(event)));
    }

    /// What the task leaves behind: the registered variable, notified handlers.
    pub(super) fn end(&self, judged: Judged, ignored: bool) -> Ended {
        if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
            let mut registered =
                judged.registered(self.task.looping.is_none().then(|| self.shape()).flatten());
            registered.remove("invocation");
            self.host.assign(register, registered.into(), judged.own.clone());
        }
        let Judged { mut result, status, include, notify, delegate, .. } = judged;
        let others = self.delegated(delegate.as_ref()).filter(|_| &*self.task.action == "set_fact");
        let changed = result.get("changed").is_some_and(Value::is_true);
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
            others,
        }
    }
}

/// What of a loop's result are the operator's own words: the items, where they are.
fn sum_of_own(items: &[Judged]) -> Value {
    if !items.iter().any(|item| item.own.is_true()) {
        return Value::None;
    }
    let results = Value::list(items.iter().map(|item| item.own.clone()));
    Dict::from_iter([(Value::str("results"), results)]).into()
}

/// What becomes of a loop, and what its result says of that.
fn outcome(items: &[Judged], changed: bool) -> (Status, Option<&'static str>) {
    let any = |status: Status| items.iter().any(|item| item.status == status);
    let all_skipped = items.iter().all(|item| item.is_skipped);
    if items.is_empty() {
        (Status::Skipped, None)
    } else if any(Status::Failed) && !all_skipped {
        (Status::Failed, Some("One or more items failed"))
    } else if any(Status::Failed) {
        (Status::Failed, Some("All items skipped"))
    } else if any(Status::Unreachable) {
        (Status::Unreachable, Some("All items completed"))
    } else if all_skipped {
        (Status::Skipped, Some("All items skipped"))
    } else {
        (if changed { Status::Changed } else { Status::Ok }, Some("All items completed"))
    }
}

impl Prepared {
    /// Whose keys are known in their order: those of our own modules and actions.
    pub(super) fn shape(&self) -> Option<&str> {
        self.task.foreign.is_none().then_some(&*self.task.action)
    }
}

impl Judged {
    /// The result as a variable: without what only the output asks for, its keys in the order of an action's.
    pub(super) fn registered(&self, action: Option<&str>) -> Dict {
        let mut registered: Dict = self
            .result
            .iter()
            .filter(|(key, _)| key.as_str().is_none_or(|key| !key.starts_with("_ansible_")))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if self.status == Status::Failed {
            registered.insert("failed", true);
        } else if self.ran && self.include.is_none() && !registered.contains_key("failed") {
            registered.insert("failed", false);
        }
        match action {
            Some(action) => order::sorted(action, registered),
            None => registered,
        }
    }
}
