//! `set_fact`: variables of a host that last as long as the run.

use super::{Action, convert::convert};
use crate::{
    executor::{Call, Failure, OWN_FACTS, SEALED_FACTS, Step, invalid_name},
    value::{Dict, Origin, Value},
};

pub(super) static UNIT: Action = Action {
    name: "set_fact",
    spec: Some(manual! {
        /// Sets variables of the host that hold for the rest of the run
        ///
        /// Each argument is a variable. They stand above nearly everything but extra variables.
        ///
        /// # Examples
        /// ```yaml
        /// - name: Work out once where the release goes
        ///   ansible.builtin.set_fact:
        ///     release_dir: /srv/app/releases/{{ app_version }}
        ///     is_first: "{{ groups['app'][0] == inventory_hostname }}"
        ///
        /// - name: Remember something for the next runs
        ///   ansible.builtin.set_fact:
        ///     installed_version: "{{ app_version }}"
        ///     cacheable: true
        /// ```
        {
            /// Whether they are facts that a cache of facts keeps, too
            cacheable: bool = "false",
        }
    }),
    open: true,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let (mut facts, mut sealed, mut own) = (Dict::new(), Dict::new(), Vec::new());
    for (key, value) in &call.args {
        if key.as_str() == Some("cacheable") {
            continue;
        }
        if !key.as_str().is_some_and(crate::value::is_variable_name) {
            let written = call.task.args.entries.iter().find(|argument| {
                *argument.name == *key.to_text() || crate::value::Template::is_in(&argument.name)
            });
            return Err(invalid_name(key, written.map(|argument| &argument.span)));
        }
        let written = key.as_str().and_then(|name| call.task.args.get(name));
        if written.is_some_and(|argument| call.env.is_operators_own(&argument.value)) {
            own.push(key.clone());
        }
        if let Some(kept) = written.and_then(|argument| call.env.sealed(&argument.value, value)) {
            sealed.insert(key.clone(), kept);
        }
        let origin = written.and_then(|argument| {
            call.env.origin_of(&argument.value, Some(Origin::from(&argument.place)))
        });
        facts.insert_from(key.clone(), value.clone(), origin);
    }
    if facts.is_empty() {
        return Err(Failure::plain(
            "No key/value pairs provided, at least one is required for this action to succeed",
        ));
    }
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert("ansible_facts", Value::from(facts));
    result.insert(OWN_FACTS, own);
    if !sealed.is_empty() {
        result.insert(SEALED_FACTS, sealed);
    }
    let keeps = call.args.get("cacheable").map(|keeps| match keeps {
        Value::None => convert(&Value::str("None"), "bool"),
        keeps => convert(keeps, "bool"),
    });
    let keeps = keeps.transpose().map_err(|why| Failure::at(None, why).with("changed", false))?;
    result.insert("_ansible_facts_cacheable", keeps.is_some_and(|keeps| keeps.is_true()));
    Ok(Step::Done(result))
}
