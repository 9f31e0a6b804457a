//! Lines of a width, as Python's `textwrap` breaks them.

/// What may not be told apart from it where lines are broken.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ')
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_letter(c: char) -> bool {
    is_word(c) && !c.is_numeric()
}

/// Whether a dash may follow it.
fn is_word_or_mark(c: char) -> bool {
    is_word(c) || "!\"'&.,?".contains(c)
}

/// How lines are broken.
#[derive(Clone, Copy)]
pub(crate) struct Breaks {
    pub(crate) width: usize,
    /// Words that are longer than a line.
    pub(crate) long_words: bool,
    /// Words with hyphens, after these.
    pub(crate) hyphens: bool,
}

/// Returns a line's words in lines of a width.
pub(crate) fn wrap(line: &str, breaks: Breaks) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    let mut chunks = chunks(&letters, breaks.hyphens).into_iter().peekable();
    let mut lines: Vec<String> = Vec::new();
    let is_space = |chunk: &[char]| chunk.iter().all(|c| c.is_whitespace());
    let mut rest: Option<&[char]> = chunks.next();
    while let Some(first) = rest {
        if is_space(first) && !lines.is_empty() {
            rest = chunks.next();
            if rest.is_none() {
                break;
            }
        }
        let mut current: Vec<&[char]> = Vec::new();
        let mut length = 0;
        while let Some(chunk) = rest.filter(|chunk| length + chunk.len() <= breaks.width) {
            length += chunk.len();
            current.push(chunk);
            rest = chunks.next();
        }
        if let Some(chunk) = rest.filter(|chunk| chunk.len() > breaks.width) {
            if breaks.long_words {
                let (part, others) = chunk.split_at(break_of(chunk, breaks, length));
                current.push(part);
                rest = Some(others);
            } else if current.is_empty() {
                current.push(chunk);
                rest = chunks.next();
            }
        }
        if current.last().is_some_and(|chunk| is_space(chunk)) {
            current.pop();
        }
        if !current.is_empty() {
            lines.push(current.concat().iter().collect());
        }
    }
    lines
}

/// Returns how much of a word that is too long for a line stands in what is left of this one.
fn break_of(chunk: &[char], breaks: Breaks, length: usize) -> usize {
    let left = breaks.width - length;
    let hyphen = chunk[..left].iter().rposition(|c| *c == '-').filter(|_| breaks.hyphens);
    match hyphen {
        Some(at) if chunk[..at].iter().any(|c| *c != '-') => at + 1,
        _ => left,
    }
}

/// Returns blanks, words and parts of words between which a line may be broken.
fn chunks(line: &[char], hyphens: bool) -> Vec<&[char]> {
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < line.len() {
        let run = |test: &dyn Fn(char) -> bool| {
            start + line[start..].iter().take_while(|c| test(**c)).count()
        };
        let end = if is_blank(line[start]) {
            run(&is_blank)
        } else if !hyphens {
            run(&|c| !is_blank(c))
        } else if start > 0 && is_word_or_mark(line[start - 1]) && is_dash(&line[start..]) {
            run(&|c| c == '-')
        } else {
            end_of_part(line, start)
        };
        chunks.push(&line[start..end]);
        start = end;
    }
    chunks
}

/// Returns whether two or more hyphens come before a word.
fn is_dash(rest: &[char]) -> bool {
    let hyphens = rest.iter().take_while(|c| **c == '-').count();
    hyphens >= 2 && rest.get(hyphens).is_some_and(|c| is_word(*c))
}

fn end_of_part(line: &[char], start: usize) -> usize {
    let letter =
        |at: Option<usize>| at.and_then(|at| line.get(at)).is_some_and(|letter| is_letter(*letter));
    for at in start + 1..line.len() {
        if is_blank(line[at]) {
            return at;
        }
        let before = |count: usize| at.checked_sub(count);
        if line[at] == '-' {
            let hyphen = before(2).is_some_and(|at| line[at] == '-');
            let follows = letter(before(1)) && letter(before(2))
                || letter(before(3)) && hyphen && is_word_or_mark(line[at - 1]);
            let next = if line.get(at + 2) == Some(&'-') { at + 3 } else { at + 2 };
            if follows && letter(Some(at + 1)) && letter(Some(next)) {
                return at + 1;
            }
        }
        if is_word_or_mark(line[at - 1]) && is_dash(&line[at..]) {
            return at;
        }
    }
    line.len()
}

#[cfg(test)]
mod cases {
    use super::*;

    fn check(line: &str, width: usize, expected: &[&str]) {
        assert_eq!(
            wrap(line, Breaks { width, long_words: true, hyphens: true }),
            expected,
            "{line}"
        );
    }

    #[test]
    fn lines_break_as_in_python() {
        check("a b c d", 3, &["a b", "c d"]);
        check("foo\tbar", 5, &["foo", "bar"]);
        check("a well-known fact", 7, &["a well-", "known", "fact"]);
        check("see--this one", 6, &["see--", "this", "one"]);
        check("abcdefgh ij", 4, &["abcd", "efgh", "ij"]);
        check("  a", 10, &["  a"]);
        check("-x --long-option=1-2-3 ", 8, &["-x", "--long-o", "ption=1-", "2-3"]);
    }
}
