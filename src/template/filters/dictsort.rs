//! `dictsort`: a dictionary's entries in order.

use super::Filter;
use crate::template::sequence::sort_by_key;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "dictsort",
    aliases: &[],
    summary: "A dictionary's entries in the order of their keys or values",
    params: &["case_sensitive", "by", "reverse"],
    examples: &[
        ("{{ {'b': 1, 'A': 2} | dictsort }}", "[['A', 2], ['b', 1]]"),
        ("{{ {'b': 1, 'A': 2} | dictsort(true) }}", "[['A', 2], ['b', 1]]"),
        ("{{ {'b': 1, 'A': 2} | dictsort(false, 'value', true) }}", "[['A', 2], ['b', 1]]"),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(dict) = call.dict() else {
            return Err(
                format!("'{}' object has no attribute 'items'", call.value.type_name()).into()
            );
        };
        let place = match &*call.text(1, "key") {
            "key" => 0,
            "value" => 1,
            _ => return Err("You can only sort by either \"key\" or \"value\"".into()),
        };
        let pairs = dict.iter().map(|(key, value)| {
            let pair = [key.clone(), value.clone()];
            let key = crate::template::sequence::folded(&pair[place], call.flag(0, false));
            (key, Value::Tuple(std::sync::Arc::new(pair.to_vec().into())))
        });
        Ok(sort_by_key(pairs.collect(), call.flag(2, false))?.into())
    },
};
