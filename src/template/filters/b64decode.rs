//! `b64decode`: the text that base64 stands for.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "b64decode",
    aliases: &[],
    summary: "Text from base64",
    params: &["encoding", "urlsafe"],
    examples: &[
        ("{{ 'aGVsbG8=' | b64decode }} {{ '8J-YgA==' | b64decode(urlsafe=true) }}", "hello 😀"),
        (
            "{{ 'a' | b64decode }}",
            "The filter plugin 'ansible.builtin.b64decode' failed: Invalid base64-encoded string: number of data characters (1) cannot be 1 more than a multiple of 4",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let text = if call.flag(1, false) {
            text.replace('-', "+").replace('_', "/").into()
        } else {
            text
        };
        let bytes = decoded(&text)?;
        Ok(crate::template::encodings::decode(&bytes, &call.text(0, "utf-8"))?.into())
    },
};

/// Decodes as Python does: whatever is not of the alphabet is passed over, and padding that ends a group ends the text.
fn decoded(text: &str) -> Result<Vec<u8>, String> {
    let (mut bytes, mut place, mut left, mut pads) = (Vec::new(), 0, 0_u8, 0);
    for byte in text.bytes() {
        let bits = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if place >= 2 => {
                pads += 1;
                if place + pads >= 4 {
                    return Ok(bytes);
                }
                continue;
            }
            _ => continue,
        };
        pads = 0;
        match place {
            0 => (),
            1 => bytes.push(left << 2 | bits >> 4),
            2 => bytes.push(left << 4 | bits >> 2),
            _ => bytes.push(left << 6 | bits),
        }
        (place, left) = ((place + 1) % 4, bits);
    }
    match place {
        0 => Ok(bytes),
        1 => Err(format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
            bytes.len() / 3 * 4 + 1
        )),
        _ => Err("Incorrect padding".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn padding_in_the_middle_ends_a_group_or_counts_for_nothing() {
        assert_eq!(decoded("YQ==YmI=").unwrap(), b"a");
        assert_eq!(decoded("Y=Q=").unwrap_err(), "Incorrect padding");
        assert_eq!(decoded("{'YW': 'Jj'}").unwrap(), b"abc");
        assert_eq!(decoded("YWJj=ZGVm").unwrap(), b"abcdef");
        assert_eq!(
            decoded("YWJjZ").unwrap_err(),
            "Invalid base64-encoded string: number of data characters (5) cannot be 1 more than a multiple of 4"
        );
    }
}
