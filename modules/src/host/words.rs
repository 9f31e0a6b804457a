//! Command lines as a POSIX shell splits them into words, without running a shell.

/// Splits at white space; quotes and backslashes keep words together.
pub fn split_words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("No closing quotation".to_owned()),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\')) => word.push(c),
                            Some(c) => word.extend(['\\', c]),
                            None => return Err("No closing quotation".to_owned()),
                        },
                        Some(c) => word.push(c),
                        None => return Err("No closing quotation".to_owned()),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("No escaped character".to_owned()),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_by_a_shell() {
        let check = |line: &str, expected: &[&str]| {
            assert_eq!(split_words(line).unwrap(), expected, "{line}");
        };
        check("visudo  -cf %s", &["visudo", "-cf", "%s"]);
        check(r#"sh -c 'a "b"' "c\"d\x" e\ f"#, &["sh", "-c", "a \"b\"", "c\"d\\x", "e f"]);
        check("a '' b", &["a", "", "b"]);
        assert_eq!(split_words("a 'b"), Err("No closing quotation".to_owned()));
    }
}
