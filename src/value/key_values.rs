//! `key=value` texts: `copy: src=a dest=b`, `command: uptime chdir=/tmp`, ad hoc arguments.

use std::sync::Arc;

use super::{Template, Value};

/// What a text of arguments says.
#[derive(Debug, Default, PartialEq)]
pub struct ArgText {
    pub pairs: Vec<(Arc<str>, Arc<str>)>,
    /// What is no pair, with its spaces as they were.
    pub raw: Option<Arc<str>>,
}

/// Options that stay options in the text of a free-form action; every other `a=b` belongs to its command.
const FREE_FORM_OPTIONS: [&str; 10] = [
    "creates",
    "removes",
    "chdir",
    "executable",
    "warn",
    "stdin",
    "stdin_add_newline",
    "strip_empty_ends",
    "expand_argument_vars",
    "argv",
];

/// Reads a text of arguments; for a free-form action only its own options are pairs.
pub fn parse_key_values(text: &str, free_form: bool) -> Result<ArgText, String> {
    let mut found = ArgText::default();
    let mut raw: Option<String> = None;
    for piece in pieces(text)? {
        let pair = split_pair(piece.word());
        match pair {
            Some((key, value)) if !free_form || FREE_FORM_OPTIONS.contains(&key) => {
                found.pairs.push((key.into(), unquote(&unescape(value)).into()));
            }
            _ => match &mut raw {
                Some(raw) => {
                    if !raw.is_empty() && !raw.ends_with('\n') {
                        raw.push(' ');
                    }
                    raw.push_str(&piece.text);
                }
                None => raw = Some(piece.text),
            },
        }
    }
    found.raw = raw.filter(|raw| !raw.is_empty()).map(Into::into);
    Ok(found)
}

impl ArgText {
    /// Returns the arguments as values, templates where they hold expressions.
    pub fn into_values(self) -> Vec<(Arc<str>, Value)> {
        let pairs =
            self.pairs.into_iter().chain(self.raw.map(|raw| (Arc::from("_raw_params"), raw)));
        pairs.map(|(key, text)| (key, value(text))).collect()
    }
}

/// Splits a text into its first word, which may be an expression with spaces, and the rest.
pub(crate) fn split_name(text: &str) -> (&str, &str) {
    let text = text.trim();
    let first = pieces(text).ok().and_then(|pieces| Some(pieces.first()?.word_end));
    match first {
        Some(end) => (&text[..end], text[end..].trim()),
        None => text.split_once(char::is_whitespace).unwrap_or((text, "")),
    }
}

fn value(text: Arc<str>) -> Value {
    if Template::is_in(&text) {
        Value::Template(Arc::new(Template::new(text, None)))
    } else {
        Value::Str(text)
    }
}

/// Splits a word at its first `=` that is neither its first character nor escaped; a key may be any text, a template too.
fn split_pair(word: &str) -> Option<(&str, &str)> {
    let bytes = word.as_bytes();
    let at = (1..bytes.len()).find(|&at| bytes[at] == b'=' && bytes[at - 1] != b'\\')?;
    Some((&word[..at], &word[at + 1..]))
}

/// Replaces Python's escapes in a value: `\n`, `\x41`, `\u00e9`; what is none of them stays.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some((c, length)) = escaped(after) {
            plain.push(c);
            rest = &after[length..];
        } else {
            plain.push('\\');
            rest = after;
        }
    }
    plain + rest
}

/// Returns the character that an escape means, and the length of its text after the backslash.
fn escaped(text: &str) -> Option<(char, usize)> {
    let code = |start: usize, length: usize| {
        let digits = text.get(start..start + length)?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        Some((char::from_u32(code)?, start + length))
    };
    let plain = match text.chars().next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'v' => '\x0b',
        c @ ('\\' | '\'' | '"') => c,
        'x' => return code(1, 2),
        'u' => return code(1, 4),
        'U' => return code(1, 8),
        _ => return None,
    };
    Some((plain, 1))
}

/// Takes one pair of quotes from around a value.
pub(crate) fn unquote(text: &str) -> &str {
    let without = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    without('"').or_else(|| without('\'')).filter(|inner| !inner.ends_with('\\')).unwrap_or(text)
}

/// A word with the space that follows it, but for the one that ends it.
struct Piece {
    text: String,
    word_end: usize,
}

impl Piece {
    fn word(&self) -> &str {
        &self.text[..self.word_end]
    }
}

/// Words between spaces; quotes and template brackets keep their spaces.
///
/// A backslash that is a word of its own joins its line to the next. Space goes to the word before it, so that
/// what an option had after it vanishes with the option; the first space of a line is that between two words.
fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut found: Vec<Piece> = Vec::new();
    let append = |found: &mut Vec<Piece>, space: &str| {
        if space.is_empty() {
            return;
        }
        match found.last_mut() {
            Some(piece) => piece.text.push_str(space),
            None => found.push(Piece { text: space.to_owned(), word_end: 0 }),
        }
    };
    let (mut at, mut goes_on) = (0, false);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b' ' => {
                while bytes.get(at) == Some(&b' ') {
                    at += 1;
                }
                let ends_line = matches!(bytes.get(at), None | Some(b'\n'));
                append(&mut found, &text[start + usize::from(!ends_line)..at]);
            }
            b'\n' => {
                at += 1;
                if !std::mem::take(&mut goes_on) {
                    append(&mut found, "\n");
                }
            }
            b'\\' if matches!(bytes.get(at + 1), None | Some(b' ' | b'\n')) => {
                at += 1;
                goes_on = true;
            }
            _ => {
                at = word_end(text, start)?;
                found.push(Piece { text: text[start..at].to_owned(), word_end: at - start });
            }
        }
    }
    Ok(found)
}

/// Returns where the word ends that starts at a place.
fn word_end(text: &str, start: usize) -> Result<usize, String> {
    let bytes = text.as_bytes();
    let (mut at, mut quote, mut depth) = (start, None, 0_usize);
    while at < bytes.len() {
        let byte = bytes[at];
        match (quote, byte) {
            (None, b' ' | b'\n') if depth == 0 => break,
            (Some(open), byte) if byte == open && bytes[at - 1] != b'\\' => quote = None,
            (None, b'"' | b'\'') if at == 0 || bytes[at - 1] != b'\\' => quote = Some(byte),
            (_, b'{') if matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#')) => {
                depth += 1;
                at += 1;
            }
            (_, b'}' | b'%' | b'#') if depth > 0 && bytes.get(at + 1) == Some(&b'}') => {
                depth -= 1;
                at += 1;
            }
            _ => (),
        }
        at += 1;
    }
    if quote.is_some() || depth > 0 {
        return Err(format!(
            "failed at splitting arguments, either an unbalanced jinja2 block or quotes: {text}"
        ));
    }
    Ok(at.min(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, free_form: bool, expected: &str) {
        let found = parse_key_values(text, free_form).unwrap();
        let pairs: Vec<_> =
            found.pairs.iter().map(|(key, value)| format!("{key}=<{value}>")).collect();
        assert_eq!(
            format!("{} | {}", pairs.join(" "), found.raw.as_deref().unwrap_or("-")),
            expected
        );
    }

    #[test]
    fn pairs_keep_quotes_and_templates_together() {
        check("src=a dest='/tmp/b c'", false, "src=<a> dest=</tmp/b c> | -");
        check(
            "msg={{ a | default('x y') }} x=1",
            false,
            "msg=<{{ a | default('x y') }}> x=<1> | -",
        );
        check("name=\"a\" b", false, "name=<a> | b");
    }

    #[test]
    fn a_command_keeps_its_own_equal_signs_and_spaces() {
        check("dd if=/dev/zero  of=x chdir=/tmp", true, "chdir=</tmp> | dd if=/dev/zero  of=x");
        check("echo 'a  b' creates=/x", true, "creates=</x> | echo 'a  b'");
    }

    #[test]
    fn lines_go_on_after_a_backslash() {
        check("tar x \\\n  -f a \\\n  -C /\n", true, " | tar x  -f a  -C /\n");
        check("a\n\n b  \\ c\n  d", true, " | a\n\nb  c  d");
        check("a creates=/x  \nb", true, "creates=</x> | a b");
        check("a 'b \\\n c'\\\nd \\", true, " | a 'b \\\n c'\\\nd");
    }

    #[test]
    fn what_never_closes_is_an_error() {
        assert!(parse_key_values("msg='a b", false).is_err());
        assert!(parse_key_values("msg={{ a", false).is_err());
    }
}
