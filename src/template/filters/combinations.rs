//! `combinations`: each choice of so many items.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "combinations",
    aliases: &[],
    summary: "Each choice of so many items, in their order",
    params: &["r"],
    examples: &[
        ("{{ [1, 2, 3] | combinations(2) | list }}", "[[1, 2], [1, 3], [2, 3]]"),
        ("{{ 'ab' | combinations(2) | list }}", "[['a', 'b']]"),
    ],
    takes_undefined: false,
    call: |call| {
        let items = call.items()?;
        let count =
            usize::try_from(call.int(0, 0)?).map_err(|_| "r must be non-negative".to_owned())?;
        let mut chosen = Vec::new();
        let mut rows = Vec::new();
        choose(call, &items, count, 0, &mut chosen, &mut rows)?;
        Ok(Value::from(rows))
    },
};

fn choose(
    call: &mut super::Invocation<'_, '_>,
    items: &[Value],
    count: usize,
    from: usize,
    chosen: &mut Vec<Value>,
    rows: &mut Vec<Value>,
) -> Result<(), super::Refusal> {
    if chosen.len() == count {
        call.eval.step()?;
        rows.push(Value::Tuple(std::sync::Arc::new(chosen.clone().into())));
        return Ok(());
    }
    for index in from..items.len() {
        chosen.push(items[index].clone());
        choose(call, items, count, index + 1, chosen, rows)?;
        chosen.pop();
    }
    Ok(())
}
