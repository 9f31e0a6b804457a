//! `group_by`: groups made of what is known about hosts. The executor makes them once the task ended well.

use super::Action;
use crate::{
    executor::{Call, ENLISTS, Failure, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "group_by",
    spec: Some(manual! {
        /// Puts hosts into groups that are named by their facts, for the plays that come after
        ///
        /// # Examples
        /// ```yaml
        /// - name: Divide the hosts by what they run
        ///   ansible.builtin.group_by:
        ///     key: os_{{ ansible_facts.distribution | lower }}
        ///
        /// - name: Divide the virtual ones by their hypervisor
        ///   ansible.builtin.group_by:
        ///     key: virtual_{{ ansible_facts.virtualization_type }}
        ///     parents: virtual
        ///   when: ansible_facts.virtualization_role == 'guest'
        /// ```
        {
            /// Name of the group; blanks become hyphens
            key: String,
            /// Groups that the group belongs to
            parents: Vec<String> = "all",
        }
    }),
    open: false,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let Some(key) = call.text("key") else {
        return Err(Failure::action("the 'key' param is required when using group_by"));
    };
    let group = key.replace(' ', "-");
    let parents: Vec<String> = match call.args.get("parents") {
        None | Some(Value::None) => vec!["all".to_owned()],
        Some(Value::List(list)) => {
            list.iter().map(|name| name.to_text().replace(' ', "-")).collect()
        }
        Some(one) => vec![one.to_text().replace(' ', "-")],
    };
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert("add_group", group);
    result.insert("parent_groups", Value::list(parents.into_iter().map(Value::from)));
    result.insert(ENLISTS, true);
    Ok(Step::Done(result))
}
