//! What commands say of failures, without what looks like a password.

/// Puts asterisks in the place of passwords of addresses: what stands between a colon and an `@`.
///
/// As the reference looks for them, from the end: an address begins with `://`, or where the text does, and its
/// user has three bytes at least. More than passwords looks like one.
pub(super) fn concealed(text: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = text.len();
    while let Some(at) = text[..rest].rfind('@') {
        let Some((begin, colon)) = password(&text[..at]) else { break };
        parts.extend([&text[at..rest], "********", &text[begin..=colon]]);
        rest = begin;
    }
    parts.push(&text[..rest]);
    parts.reverse();
    parts.concat()
}

/// Where the address begins that ends the text, and the colon before its password.
fn password(text: &str) -> Option<(usize, usize)> {
    let mut end = text.len();
    loop {
        let begin = text[..end].rfind("://");
        let from = begin.unwrap_or(0) + 3;
        let colon = text.bytes().enumerate().skip(from).find(|(_, byte)| *byte == b':');
        match (colon, begin) {
            (Some((colon, _)), begin) => return Some((begin.unwrap_or(0), colon)),
            (None, None) => return None,
            (None, Some(begin)) => end = begin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::concealed;

    #[test]
    fn passwords_of_addresses_are_hidden() {
        let cases = [
            ("nothing", "nothing"),
            ("mail to me@example.org", "mail to me@example.org"),
            ("no http://ada:secret@host/x", "no http://ada:********@host/x"),
            ("ada:secret@host", "ada:********@host"),
            ("make: no\nbugs to <bug@gnu.org>", "make:********@gnu.org>"),
            ("a:b@c", "a:b@c"),
            ("http://u:1@a ftp://w:2@b", "http://u:********@a ftp://w:********@b"),
            ("http://host/x@y", "http:********@y"),
        ];
        for (text, expected) in cases {
            assert_eq!(concealed(text), expected, "{text}");
        }
    }
}
