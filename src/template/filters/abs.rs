//! `abs`: a number without its sign.

use super::Filter;
use crate::value::{Value, negate};

pub(super) static UNIT: Filter = Filter {
    name: "abs",
    aliases: &[],
    summary: "A number without its sign",
    params: &[],
    examples: &[
        ("{{ -3 | abs }}", "3"),
        ("{{ (-1.5) | abs }}", "1.5"),
        (
            "{{ 'a' | abs }}",
            "The filter plugin 'ansible.builtin.abs' failed: bad operand type for abs(): 'str'",
        ),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        Value::Float(number) => Ok(Value::Float(number.abs())),
        value => match value.to_big() {
            Some(number) if number.sign() == num_bigint::Sign::Minus => Ok(negate(value)?),
            Some(number) => Ok(number.into()),
            None => Err(format!("bad operand type for abs(): '{}'", value.type_name()).into()),
        },
    },
};
