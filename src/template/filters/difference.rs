//! `difference`: the items that another list has not.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "difference",
    aliases: &[],
    summary: "The items that another list does not have",
    params: &["b"],
    examples: &[("{{ [1, 2, 2, 3] | difference([3, 4]) }}", "[1, 2]")],
    takes_undefined: false,
    call: |call| {
        let items = call.items()?;
        let other = crate::template::evaluator::items(call.required(0, "b")?)?;
        let other: std::collections::HashSet<_> = other.iter().collect();
        let mut seen = std::collections::HashSet::new();
        let kept =
            items.iter().filter(|item| !other.contains(item) && seen.insert((*item).clone()));
        Ok(crate::value::Value::list(kept.cloned().collect::<Vec<_>>()))
    },
};
