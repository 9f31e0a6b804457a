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
                Some(path) => attribute(call.eval, item, path, None)?,
                None => item.clone(),
            };
            if seen.insert(folded(&key, case_sensitive)) {
                unique.push(item.clone());
            }
        }
        Ok(unique.into())
    },
};
