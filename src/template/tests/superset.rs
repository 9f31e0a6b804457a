//! `superset`: whether it has all items of another list.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "superset",
    aliases: &["issuperset"],
    summary: "Whether it has all items of another list",
    params: &["b"],
    examples: &[
        ("{{ [1, 2] is superset([1]) }}", "True"),
        ("{{ [1] is issuperset([3]) }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let items = call.items()?;
        let other = crate::template::evaluator::items(call.required(0, "b")?)?;
        super::hashable(&items)?;
        super::hashable(&other)?;
        Ok(other.iter().all(|item| items.contains(item)))
    },
};
