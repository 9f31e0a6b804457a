//! How a line of the configuration falls into words.

/// Takes the keyword of a line: up to white space or one `=`; returns it with the rest of the line.
pub(super) fn keyword(line: &str) -> (&str, &str) {
    let line = line.trim_start_matches([' ', '\t']);
    if let Some(quoted) = line.strip_prefix('"') {
        return match quoted.split_once('"') {
            Some((word, rest)) => (word, skip_separator(rest)),
            None => (quoted, ""),
        };
    }
    let end = line.find([' ', '\t', '=']).unwrap_or(line.len());
    (&line[..end], skip_separator(&line[end..]))
}

/// Skips white space and at most one `=` within it.
fn skip_separator(rest: &str) -> &str {
    let rest = rest.trim_start_matches([' ', '\t']);
    rest.strip_prefix('=').unwrap_or(rest).trim_start_matches([' ', '\t'])
}

/// Splits the rest of a line into words: quotes group, a backslash escapes, `#` starts a comment.
pub(super) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        match chars.peek() {
            None | Some('#') => return Some(words),
            Some(_) => words.push(word(&mut chars)?),
        }
    }
}

/// Reads one word; nothing when a quote stays open.
fn word(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut word = String::new();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => {
                let escapes = |next: &char| {
                    matches!(next, '\\' | '\'' | '"') || (quote.is_none() && *next == ' ')
                };
                word.push(chars.next_if(escapes).unwrap_or('\\'));
            }
            (' ' | '\t', None) => return Some(word),
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(q)) if c == q => quote = None,
            (c, _) => word.push(c),
        }
    }
    quote.is_none().then_some(word)
}

/// Takes the next word of a `Match` line; an unfinished quote gives nothing.
pub(super) fn next_of_match<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.trim_start_matches([' ', '\t']);
    if text.is_empty() || text.starts_with('#') {
        *rest = "";
        return None;
    }
    let (word, left) = keyword(text);
    *rest = left;
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_end_at_white_space_or_one_equals_sign() {
        assert_eq!(keyword("  Port 22"), ("Port", "22"));
        assert_eq!(keyword("Port=22"), ("Port", "22"));
        assert_eq!(keyword("Port = 22"), ("Port", "22"));
        assert_eq!(keyword("Port\t=\t=22"), ("Port", "=22"));
        assert_eq!(keyword("\"Port\" 22"), ("Port", "22"));
    }

    #[test]
    fn words_may_be_quoted_escaped_and_followed_by_a_comment() {
        let split = |text| split(text).map(|w| w.join("|"));
        assert_eq!(split("a \"b c\" 'd e' # f").as_deref(), Some("a|b c|d e"));
        assert_eq!(split("a\\ b \"c\\\"d\" e#f").as_deref(), Some("a b|c\"d|e#f"));
        assert_eq!(split("a\\b").as_deref(), Some("a\\b"));
        assert_eq!(split("\"open"), None);
    }
}
