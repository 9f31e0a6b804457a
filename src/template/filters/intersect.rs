//! `intersect`: the items that another list has too.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "intersect",
    aliases: &[],
    summary: "The items that another list has too",
    params: &["b"],
    examples: &[("{{ [1, 2, 2, 3] | intersect([2, 3, 4]) }}", "[2, 3]")],
    takes_undefined: false,
    call: |call| {
        let items = call.items()?;
        let other = crate::template::evaluator::items(call.required(0, "b")?)?;
        let other: std::collections::HashSet<_> = other.iter().collect();
        let mut seen = std::collections::HashSet::new();
        let kept = items.iter().filter(|item| other.contains(item) && seen.insert((*item).clone()));
        Ok(crate::value::Value::list(kept.cloned().collect::<Vec<_>>()))
    },
};
