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

/// Returns the words of Python about the first bytes of a text of [`from_bytes`] that are no UTF-8.
pub fn no_utf8(text: &str) -> Option<String> {
    let byte =
        |c: char| u8::try_from(u32::from(c).wrapping_sub(FIRST)).ok().filter(|at| *at < 0x80);
    let first = text.chars().position(|c| byte(c).is_some())?;
    let bad: Vec<u8> = text.chars().skip(first).map_while(byte).collect();
    let what = match bad[..] {
        [only] => format!("character '\\udc{:02x}' in position {first}", only + 0x80),
        _ => format!("characters in position {first}-{}", first + bad.len() - 1),
    };
    Some(format!("'utf-8' codec can't encode {what}: surrogates not allowed"))
}

/// Returns bytes as Python shows them: `b'a\n'`.
pub fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut shown = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => shown.push_str("\\\\"),
            b'\n' => shown.push_str("\\n"),
            b'\r' => shown.push_str("\\r"),
            b'\t' => shown.push_str("\\t"),
            byte if char::from(byte) == quote => shown.extend(['\\', quote]),
            0x20..0x7f => shown.push(char::from(byte)),
            _ => shown.push_str(&format!("\\x{byte:02x}")),
        }
    }
    shown.push(quote);
    shown
}

/// Returns a text of [`from_bytes`] as it is printed: question marks stand for what is no UTF-8.
pub fn displayed(text: &str) -> std::borrow::Cow<'_, str> {
    let is_byte = |c: char| u32::from(c) >= FIRST;
    if text.as_bytes().contains(&0xf4) && text.contains(is_byte) {
        text.replace(is_byte, "?").into()
    } else {
        text.into()
    }
}

/// Returns a text of [`from_bytes`] as a diff shows it: what is no UTF-8 is replaced.
pub fn shown(text: &str) -> String {
    String::from_utf8_lossy(&to_bytes(text)).into_owned()
}

/// Returns the lines with their ends, which are those of Python's bytes: `\n`, `\r` and `\r\n`.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = match rest.find(['\n', '\r']) {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(line)
    })
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

    #[test]
    fn lines_end_as_in_python() {
        let lines = |text| lines(text).collect::<Vec<_>>();
        assert_eq!(lines("a\r\nb\rc\nd"), ["a\r\n", "b\r", "c\n", "d"]);
        assert_eq!(lines("\n\n"), ["\n", "\n"]);
        assert!(lines("").is_empty());
    }
}
