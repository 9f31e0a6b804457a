//! `flatten`: lists within lists as one list.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "flatten",
    aliases: &[],
    summary: "Lists within lists as one list",
    params: &["levels", "skip_nulls"],
    examples: &[(
        "{{ [1, [2, [3, [4]]], none] | flatten }} {{ [1, [2, [3, [4]]]] | flatten(levels=1) }} {{ [1, none, [none]] | flatten(skip_nulls=false) }}",
        "[1, 2, 3, 4] [1, 2, [3, [4]]] [1, None, None]",
    )],
    takes_undefined: false,
    call: |call| {
        let levels = match call.some(0) {
            Some(_) => usize::try_from(call.int(0, 0)?).unwrap_or(0),
            None => usize::MAX,
        };
        let skip = call.flag(1, true);
        let items = call.items()?;
        let mut flat = Vec::new();
        flatten(&items, levels, skip, &mut flat);
        Ok(flat.into())
    },
};

fn flatten(items: &[Value], levels: usize, skip: bool, flat: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::None if skip => (),
            Value::Str(text) if skip && matches!(&**text, "None" | "null") => (),
            Value::List(inner) | Value::Tuple(inner) if levels > 0 => {
                flatten(inner, levels - 1, skip, flat);
            }
            other => flat.push(other.clone()),
        }
    }
}
