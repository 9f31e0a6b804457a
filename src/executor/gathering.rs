//! Facts from other modules than `setup`: each is a task in the place of the one that gathers.

use futures::future::join_all;

use super::{
    Call, Failure, Step, WARNED,
    acting::{Doing, NO_TRACEBACK},
    arguments::module_defaults,
    judge::add_lines,
    task::{Finish, Prepared},
    told,
};
use crate::{
    diagnostic::Span,
    output::Cause,
    playbook::Keyword,
    settings,
    template::filters::merged,
    value::{Dict, Value},
};

/// Arguments that only `setup` is given, with the words that say so.
const OF_SETUP: [(&str, &str); 3] =
    [("gather_subset", "subset"), ("gather_timeout", "timeout"), ("filter", "filter")];

/// Returns the module that gathers facts of a kind of network device.
pub(crate) fn facts_module(device: &Value) -> Option<String> {
    let (known, _) = settings::of_process().get("CONNECTION_FACTS_MODULES")?;
    known.as_dict()?.get_value(device).map(Value::to_text)
}

/// Whether a module knows the arguments that are meant for `setup`, its time limit among them.
fn keeps_time(module: &str) -> bool {
    crate::actions::short_name(module) == "setup"
}

/// What the modules gave together.
#[derive(Default)]
struct Gathered {
    facts: Dict,
    failed: Dict,
    skipped: Dict,
    n_modules: usize,
    warned: Vec<Value>,
    told: Dict,
}

impl Call<'_> {
    /// Gathers facts by these modules, all at once or one after the other.
    pub fn gather(&self, modules: &[String], at_once: bool) -> Result<Step, Failure> {
        let doing = self.doing();
        let mut gathered = Gathered { n_modules: modules.len(), ..Gathered::default() };
        let mut tasks = Vec::with_capacity(modules.len());
        // Only what runs beside others has a limit.
        let limit = self.args.get("gather_timeout").filter(|_| at_once);
        let limit = limit.and_then(|limit| limit.to_text().trim().parse::<i64>().ok());
        for module in modules {
            let args = self.args_of(module, &mut gathered.warned);
            let Some((name, foreign)) = doing.outer.module(module) else {
                let message =
                    format!("The module {module} was not found in configured module paths");
                let warned = Value::list(gathered.warned);
                return Err(Failure::at(None, message).with(told::KEYS[0], warned));
            };
            let limit = limit.filter(|limit| *limit > 0 && !keeps_time(module));
            let within = limit.map(|limit| (Keyword::Timeout, Value::Int(limit)));
            let task = doing.task(name, foreign, within, false);
            let mut given = module_defaults(&task, self.env, self.run, &self.play.play)?;
            given.extend(args);
            let mut task = doing.outer.in_its_place(task, Some(given));
            if at_once {
                task.lane = beside(task.lane, tasks.len());
            }
            tasks.push((module.clone(), task, limit.is_some()));
        }
        Ok(Step::Wait(Box::pin(async move {
            for (module, result) in all(&doing, tasks, at_once).await? {
                gathered.add(&module, result);
            }
            gathered.result(&doing.outer.task.span)
        })))
    }

    /// Returns what `module_defaults` say for a module that this task stands for.
    pub fn defaults_of(&self, module: &str) -> Result<Dict, Failure> {
        let task = self.doing().task(module.into(), None, None, false);
        module_defaults(&task, self.env, self.run, &self.play.play)
    }

    /// Returns what becomes of the one module's result.
    pub fn gathered_by(&self, module: &'static str) -> Finish {
        let span = self.task.span.clone();
        Box::new(move |mut result| {
            if !result.get("failed").is_some_and(Value::is_true) {
                result.insert("_ansible_verbose_override", true);
                return Ok(result);
            }
            let mut gathered = Gathered { n_modules: 1, ..Gathered::default() };
            gathered.add(module, result);
            gathered.result(&span)
        })
    }

    fn args_of(&self, module: &str, warned: &mut Vec<Value>) -> Vec<(Value, Value)> {
        let mut args = self.args.clone();
        args.remove("parallel");
        if !keeps_time(module) {
            for (name, shown) in OF_SETUP {
                if let Some(value) = args.remove(name).filter(Value::is_true) {
                    let value = value.to_text();
                    warned.push(format!("Not passing {shown}({value}) to {module}").into());
                }
            }
        }
        let given = args.iter().filter(|(_, value)| !matches!(value, Value::None));
        given.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// Returns the lane of a module that runs beside others: no host has a number that is so high.
fn beside(lane: u32, position: usize) -> u32 {
    lane | u32::try_from(position + 1).unwrap_or(0) << 24
}

/// Does the modules' tasks; what keeps one from its host ends all.
async fn all(
    doing: &Doing,
    tasks: Vec<(String, Prepared, bool)>,
    at_once: bool,
) -> Result<Vec<(String, Dict)>, Failure> {
    let one = async |(module, task, is_limited): (String, Prepared, bool)| {
        let result = match doing.one(task).await {
            Err(failure) if is_limited && failure.result.contains_key("timedout") => over(),
            result => result?,
        };
        Ok((module, result))
    };
    if at_once {
        return join_all(tasks.into_iter().map(one)).await.into_iter().collect();
    }
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(one(task).await?);
    }
    Ok(results)
}

/// The result of a module whose time is over.
fn over() -> Dict {
    let mut result = Dict::new();
    result.insert("failed", true);
    result.insert("finished", true);
    result.insert("msg", "Timeout exceeded");
    result
}

impl Gathered {
    fn add(&mut self, module: &str, mut result: Dict) {
        let says = |name: &str| result.get(name).is_some_and(Value::is_true);
        let (failed, skipped) = (says("failed"), says("skipped"));
        for key in told::KEYS {
            let told = result.remove(key);
            if let Some(told) = told.as_ref().and_then(Value::as_list) {
                told::add(&mut self.told, key, told.iter().cloned());
            }
        }
        if failed || skipped {
            add_lines(&mut result);
            result.remove("changed");
            if failed {
                result.insert("exception", NO_TRACEBACK);
            }
            let kept = if failed { &mut self.failed } else { &mut self.skipped };
            kept.insert(module, result);
        } else if let Some(Value::Dict(facts)) = result.get("ansible_facts") {
            self.facts = merged(&self.facts, facts, true, "append_rp");
        }
    }

    fn result(self, task: &Span) -> Result<Dict, Failure> {
        let names = |of: &Dict| of.keys().map(Value::to_text).collect::<Vec<_>>().join(", ");
        let mut result = self.told;
        result.insert("ansible_facts", self.facts);
        result.insert("changed", false);
        result.insert("_ansible_verbose_override", true);
        if !self.warned.is_empty() {
            result.insert(WARNED, Value::list(self.warned));
        }
        if !self.skipped.is_empty() {
            let names = names(&self.skipped);
            result.insert("msg", format!("The following modules were skipped: {names}."));
            if self.skipped.len() == self.n_modules {
                result.insert("skipped", true);
            }
            result.insert("skipped_modules", self.skipped);
        }
        if self.failed.is_empty() {
            return Ok(result);
        }
        let message = format!("The following modules failed to execute: {}.", names(&self.failed));
        let message_of = |result: &Value| result.get("msg").map(Value::to_text).unwrap_or_default();
        let below = self.failed.values().map(message_of).collect();
        let mut failure = Failure::at(Some(task), "Action failed");
        failure.causes.push(Cause { message: message.clone(), below, ..Cause::default() });
        failure.apart = true;
        result.insert("msg", message);
        result.insert("failed_modules", self.failed);
        result.remove("_ansible_verbose_override");
        Err(Failure { result, ..failure })
    }
}
