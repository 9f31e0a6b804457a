//! `subset`: whether another list has all its items.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "subset",
    aliases: &["issubset"],
    summary: "Whether another list has all its items",
    params: &["b"],
    examples: &[("{{ [1] is subset([1, 2]) }}", "True"), ("{{ [3] is issubset([1]) }}", "False")],
    takes_undefined: false,
    call: |call| {
        let other = crate::template::evaluator::items(call.required(0, "b")?)?;
        let items = call.items()?;
        super::hashable(&items)?;
        super::hashable(&other)?;
        Ok(items.iter().all(|item| other.contains(item)))
    },
};
