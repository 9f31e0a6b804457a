//! `ip4_hex`: an address of IPv4 in hexadecimal digits.

use super::{Filter, Refusal};
use crate::template::addresses::{Version, address};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ip4_hex",
    aliases: &["ansible.netcommon.ip4_hex", "ip4_hex"],
    summary: "An address of IPv4 in hexadecimal digits",
    params: &["delimiter"],
    examples: &[
        ("{{ '192.168.1.5' | ansible.utils.ip4_hex }}", "c0a80105"),
        ("{{ '192.168.1.5' | ansible.utils.ip4_hex(':') }}", "c0:a8:01:05"),
        (
            "{{ 'x' | ansible.utils.ip4_hex }}",
            "The filter plugin 'ansible.utils.ip4_hex' failed: You must pass a valid IP address; x is invalid",
        ),
    ],
    takes_undefined: false,
    call: |call| match address(&call.input_text()) {
        Some((Version::V4, ip)) => {
            let bytes = u32::try_from(ip).unwrap_or_default().to_be_bytes();
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Ok(digits.join(&call.text(0, "")).into())
        }
        Some((Version::V6, _)) => {
            let given = call.input_text();
            let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
            let part = given.split('.').find(|part| !is_number(part)).unwrap_or_default();
            Err(format!("invalid literal for int() with base 10: '{part}'").into())
        }
        None => {
            let given = call.input_text();
            Err(Refusal::Apart(format!("You must pass a valid IP address; {given} is invalid")))
        }
    },
};
