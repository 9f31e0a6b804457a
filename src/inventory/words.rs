//! Splitting a line into words as a shell does, with their places (Python's `shlex`).

/// A word and the columns that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub start: u32,
    pub end: u32,
}

/// A quotation or an escape that does not end; the column is where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordError {
    pub message: &'static str,
    pub column: u32,
}

/// Splits a line; `#` outside of quotes starts a comment, in the middle of a word, too, when `comments` is set.
pub fn words(line: &str, comments: bool) -> Result<Vec<Word>, WordError> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote: Option<(char, u32)> = None;
    let mut chars = line.chars().zip(0_u32..).peekable();
    while let Some((c, column)) = chars.next() {
        match quote {
            None if c.is_whitespace() => words.extend(word.take()),
            None if c == '#' && comments => break,
            _ => {
                let word = word.get_or_insert_with(|| Word {
                    text: String::new(),
                    start: column,
                    end: column,
                });
                word.end = column + 1;
                match (c, quote) {
                    ('\\', None | Some(('"', _))) => {
                        let Some((escaped, _)) = chars.next() else {
                            return Err(WordError { message: "No escaped character", column });
                        };
                        if quote.is_some() && !matches!(escaped, '"' | '\\') {
                            word.text.push('\\');
                        }
                        word.text.push(escaped);
                        word.end += 1;
                    }
                    ('"' | '\'', None) => quote = Some((c, column)),
                    (c, Some((mark, _))) if c == mark => quote = None,
                    _ => word.text.push(c),
                }
            }
        }
    }
    if let Some((_, column)) = quote {
        return Err(WordError { message: "No closing quotation", column });
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let found: Vec<String> =
            words(line, true).unwrap().into_iter().map(|word| word.text).collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn words_are_split_as_a_shell_would() {
        check("a  b=1\tc", &["a", "b=1", "c"]);
        check("a b='x y' c=\"p \\\" q\"", &["a", "b=x y", "c=p \" q"]);
        check("a b=\"\\n\" c=\\n", &["a", "b=\\n", "c=n"]);
        check("a '' # comment", &["a", ""]);
        check("a t=foo#bar u=1", &["a", "t=foo"]);
        check("a t='foo#bar'", &["a", "t=foo#bar"]);
    }

    #[test]
    fn places_include_the_quotes() {
        let word = words("web b='x y'", true).unwrap().pop().unwrap();
        assert_eq!((word.start, word.end), (4, 11));
    }

    #[test]
    fn what_does_not_end_is_an_error_at_its_start() {
        assert_eq!(
            words("a b=\"x", true).unwrap_err(),
            WordError { message: "No closing quotation", column: 4 }
        );
        assert_eq!(
            words("a \\", true).unwrap_err(),
            WordError { message: "No escaped character", column: 2 }
        );
    }
}
