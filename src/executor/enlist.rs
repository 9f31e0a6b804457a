//! What `add_host` and `group_by` ask for: done when their task ended well, all of its items together.

use std::sync::{Arc, PoisonError};

use super::{
    judge::Judged,
    looping::Item,
    task::{Prepared, hold},
};
use crate::{
    diagnostic::Diagnostic,
    inventory::{LoopError, ODD_NAMES, is_plain_name},
    output::{Event, Status},
    playbook::Keyword,
    settings::GroupNames,
    template::Env,
    value::{Dict, Value},
    vars::Names,
};

/// Says in a result of an action that it asks for a change of the inventory: others may have keys of the same names.
pub(crate) const ENLISTS: &str = "_ansible_windlass_enlists";

impl Prepared {
    /// Changes the inventory as a result asks for, which then says whether that was a change.
    pub(super) fn enlist(&self, judged: &mut Judged, item: Option<&Item>) {
        let changed = match self.apply(&judged.result) {
            Ok(changed) => changed,
            Err(error) => {
                let told = Diagnostic::maybe_at(Some(&self.task.span), error.to_string());
                return self.turn.halt(self.slot, told);
            }
        };
        judged.result.insert("changed", changed);
        let mut names = item.map_or_else(|| self.names().acting(), |item| self.item_names(item));
        if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
            names.set_local(register, judged.result.clone().into());
        }
        self.judge_again(judged, &names);
        let changed = judged.result.get("changed").is_some_and(Value::is_true);
        judged.status = if changed { Status::Changed } else { Status::Ok };
    }

    /// Returns whether the inventory has changed.
    fn apply(&self, result: &Dict) -> Result<bool, LoopError> {
        let changed = match result.get("add_host").and_then(Value::as_dict) {
            Some(host) => Ok(self.add_host(host)),
            None => {
                let group = result.get("add_group").map(Value::to_text).unwrap_or_default();
                self.add_group(&group, result.get("parent_groups"))
            }
        };
        self.run.world.inventory_changed();
        self.warn_of_twins();
        changed
    }

    fn add_host(&self, host: &Dict) -> bool {
        let name = host.get("host_name").map(Value::to_text).unwrap_or_default();
        let groups = texts(host.get("groups"));
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let text = format!("creating host via 'add_host': hostname={name}");
        self.turn.event(self.slot, Event::Verbose { level: 2, host: None, text });
        self.warn_of_names(groups.iter().copied());
        let vars = host.get("host_vars").and_then(Value::as_dict).cloned().unwrap_or_default();
        let mut inventory =
            self.run.world.inventory.write().unwrap_or_else(PoisonError::into_inner);
        let (_, changed) = inventory.add_host(&name, &groups, &vars);
        drop(inventory);
        if changed {
            self.play.add_host(&name);
        }
        changed
    }

    fn add_group(&self, name: &str, parents: Option<&Value>) -> Result<bool, LoopError> {
        let parents = texts(parents);
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        self.warn_of_names(std::iter::once(name).chain(parents.iter().copied()));
        let mut inventory =
            self.run.world.inventory.write().unwrap_or_else(PoisonError::into_inner);
        inventory.add_group(name, &parents, self.host.id)
    }

    /// Warns of groups whose names are no variables', as sources do.
    fn warn_of_names<'n>(&self, mut groups: impl Iterator<Item = &'n str>) {
        let mode = self.run.settings.force_valid_group_names.value;
        if mode == GroupNames::Never && !groups.all(is_plain_name) {
            self.turn.event(self.slot, Event::Warning(ODD_NAMES.to_owned()));
        }
    }

    fn warn_of_twins(&self) {
        let names: Vec<Arc<str>> = {
            let inventory = self.run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
            inventory.twins().cloned().collect()
        };
        for name in names {
            let text = format!("Found both group and host with same name: {name}");
            self.turn.event(self.slot, Event::Warning(text));
        }
    }

    /// Asks the task's own conditions once more, now that it is known whether the inventory has changed. One that fails
    /// stands in the result alone: the task has ended well.
    fn judge_again(&self, judged: &mut Judged, names: &Names) {
        let context = names.world.context(names.search_path());
        let env = Env::new(names, &context).telling(&self.told);
        for (keyword, keys) in [
            (Keyword::ChangedWhen, &["changed"][..]),
            (Keyword::FailedWhen, &["failed", "failed_when_result"]),
        ] {
            let Some(said) = self.task.level.keywords.get(keyword) else { continue };
            let Ok(holds) = hold(said, &env) else { continue };
            for key in keys {
                judged.result.insert(*key, holds);
            }
        }
    }
}

fn texts(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_list)
        .into_iter()
        .flat_map(|list| list.iter())
        .map(Value::to_text)
        .collect()
}
