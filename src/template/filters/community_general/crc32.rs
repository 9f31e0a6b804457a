//! `crc32`: a checksum of text.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.crc32",
    aliases: &[],
    summary: "The CRC32 checksum of text",
    params: &[],
    examples: &[
        ("{{ 'test' | community.general.crc32 }}", "d87f7e0c"),
        (
            "{{ 1 | community.general.crc32 }}",
            "The filter plugin 'community.general.crc32' failed: Invalid value type (<class 'int'>) for crc32 (1)",
        ),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        Value::Str(text) => {
            let mut sum = flate2::Crc::new();
            sum.update(text.as_bytes());
            Ok(format!("{:x}", sum.sum()).into())
        }
        other => {
            let (class, text) = (super::python_class(other), other.to_text());
            Err(format!("Invalid value type ({class}) for crc32 ({text})").into())
        }
    },
};
