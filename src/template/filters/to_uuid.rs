//! `to_uuid`: a UUID that text always gives.

use super::{Filter, Refusal};

pub(super) static UNIT: Filter = Filter {
    name: "to_uuid",
    aliases: &[],
    summary: "The UUID of a text, which is always the same",
    params: &["namespace"],
    examples: &[
        (
            "{{ 'test' | to_uuid }} {{ 'x' | to_uuid(namespace='6ba7b810-9dad-11d1-80b4-00c04fd430c8') }}",
            "f4fb6740-9e00-5ac4-9581-f24b6ecfe71e 05b16a01-46c6-56dd-bd6e-c6dfb4a1427a",
        ),
        (
            "{{ 'x' | to_uuid('nope') }}",
            "The filter plugin 'ansible.builtin.to_uuid' failed: Invalid value 'nope' for 'namespace': badly formed hexadecimal UUID string",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let namespace = call.text(0, "361E6D51-FAEC-444A-9079-341386DA8E2E");
        let hex: String = namespace.chars().filter(char::is_ascii_hexdigit).collect();
        let Some(number) = u128::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == 32) else {
            return Err(Refusal::Apart(format!(
                "Invalid value '{namespace}' for 'namespace': badly formed hexadecimal UUID string"
            )));
        };
        let mut bytes = number.to_be_bytes().to_vec();
        bytes.extend_from_slice(call.input_text().as_bytes());
        let digest = crate::template::digests::raw("sha1", &bytes)?;
        let mut uuid = digest[..16].to_vec();
        uuid[6] = uuid[6] & 0x0f | 0x50;
        uuid[8] = uuid[8] & 0x3f | 0x80;
        let hex: String = crate::template::digests::hexadecimal(&uuid);
        Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-").into())
    },
};
