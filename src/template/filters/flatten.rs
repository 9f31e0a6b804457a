//! `flatten`: lists within lists as one list.

use std::sync::Arc;

use super::{Filter, Refusal};
use crate::{
    template::time::is_tuple,
    value::{List, Value},
};

pub(super) static UNIT: Filter = Filter {
    name: "flatten",
    aliases: &[],
    summary: "Lists within lists as one list, down to `levels`",
    params: &["levels", "skip_nulls"],
    examples: &[
        ("{{ [1, [2, [3, [4]]], none] | flatten }}", "[1, 2, 3, 4]"),
        ("{{ [1, [2, [3, [4]]]] | flatten(levels=1) }}", "[1, 2, [3, [4]]]"),
        ("{{ [1, none, [none]] | flatten(skip_nulls=false) }}", "[1, None, None]"),
    ],
    takes_undefined: false,
    call: |call| {
        let levels = call.some(0);
        let skip = call.flag(1, true);
        let items = call.items()?;
        let mut left = usize::MAX;
        // Only where there is something to flatten is it seen that the number is none.
        if let Some(levels) = levels
            && items.iter().any(|item| inner(item).is_some())
        {
            left = whole(levels)?;
        }
        let mut flat = Vec::new();
        flatten(&items, left, skip, &mut flat);
        Ok(flat.into())
    },
};

/// A number of levels without its fraction; below zero is none.
fn whole(levels: &Value) -> Result<usize, Refusal> {
    match levels {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        Value::Float(number) => Ok(number.max(0.0) as usize),
        other => match other.as_int() {
            Some(number) => Ok(usize::try_from(number).unwrap_or(0)),
            None => {
                let found = other.type_name();
                Err(format!("'>=' not supported between instances of '{found}' and 'int'").into())
            }
        },
    }
}

/// Adds items, and those of lists among them, to a flat list; what stands for nothing may be passed over.
pub(super) fn flatten(items: &[Value], levels: usize, skip: bool, flat: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::None if skip => (),
            Value::Str(text) if skip && matches!(&**text, "None" | "null") => (),
            other => match inner(other).filter(|_| levels > 0) {
                Some(inner) => flatten(&inner, levels - 1, skip, flat),
                None => flat.push(other.clone()),
            },
        }
    }
}

/// Returns the items of what is flattened.
fn inner(item: &Value) -> Option<Arc<List>> {
    match item {
        Value::List(items) | Value::Tuple(items) => Some(Arc::clone(items)),
        Value::Object(object) if object.mapping().is_none() || is_tuple(object.type_name()) => {
            object.items()
        }
        _ => None,
    }
}
