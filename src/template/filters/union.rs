//! `union`: the items of two lists, each once.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "union",
    aliases: &[],
    summary: "The items of two lists, each once",
    params: &["b"],
    examples: &[("{{ [1, 2, 2] | union([2, 3]) }}", "[1, 2, 3]")],
    takes_undefined: false,
    call: |call| {
        let items = call.items()?;
        let other = crate::template::evaluator::items(call.required(0, "b")?)?;
        let mut seen = std::collections::HashSet::new();
        let kept = items.iter().chain(other.iter()).filter(|item| seen.insert((*item).clone()));
        Ok(crate::value::Value::list(kept.cloned().collect::<Vec<_>>()))
    },
};
