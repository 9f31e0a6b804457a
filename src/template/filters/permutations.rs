//! `permutations`: each order of so many items.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "permutations",
    aliases: &[],
    summary: "Each choice of so many items, in each order",
    params: &["r"],
    examples: &[
        (
            "{{ [1, 2, 3] | permutations(2) | list }}",
            "[[1, 2], [1, 3], [2, 1], [2, 3], [3, 1], [3, 2]]",
        ),
        ("{{ [1, 2] | permutations | list }}", "[[1, 2], [2, 1]]"),
    ],
    takes_undefined: false,
    call: |call| {
        let items = call.items()?;
        let default = i64::try_from(items.len()).unwrap_or(0);
        let count = usize::try_from(call.optional_int(0, default)?)
            .map_err(|_| "r must be non-negative".to_owned())?;
        let mut used = vec![false; items.len()];
        let (mut chosen, mut rows) = (Vec::new(), Vec::new());
        arrange(call, &items, count, &mut used, &mut chosen, &mut rows)?;
        Ok(Value::from(rows))
    },
};

fn arrange(
    call: &mut super::Invocation<'_, '_>,
    items: &[Value],
    count: usize,
    used: &mut [bool],
    chosen: &mut Vec<Value>,
    rows: &mut Vec<Value>,
) -> Result<(), super::Refusal> {
    if chosen.len() == count {
        call.eval.step()?;
        rows.push(Value::Tuple(std::sync::Arc::new(chosen.clone().into())));
        return Ok(());
    }
    for index in 0..items.len() {
        if std::mem::replace(&mut used[index], true) {
            continue;
        }
        chosen.push(items[index].clone());
        arrange(call, items, count, used, chosen, rows)?;
        chosen.pop();
        used[index] = false;
    }
    Ok(())
}
