//! `symmetric_difference`: the items that only one of two lists has.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "symmetric_difference",
    aliases: &[],
    summary: "The items that only one of two lists has",
    params: &["b"],
    examples: &[("{{ [1, 2, 3] | symmetric_difference([3, 4]) }}", "[1, 2, 4]")],
    takes_undefined: false,
    call: |call| {
        let items = call.items()?;
        let other = crate::template::evaluator::items(call.required(0, "b")?)?;
        let mut seen = std::collections::HashSet::new();
        let mut kept = Vec::new();
        for (item, elsewhere) in
            items.iter().map(|i| (i, &other)).chain(other.iter().map(|i| (i, &items)))
        {
            if !elsewhere.contains(item) && seen.insert(item.clone()) {
                kept.push(item.clone());
            }
        }
        Ok(kept.into())
    },
};
