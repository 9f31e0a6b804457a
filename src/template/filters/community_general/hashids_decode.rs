//! `hashids_decode`: the numbers that a short text hides.

use super::Filter;
use crate::{template::hashids::Hashids, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.hashids_decode",
    aliases: &[],
    summary: "The numbers that a short text hides",
    params: &["salt", "alphabet", "min_length"],
    examples: &[
        ("{{ 'o2fXhV' | community.general.hashids_decode }}", "[1, 2, 3]"),
        (
            "{{ 'MAdbzxkgPqm6XBg7' | community.general.hashids_decode(salt='salt', min_length=16) }}",
            "[1234]",
        ),
        ("{{ '!!!' | community.general.hashids_decode }}", "[]"),
        (
            "{{ 'b6f56e982346739' | community.general.hashids_decode(salt='a b c', alphabet='0123456789abcdef') }}",
            "[0, 1000000000000]",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let hashids = Hashids::new(call)?;
        let numbers = hashids.decode(&call.input_text());
        Ok(Value::list(numbers.into_iter().map(Value::from)))
    },
};
