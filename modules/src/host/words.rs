//! Words of a command line: splitting and quoting as Python's `shlex` does, and expanding `~` and `$NAME` in them.

use super::Host;
use crate::spec::expand_with;

/// Splits a line into words as a POSIX shell would, without expanding anything.
pub fn split_words(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    // `None` between words: an empty quoted word is a word.
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("No closing quotation"),
                    }
                }
            }
            '"' => double_quoted(&mut chars, word.get_or_insert_default())?,
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("No escaped character"),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Reads up to the closing quote; a backslash escapes itself and the quote only.
fn double_quoted(chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    loop {
        match chars.next() {
            Some('"') => return Ok(()),
            Some('\\') => match chars.next() {
                Some(c @ ('"' | '\\')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => return Err("No escaped character"),
            },
            Some(c) => word.push(c),
            None => return Err("No closing quotation"),
        }
    }
}

/// Returns the word as a shell reads it back.
pub fn quote_word(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r#"'"'"'"#))
}

/// Returns the words as one line that a shell splits into them again.
pub fn join_words<S: AsRef<str>>(words: &[S]) -> String {
    let words: Vec<_> = words.iter().map(|word| quote_word(word.as_ref())).collect();
    words.join(" ")
}

impl Host {
    /// Returns `text` with `~` and `$NAME` replaced from the task's environment.
    pub fn expand(&self, text: &str) -> String {
        expand_with(text, &|name| self.env(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::HostOptions;

    fn split(line: &str) -> String {
        match split_words(line) {
            Ok(words) => words.iter().map(|word| format!("<{word}>")).collect::<Vec<_>>().concat(),
            Err(message) => message.to_owned(),
        }
    }

    #[test]
    fn lines_are_split_as_python_splits_them() {
        let cases = [
            ("a  b\tc\n", "<a><b><c>"),
            ("", ""),
            ("'' \"\"", "<><>"),
            (r#"a'b c'"d e"f"#, "<ab cd ef>"),
            (r"'a\b'", r"<a\b>"),
            (r#""a\"b\\c\d""#, r#"<a"b\c\d>"#),
            (r"a\ b \'", "<a b><'>"),
            ("a#b # c", "<a#b><#><c>"),
            ("$HOME | x;y", "<$HOME><|><x;y>"),
            ("'a", "No closing quotation"),
            ("\"a", "No closing quotation"),
            ("a\\", "No escaped character"),
            ("\"a\\", "No escaped character"),
        ];
        for (line, words) in cases {
            assert_eq!(split(line), words, "{line:?}");
        }
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(
            join_words(&["echo", "a b", "", "it's", "x=1"]),
            r#"echo 'a b' '' 'it'"'"'s' x=1"#
        );
    }

    #[test]
    fn the_environment_of_the_task_is_expanded() {
        let environment =
            vec![("WHERE".to_owned(), "here".to_owned()), ("HOME".to_owned(), "/h/".to_owned())];
        let host = Host::new(HostOptions { environment, ..HostOptions::default() });
        assert_eq!(host.expand("$WHERE-${WHERE}-$NOT_SET_AT_ALL"), "here-here-$NOT_SET_AT_ALL");
        assert_eq!(
            (host.expand("~"), host.expand("~/x"), host.expand("a~")),
            ("/h".into(), "/h/x".into(), "a~".into())
        );
    }
}
