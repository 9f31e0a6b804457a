//! `param_list_compare`: the parameters that are wanted.

use super::Filter;
use crate::{template::evaluator::items, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.param_list_compare",
    aliases: &[],
    summary: "Which of a list of parameters are wanted (`all`, `!name`), and which of the wanted are unknown",
    params: &["target"],
    examples: &[
        (
            "{{ ['a','b','c'] | ansible.utils.param_list_compare(['all','!b']) }}",
            "{'actionable': ['a', 'c'], 'unsupported': []}",
        ),
        (
            "{{ ['a','b','c'] | ansible.utils.param_list_compare(['a','x']) }}",
            "{'actionable': ['a'], 'unsupported': ['x']}",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let base = call.items()?;
        let target = items(call.required(0, "target")?)?;
        let is_all = |item: &&Value| item.as_str() == Some("all");
        let (mut actionable, mut unsupported) = (Vec::new(), Vec::new());
        if target.iter().any(|item| is_all(&item)) {
            let is_left_out = |item: &Value| {
                let without = format!("!{}", item.to_text());
                target.iter().any(|wanted| wanted.as_str() == Some(&*without))
            };
            actionable.extend(base.iter().filter(|item| !is_left_out(item)).cloned());
        } else {
            for item in target.iter().filter(|item| !item.to_text().starts_with('!')) {
                let list = if base.contains(item) { &mut actionable } else { &mut unsupported };
                list.push(item.clone());
            }
        }
        Ok(Value::dict([
            ("actionable", Value::from(actionable)),
            ("unsupported", unsupported.into()),
        ]))
    },
};
