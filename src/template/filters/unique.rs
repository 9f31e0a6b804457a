//! `unique`: each item once.

use super::{Filter, Refusal};
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
        let insensitive = call.some(0).is_some_and(|value| !value.is_true());
        let says_how = insensitive || path.is_some();
        let items = call.items().map_err(|refusal| match refusal {
            Refusal::Message(why) if says_how => no_other_way(&why),
            other => other,
        })?;
        for item in items.iter() {
            let key = match &path {
                Some(path) => match attribute(call.eval, item, path, None)? {
                    Value::Undefined(undefined) => {
                        return Err(no_other_way(&undefined.message));
                    }
                    key => key,
                },
                None => item.clone(),
            };
            // What Python cannot hash is told apart only where nothing says how.
            if let Some(found) = key.unhashable()
                && says_how
            {
                let kind = if found == "dict" { "Dict" } else { "List" };
                return Err(no_other_way(&format!(
                    "unhashable type: '_AnsibleLazyTemplate{kind}'"
                )));
            }
            if seen.insert(folded(&key, case_sensitive)) {
                unique.push(item.clone());
            }
        }
        Ok(unique.into())
    },
};

/// Why Jinja's own filter, which alone knows an attribute or letters of either case, could not do it.
fn no_other_way(why: &str) -> Refusal {
    let words = "Jinja2's unique filter failed and we cannot fall back to Ansible's version as it does not support the parameters supplied";
    format!("{words}: {why}").into()
}
