//! A backtracking matcher in the order of Python's `re`, over what [`super::translate`] writes.
//!
//! Small on purpose: it travels to every host, and automata with their Unicode tables were a tenth of the helper.
//!
//! Invariant: time and memory are bounded; a pattern that takes too long on a text is an error.

mod compile;
mod matcher;
mod parse;
mod set;

use std::{ops::Range, sync::Arc};

use compile::Program;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Regex {
    program: Program,
    /// Names of the groups, the whole match first.
    names: Arc<[Option<String>]>,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match<'t> {
    text: &'t str,
    start: usize,
    end: usize,
}

impl<'t> Match<'t> {
    pub fn start(&self) -> usize {
        self.start
    }

    pub fn end(&self) -> usize {
        self.end
    }

    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    pub fn as_str(&self) -> &'t str {
        &self.text[self.start..self.end]
    }
}

/// What the groups of one match hold.
#[derive(Clone, Debug)]
pub struct Captures<'t> {
    text: &'t str,
    names: Arc<[Option<String>]>,
    groups: Vec<Option<(usize, usize)>>,
}

impl<'t> Captures<'t> {
    /// Returns what a group holds; the whole match is group 0.
    pub fn get(&self, group: usize) -> Option<Match<'t>> {
        let (start, end) = (*self.groups.get(group)?)?;
        Some(Match { text: self.text, start, end })
    }

    /// Returns what the group of this name holds.
    pub fn name(&self, name: &str) -> Option<Match<'t>> {
        self.get(self.names.iter().position(|known| known.as_deref() == Some(name))?)
    }

    /// Returns how many groups there are, the whole match included.
    #[expect(clippy::len_without_is_empty, reason = "the whole match is always there")]
    pub fn len(&self) -> usize {
        self.groups.len()
    }
}

impl Regex {
    /// Compiles an expression; `ascii` limits case, words and digits to those of ASCII.
    pub(super) fn new(pattern: &str, ascii: bool) -> Result<Regex, String> {
        let parsed = parse::parse(pattern, ascii)?;
        let program = compile::compile(&parsed)?;
        Ok(Regex { program, names: parsed.names.into() })
    }

    /// Returns the first match.
    pub fn captures<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, String> {
        self.captures_from_pos(text, 0)
    }

    /// Returns the first match that begins at `from` or later; what is before can be looked at.
    pub fn captures_from_pos<'t>(
        &self,
        text: &'t str,
        from: usize,
    ) -> Result<Option<Captures<'t>>, String> {
        let found = matcher::search(&self.program, text, from)?;
        Ok(found.map(|slots| {
            let pairs = slots.chunks_exact(2).take(self.names.len());
            let groups = pairs.map(|pair| match *pair {
                [start, end] if start != matcher::NONE && end != matcher::NONE => {
                    Some((start, end))
                }
                _ => None,
            });
            Captures { text, names: Arc::clone(&self.names), groups: groups.collect() }
        }))
    }

    /// Returns whether the expression matches somewhere.
    pub fn is_match(&self, text: &str) -> Result<bool, String> {
        Ok(matcher::search(&self.program, text, 0)?.is_some())
    }

    /// Returns all matches, one after the other; an empty one may follow another at once, as in Python.
    pub fn captures_iter<'r, 't>(&'r self, text: &'t str) -> AllCaptures<'r, 't> {
        AllCaptures { regex: self, text, at: 0 }
    }

    /// Returns how many groups there are, the whole match included.
    pub fn captures_len(&self) -> usize {
        self.names.len()
    }

    /// Returns the names of the groups, the whole match first.
    pub fn capture_names(&self) -> impl Iterator<Item = Option<&str>> {
        self.names.iter().map(Option::as_deref)
    }
}

/// The matches of [`Regex::captures_iter`].
#[derive(Debug)]
pub struct AllCaptures<'r, 't> {
    regex: &'r Regex,
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for AllCaptures<'_, 't> {
    type Item = Result<Captures<'t>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at > self.text.len() {
            return None;
        }
        match self.regex.captures_from_pos(self.text, self.at) {
            Ok(Some(found)) => {
                let (start, end) = found.groups[0].unwrap_or((self.at, self.at));
                self.at = end;
                if start == end {
                    self.at += self.text[end..].chars().next().map_or(1, char::len_utf8);
                }
                Some(Ok(found))
            }
            Ok(None) => {
                self.at = self.text.len() + 1;
                None
            }
            Err(error) => {
                self.at = self.text.len() + 1;
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Regex;

    fn all(pattern: &str, text: &str) -> Vec<String> {
        let regex = Regex::new(pattern, false).unwrap();
        let found = regex.captures_iter(text).map(|found| {
            let found = found.unwrap();
            let group = |at| found.get(at).map_or("-", |group: super::Match<'_>| group.as_str());
            (0..found.len()).map(group).collect::<Vec<_>>().join("|")
        });
        found.collect()
    }

    #[test]
    fn matches_are_those_of_python() {
        let check = |pattern: &str, text: &str, expected: &[&str]| {
            assert_eq!(all(pattern, text), expected, "{pattern} on {text:?}");
        };
        check("a*", "baac", &["", "aa", "", ""]);
        check("(a)|(b)", "ab", &["a|a|-", "b|-|b"]);
        check("(a|ab)(c|bcd)(d*)", "abcd", &["abcd|a|bcd|"]);
        check("(?:(a)|b)*", "ab", &["ab|a", "|-"]);
        check("(a*)*", "aab", &["aa|", "|", "|"]);
        check("(a*)+", "b", &["|", "|"]);
        check("(?:a?){3}b", "aab", &["aab"]);
        check("(ab){2,3}", "abababab", &["ababab|ab"]);
        check("(ab){2,3}?", "abababab", &["abab|ab", "abab|ab"]);
        check("a{2,}?", "aaaa", &["aa", "aa"]);
        check("<.+?>", "<a><b>", &["<a>", "<b>"]);
        check("a++b", "aaab", &["aaab"]);
        check("a++ab", "aaab", &[]);
        check("(?>a|ab)c", "abc", &[]);
        check(r"(\w+) (?:\1)", "so so", &["so so|so"]);
        check("(?P<q>x)(?P=q)", "xx", &["xx|x"]);
        check("(?<=ab)c", "abc", &["c"]);
        check("(?<!a)b", "ab bb", &["b", "b"]);
        check("a(?!b)", "abac", &["a"]);
        check("a(?=(b))", "ab", &["a|b"]);
        check("(<)?a(?(1)>)", "<a> a", &["<a>|<", "a|-"]);
        check("(?i)straße", "STRAßE", &["STRAßE"]);
        check("(?i)[a-c]+", "aBCd", &["aBC"]);
        check("(?i)[^a]", "Ab", &["b"]);
        check(r"\b\w", "ab cd", &["a", "c"]);
        check(r"\B\w", "ab", &["b"]);
        check(r"[\d[^0-9]]", "x", &["x"]);
        check("é+.", "ééa", &["ééa"]);
        check(r"\d+", "1٣", &["1٣"]);
        check("(?m:^)b(?m:$)", "a\nb\n", &["b"]);
    }

    #[test]
    fn what_takes_too_long_is_an_error() {
        let regex = Regex::new("(?:a|a)*b", false).unwrap();
        assert!(regex.captures(&"a".repeat(60)).is_err());
        let quick = Regex::new("(?:a+)+b", false).unwrap();
        assert!(quick.captures("aaaab").unwrap().is_some());
        assert!(Regex::new("((a{1000}){1000}){1000}", false).is_ok());
        assert!(Regex::new(&"(".repeat(5000), false).is_err());
        assert_eq!(
            Regex::new("(?<=a*)b", false).unwrap_err(),
            "look-behind requires fixed-width pattern"
        );
    }

    #[test]
    fn long_texts_are_no_problem() {
        let text = "key = value\n".repeat(20_000) + "last = 1";
        let regex = Regex::new(r"(?m:^)last\s*=\s*(\d+)", false).unwrap();
        assert_eq!(regex.captures(&text).unwrap().unwrap().get(1).unwrap().as_str(), "1");
        let regex = Regex::new(r"(?s:.*)last", false).unwrap();
        assert_eq!(regex.captures(&text).unwrap().unwrap().get(0).unwrap().start(), 0);
    }
}
