//! `int`: a value as a whole number.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "int",
    aliases: &[],
    summary: "A value as an integer, or a default where it is none",
    params: &["default", "base"],
    examples: &[
        (
            "{{ '3.7' | int }} {{ '0x1A' | int(0, 16) }} {{ 'x' | int(5) }} {{ 3.99 | int }} {{ ' 5 ' | int }} {{ '1_000' | int }} {{ true | int }}",
            "3 26 5 3 5 1000 1",
        ),
        (
            "{{ none | int }} {{ [] | int }} {{ '' | int }} {{ '12345678901234567890123' | int }} {{ '0b11' | int(base=0) }}",
            "0 0 0 12345678901234567890123 3",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let base = u32::try_from(call.int(1, 10)?).unwrap_or(10);
        Ok(match crate::template::numbers::to_int(&call.value, base) {
            Some(number) => number.into(),
            None => call.arg(0).cloned().unwrap_or(Value::Int(0)),
        })
    },
};
