//! `parse_serial`: the number that a certificate's number in bytes is.

use num_bigint::{BigInt, Sign};

use super::Filter;
use crate::{
    template::{filters::python_class, numbers::parse_int},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "community.crypto.parse_serial",
    aliases: &[],
    summary: "The number of a certificate as an integer, from bytes with colons between them",
    params: &[],
    examples: &[
        ("{{ '11:22:33' | community.crypto.parse_serial }}", "1122867"),
        (
            "{{ '00:01:FF:ff:aa:bb:cc:dd:ee:ff:01:02:03' | community.crypto.parse_serial }}",
            "618968446755134797319832067",
        ),
        ("{{ ' 1: 2' | community.crypto.parse_serial }}", "258"),
        (
            "{{ '100' | community.crypto.parse_serial }}",
            "The filter plugin 'community.crypto.parse_serial' failed: The 1st part '100' is not a hexadecimal number in range [0, 255]: the value is not in range [0, 255]",
        ),
        (
            "{{ '1::2' | community.crypto.parse_serial }}",
            "The filter plugin 'community.crypto.parse_serial' failed: The 2nd part '' is not a hexadecimal number in range [0, 255]: invalid literal for int() with base 16: ''",
        ),
        (
            "{{ 1 | community.crypto.parse_serial }}",
            "The filter plugin 'community.crypto.parse_serial' failed: The input for the community.crypto.parse_serial filter must be a string; got <class 'int'> instead",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Value::Str(text) = &call.value else {
            return Err(format!(
                "The input for the community.crypto.parse_serial filter must be a string; got {} instead",
                python_class(&call.value)
            )
            .into());
        };
        let parts = text.split(':').enumerate();
        let bytes: Result<Vec<u8>, String> = parts.map(|(place, part)| byte(place, part)).collect();
        Ok(BigInt::from_bytes_be(Sign::Plus, &bytes?).into())
    },
};

fn byte(place: usize, part: &str) -> Result<u8, String> {
    let reason = match parse_int(part, 16).map(u8::try_from) {
        Some(Ok(byte)) => return Ok(byte),
        Some(Err(_)) => "the value is not in range [0, 255]".to_owned(),
        None => {
            let part = Value::str(part).to_repr();
            format!("invalid literal for int() with base 16: {part}")
        }
    };
    let ending = match (place + 1) % 10 {
        1 if place != 10 => "st",
        2 if place != 11 => "nd",
        3 if place != 12 => "rd",
        _ => "th",
    };
    let place = place + 1;
    Err(format!(
        "The {place}{ending} part '{part}' is not a hexadecimal number in range [0, 255]: {reason}"
    ))
}
