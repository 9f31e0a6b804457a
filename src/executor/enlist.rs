//! What `add_host` and `group_by` ask for: done when their task ended well, all of its items together.

use std::sync::{Arc, PoisonError};

use super::{judge::Judged, looping::Item, task::Prepared};
use crate::{
    diagnostic::Diagnostic,
    inventory::LoopError,
    output::{Event, Status},
    playbook::Keyword,
    template::Env,
    value::{Dict, Template, Value},
    vars::Names,
};

impl Prepared {
    /// Whether the action changes the inventory, as far as that is known before its items.
    pub(super) fn may_enlist(&self) -> bool {
        let action = &*self.start.action;
        matches!(action, "add_host" | "group_by") || Template::is_in(action)
    }

    /// Changes the inventory as a result asks for, which then says whether that was a change.
    pub(super) fn enlist(&self, judged: &mut Judged, item: Option<&Item>) {
        if !self.may_enlist() {
            return;
        }
        let mut names = item.map_or_else(|| self.names().acting(), |item| self.item_names(item));
        let Some(changed) = self.apply(&names, &judged.result) else { return };
        let changed = match changed {
            Ok(changed) => changed,
            Err(error) => {
                let told = Diagnostic::maybe_at(Some(&self.task.span), error.to_string());
                return self.turn.halt(self.slot, told);
            }
        };
        judged.result.insert("changed", changed);
        if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
            names.set_local(register, judged.result.clone().into());
        }
        self.judge_again(judged, &names);
        let changed = judged.result.get("changed").is_some_and(Value::is_true);
        judged.status = if changed { Status::Changed } else { Status::Ok };
    }

    /// Returns whether the inventory has changed; nothing where the result asks for nothing.
    fn apply(&self, names: &Names, result: &Dict) -> Option<Result<bool, LoopError>> {
        let context = names.world.context(names.search_path());
        let evaluated = crate::actions::evaluated_name(&self.task, &Env::new(names, &context));
        let evaluated = evaluated.ok().flatten();
        // Keys of these names in the result of another action are what it shows, not what it wants.
        let changed = match evaluated.as_deref().unwrap_or(&self.task.action) {
            "add_host" => Ok(self.add_host(result.get("add_host")?.as_dict()?)),
            "group_by" => {
                let name = result.get("add_group")?.to_text();
                self.add_group(&name, result.get("parent_groups"))
            }
            _ => return None,
        };
        self.run.world.inventory_changed();
        self.warn_of_twins();
        Some(changed)
    }

    fn add_host(&self, host: &Dict) -> bool {
        let name = host.get("host_name").map(Value::to_text).unwrap_or_default();
        let groups = texts(host.get("groups"));
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let vars = host.get("host_vars").and_then(Value::as_dict).cloned().unwrap_or_default();
        let mut inventory =
            self.run.world.inventory.write().unwrap_or_else(PoisonError::into_inner);
        let (_, changed) = inventory.add_host(&name, &groups, &vars);
        drop(inventory);
        self.play.add_host(&name);
        changed
    }

    fn add_group(&self, name: &str, parents: Option<&Value>) -> Result<bool, LoopError> {
        let parents = texts(parents);
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        let mut inventory =
            self.run.world.inventory.write().unwrap_or_else(PoisonError::into_inner);
        inventory.add_group(name, &parents, self.host.id)
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
            let Some(value) = self.task.own(keyword) else { continue };
            let Ok(holds) = env.condition_at(value, self.task.own_span(keyword)) else { continue };
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
