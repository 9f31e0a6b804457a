//! Text of which every byte survives: what is no UTF-8 is held in characters that nobody uses.

/// Stands for the byte 0x80; the 127 after it for the other bytes that can be no UTF-8.
const FIRST: u32 = 0x10_ff80;

/// Returns the bytes as text; [`to_bytes`] gives the same bytes back.
pub fn from_bytes(bytes: Vec<u8>) -> String {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.extend(char::from_u32(FIRST + u32::from(*byte) - 0x80));
        }
    }
    text
}

/// Returns the bytes that [`from_bytes`] was given.
pub fn to_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut buffer = [0; 4];
    for c in text.chars() {
        match u8::try_from(u32::from(c).wrapping_sub(FIRST)) {
            Ok(offset) if offset < 0x80 => bytes.push(offset + 0x80),
            _ => bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives() {
        for bytes in [&b"a\xff\n\x80"[..], "für".as_bytes(), b"\xc3", b""] {
            assert_eq!(to_bytes(&from_bytes(bytes.to_vec())), bytes);
        }
        assert_eq!(from_bytes(b"ok".to_vec()), "ok");
    }
}
