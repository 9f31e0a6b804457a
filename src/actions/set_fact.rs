//! `set_fact`: variables of a host that last as long as the run.

use super::Action;
use crate::{
    executor::{Call, Failure, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action =
    Action { name: "set_fact", args: &[], open: true, needs_host: false, run };

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let mut facts = Dict::new();
    for (key, value) in &call.args {
        let name = key.to_text();
        if name == "cacheable" {
            continue;
        }
        if !crate::playbook::is_variable_name(&name) {
            let span = call.task.args.get(&name).map(|argument| &argument.span);
            return Err(Failure::at(span, format!("Invalid variable name '{name}'."))
                .help("Variable names must be strings starting with a letter or underscore character, and contain only letters, numbers and underscores.")
                .with("changed", false));
        }
        facts.insert(key.clone(), value.clone());
    }
    if facts.is_empty() {
        return Err(Failure::plain(
            "No key/value pairs provided, at least one is required for this action to succeed",
        ));
    }
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert("ansible_facts", Value::from(facts));
    result.insert("_ansible_facts_cacheable", call.truth("cacheable").unwrap_or(false));
    Ok(Step::Done(result))
}
