//! Addresses as Python's `urllib.parse` quotes and splits them.

/// Returns text with `%` escapes for all but letters, digits, `_.-~` and what is said to be safe.
pub(crate) fn quote(text: &str, safe: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        let letter = char::from(byte);
        if byte.is_ascii_alphanumeric()
            || "_.-~".contains(letter)
            || byte.is_ascii() && safe.contains(letter)
        {
            quoted.push(letter);
        } else {
            quoted += &format!("%{byte:02X}");
        }
    }
    quoted
}

/// Returns text without `%` escapes.
pub(crate) fn unquote(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            plain.push(byte);
            at += 3;
        } else {
            plain.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
