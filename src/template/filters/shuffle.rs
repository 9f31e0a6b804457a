//! `shuffle`: items in an order by chance.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "shuffle",
    aliases: &[],
    summary: "Items in an order by chance; the same for the same seed",
    params: &["seed"],
    examples: &[
        ("{{ [1, 2, 3, 4, 5] | shuffle(seed='x') }}", "[5, 2, 1, 4, 3]"),
        ("{{ ['a', 'b', 'c'] | shuffle(seed='web1') }}", "['a', 'c', 'b']"),
    ],
    takes_undefined: false,
    call: |call| {
        // What has no items is what it was.
        let Ok(items) = call.items() else { return Ok(call.value.clone()) };
        let mut items = items.to_vec();
        crate::template::random::Random::seeded(call.some(0)).shuffle(&mut items);
        Ok(items.into())
    },
};
