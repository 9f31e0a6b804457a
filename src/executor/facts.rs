//! Facts that a result brings: to the conditions of its task, and to its host.

use std::sync::Arc;

use super::{Run, task::Prepared};
use crate::{
    diagnostic::Span,
    output::Event,
    playbook::Keyword,
    value::{Dict, Value},
    vars::{HostData, Names, World, is_restricted, tells_interpreter},
};

impl Prepared {
    /// Makes a result's facts known to those who judge it; warns of those that are no variables.
    pub(super) fn bring_facts(&self, result: &mut Dict, names: Option<&mut Names>) {
        let Some(Value::Dict(facts)) = result.get("ansible_facts") else { return };
        if shows_only(&self.task.action) {
            return;
        }
        let is_own = matches!(&*self.task.action, "set_fact" | "include_vars");
        let mut facts = Arc::clone(facts);
        if !is_own && facts.keys().filter_map(Value::as_str).any(tells_interpreter) {
            let known =
                facts.iter().filter(|(key, _)| !key.as_str().is_some_and(tells_interpreter));
            facts = Arc::new(known.map(|(key, value)| (key.clone(), value.clone())).collect());
            result.insert("ansible_facts", Value::Dict(Arc::clone(&facts)));
        }
        let is_injected = is_own || self.run.settings.inject_facts_as_vars.value;
        if !is_injected {
            return;
        }
        if !is_own {
            self.warn_of_restricted(&facts);
        }
        let Some(names) = names else { return };
        for (key, value) in facts.iter() {
            if let Some(name) = key.as_str().filter(|name| is_own || !is_restricted(name)) {
                names.set_local(name, value.clone());
            }
        }
    }

    fn warn_of_restricted(&self, facts: &Dict) {
        for name in facts.keys().filter_map(Value::as_str).filter(|name| is_restricted(name)) {
            self.warn(restricted(name));
        }
    }

    /// Facts that a result brings belong to the host, or to the one that did the task where the playbook says so.
    pub(super) fn apply_facts(&self, result: &Dict, delegate: Option<&(Arc<str>, Arc<str>)>) {
        let Some(Value::Dict(facts)) = result.get("ansible_facts") else { return };
        if shows_only(&self.task.action) {
            return;
        }
        let host = self.delegated(delegate).unwrap_or_else(|| Arc::clone(&self.host));
        if &*self.task.action == "set_fact" {
            for name in facts.keys().filter_map(Value::as_str) {
                let written = self.task.args.get(name).map(|argument| &argument.span);
                self.tell_reserved(name, written.unwrap_or(&self.task.action_span));
            }
        }
        add_facts(&self.run.world, &self.task.action, &host, result);
        if result.get("_ansible_facts_cacheable").is_some_and(Value::is_true) {
            self.run.world.add_facts(&host, facts, None);
        }
    }

    /// Warns of a variable whose name the language keeps for itself.
    pub(super) fn tell_reserved(&self, name: &str, span: &Span) {
        if let Some(told) = super::told::reserved(name, span) {
            self.run.printer.event(&Event::Told(told));
        }
    }

    /// The host that did the task, where its facts are that host's.
    pub(super) fn delegated(
        &self,
        delegate: Option<&(Arc<str>, Arc<str>)>,
    ) -> Option<Arc<HostData>> {
        let wanted = self.task.level.keyword(Keyword::DelegateFacts);
        let (name, _) = delegate.filter(|_| wanted.is_some_and(|(value, _)| value.says_yes()))?;
        self.run.world.host(name)
    }
}

impl Run {
    /// Warns of what a host's facts say without being variables.
    pub(super) fn warn_of_restricted(&self, host: &HostData) {
        if !self.settings.inject_facts_as_vars.value {
            return;
        }
        for name in HostData::get(&host.facts).restricted() {
            self.printer.event(&Event::Warning(restricted(name)));
        }
    }
}

/// What is said of a fact that is no variable.
fn restricted(name: &str) -> String {
    format!("Removed restricted key from module data: {name}")
}

/// Whether an action shows variables under their names, which may be that of facts.
fn shows_only(action: &str) -> bool {
    action == "debug"
}

/// Names those of a result's facts that are the operator's own words.
pub(crate) const OWN_FACTS: &str = "_ansible_own_facts";

/// Holds those of a result's facts of which something stands encrypted in a file, as it stands there.
pub(crate) const SEALED_FACTS: &str = "_ansible_sealed_facts";

/// Adds the facts that an action brought to a host's: as variables, or as facts.
pub(super) fn add_facts(world: &World, action: &str, host: &HostData, result: &Dict) {
    let Some(Value::Dict(facts)) = result.get("ansible_facts") else { return };
    match action {
        "set_fact" => set_facts(host, result),
        "include_vars" => HostData::set_all(&host.included, by_name(facts)),
        action if shows_only(action) => {}
        _ => world.add_facts(host, facts, Some(action)),
    }
}

/// Sets the variables that a result of `set_fact` holds.
pub(super) fn set_facts(host: &HostData, result: &Dict) {
    let Some(Value::Dict(facts)) = result.get("ansible_facts") else { return };
    let own = result.get(OWN_FACTS).and_then(Value::as_list);
    let mut facts = by_name(facts);
    if let Some(Value::Dict(sealed)) = result.get(SEALED_FACTS) {
        for (name, value) in sealed.iter() {
            facts.insert(name.clone(), value.clone());
        }
    }
    host.assign_all(facts, |name| own.is_some_and(|own| own.contains(name)));
}

/// Facts with texts for their names.
fn by_name(facts: &Dict) -> Dict {
    let mut named = Dict::with_capacity(facts.len());
    for (key, value) in facts {
        let name = if key.as_str().is_some() { key.clone() } else { key.to_text().into() };
        named.insert_from(name, value.clone(), facts.origin(key).cloned());
    }
    named
}
