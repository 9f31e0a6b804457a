//! `accumulate`: the sums of the first items.

use super::Filter;
use super::python_class;
use crate::template::objects::{Range, downcast};
use crate::value::{Operator, Value};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.accumulate",
    aliases: &[],
    summary: "Each item added to those before it",
    params: &[],
    examples: &[
        ("{{ [1,2,3,4] | community.general.accumulate }}", "[1, 3, 6, 10]"),
        ("{{ 'abc' | community.general.accumulate }}", "['a', 'ab', 'abc']"),
        ("{{ [] | community.general.accumulate }}", "[]"),
        (
            "{{ 5 | community.general.accumulate }}",
            "The filter plugin 'community.general.accumulate' failed: Invalid value type (<class 'int'>) for accumulate (5)",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let items = match &call.value {
            Value::List(_) | Value::Tuple(_) | Value::Str(_) => call.items()?,
            other if downcast::<Range>(other).is_some() => call.items()?,
            other => {
                let (class, text) = (python_class(other), other.to_text());
                return Err(format!("Invalid value type ({class}) for accumulate ({text})").into());
            }
        };
        let mut sums: Vec<Value> = Vec::with_capacity(items.len());
        for item in items.iter() {
            sums.push(match sums.last() {
                Some(sum) => Operator::Add.apply(sum, item)?,
                None => item.clone(),
            });
        }
        Ok(sums.into())
    },
};
