//! `hashids_encode`: numbers as a short text.

use super::Filter;
use crate::{template::hashids::Hashids, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.hashids_encode",
    aliases: &[],
    summary: "Numbers as a short text that hides them",
    params: &["salt", "alphabet", "min_length"],
    examples: &[
        ("{{ [1,2,3] | community.general.hashids_encode }}", "o2fXhV"),
        (
            "{{ 1234 | community.general.hashids_encode(salt='salt', min_length=16) }}",
            "MAdbzxkgPqm6XBg7",
        ),
        (
            "{{ [0,1000000000000] | community.general.hashids_encode(salt='a b c', alphabet='0123456789abcdef') }}",
            "b6f56e982346739",
        ),
        (
            "{{ 1234 | community.general.hashids_encode(alphabet='abcdefghijklmnopqrstuvwxyz') }}",
            "dddp",
        ),
        ("{{ 'x' | community.general.hashids_encode }}", ""),
        (
            "{{ 1234 | community.general.hashids_encode(alphabet='abc') }}",
            "The filter plugin 'community.general.hashids_encode' failed: Alphabet must contain at least 16 unique characters.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let hashids = Hashids::new(call)?;
        let numbers = match &call.value {
            Value::List(items) | Value::Tuple(items) => items.to_vec(),
            one => vec![one.clone()],
        };
        let numbers: Option<Vec<u64>> = numbers
            .iter()
            .map(|number| number.as_int().and_then(|number| u64::try_from(number).ok()))
            .collect();
        Ok(numbers.map(|numbers| hashids.encode(&numbers)).unwrap_or_default().into())
    },
};
