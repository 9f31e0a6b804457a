//! `to_serial`: the bytes of a certificate's number.

use num_traits::Signed as _;

use super::Filter;
use crate::template::filters::python_class;

pub(super) static UNIT: Filter = Filter {
    name: "community.crypto.to_serial",
    aliases: &[],
    summary: "The number of a certificate as bytes with colons between them",
    params: &[],
    examples: &[
        ("{{ 1234567 | community.crypto.to_serial }}", "12:D6:87"),
        ("{{ 0 | community.crypto.to_serial }}", "00"),
        (
            "{{ 12345678901234567890123 | community.crypto.to_serial }}",
            "02:9D:42:B6:4E:76:71:42:44:CB",
        ),
        (
            "{{ -1 | community.crypto.to_serial }}",
            "The filter plugin 'community.crypto.to_serial' failed: The input for the community.crypto.to_serial filter must not be negative",
        ),
        (
            "{{ '1' | community.crypto.to_serial }}",
            "The filter plugin 'community.crypto.to_serial' failed: The input for the community.crypto.to_serial filter must be an integer; got <class 'str'> instead",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(number) = call.value.to_big() else {
            return Err(format!(
                "The input for the community.crypto.to_serial filter must be an integer; got {} instead",
                python_class(&call.value)
            )
            .into());
        };
        if number.is_negative() {
            return Err(
                "The input for the community.crypto.to_serial filter must not be negative".into()
            );
        }
        let bytes = number.to_bytes_be().1;
        let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        Ok(bytes.join(":").into())
    },
};
