//! `unique`: each item once.

use super::Filter;
use crate::template::sequence::{attribute, folded};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "unique",
    aliases: &[],
    summary: "Each item once",
    params: &["case_sensitive", "attribute"],
    examples: &[
        (
            "{{ [1, 2, 1, 3] | unique }} {{ ['a', 'A', 'b'] | unique }} {{ [{'a': 1, 'b': 1}, {'a': 1, 'b': 2}] | unique(attribute='a') }}",
            "[1, 2, 3] ['a', 'b'] [{'a': 1, 'b': 1}]",
        ),
        ("{{ [[1], [1], [2]] | unique }}", "[[1], [2]]"),
    ],
    takes_undefined: false,
    call: |call| {
        let case_sensitive = call.flag(0, false);
        let path = call.some(1).cloned();
        let mut seen: std::collections::HashSet<Value> = std::collections::HashSet::new();
        let mut unique = Vec::new();
        for item in call.items()?.iter() {
            let key = match &path {
                Some(path) => match attribute(call.eval, item, path, None)? {
                    Value::Undefined(undefined) => {
                        let why = &undefined.message;
                        return Err(format!("Jinja2's unique filter failed and we cannot fall back to Ansible's version as it does not support the parameters supplied: {why}").into());
                    }
                    key => key,
                },
                None => item.clone(),
            };
            // What Python cannot hash is told apart only where nothing says how.
            let is_plain = !matches!(key, Value::Dict(_) | Value::List(_));
            let insensitive = call.some(0).is_some_and(|value| !value.is_true());
            if !is_plain && (insensitive || path.is_some()) {
                let kind = if matches!(key, Value::Dict(_)) { "Dict" } else { "List" };
                return Err(format!("Jinja2's unique filter failed and we cannot fall back to Ansible's version as it does not support the parameters supplied: unhashable type: '_AnsibleLazyTemplate{kind}'").into());
            }
            if seen.insert(folded(&key, case_sensitive)) {
                unique.push(item.clone());
            }
        }
        Ok(unique.into())
    },
};
