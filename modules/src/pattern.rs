//! Regular expressions as Python's `re` reads them.
//!
//! Invariant: what Python accepts means what it means in Python, or is an error; it never means something else.

mod engine;
mod template;
mod translate;

pub use engine::{Captures, Match, Regex};
pub use template::Template;

/// How a pattern is read, beside what it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub ignore_case: bool,
    pub multi_line: bool,
    pub dot_all: bool,
    /// `\w`, `\d`, `\s` are those of ASCII, as for Python's `bytes`.
    pub ascii: bool,
    pub verbose: bool,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern in Python's syntax; the error is a text such as Python's.
    pub fn new(pattern: &str, flags: Flags) -> Result<Pattern, String> {
        let translated = translate::translate(pattern, flags)?;
        Ok(Pattern { regex: Regex::new(&translated, flags.ascii)? })
    }

    /// Returns the first match; an error says that the pattern takes too long on this text.
    pub fn search<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, String> {
        self.regex.captures(text)
    }

    /// Returns whether the pattern matches somewhere.
    pub fn is_match(&self, text: &str) -> Result<bool, String> {
        self.regex.is_match(text)
    }

    /// Replaces up to `limit` matches (all when it is 0); returns the text and how many there were.
    pub fn replace(
        &self,
        text: &str,
        with: &Template,
        limit: usize,
    ) -> Result<(String, usize), String> {
        let mut out = String::with_capacity(text.len());
        let (mut last, mut at, mut count) = (0, 0, 0);
        // Unlike Rust's iterators, Python lets an empty match follow another match at once.
        while at <= text.len() && (limit == 0 || count < limit) {
            let Some(found) = self.regex.captures_from_pos(text, at)? else { break };
            let Some(whole) = found.get(0) else { break };
            out.push_str(&text[last..whole.start()]);
            with.expand(&found, &mut out);
            last = whole.end();
            count += 1;
            at = last;
            if whole.start() == whole.end() {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
            }
        }
        out.push_str(&text[last..]);
        Ok((out, count))
    }

    /// Returns the compiled expression, for what this type has no method for.
    pub fn regex(&self) -> &Regex {
        &self.regex
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(pattern: &str, text: &str) -> Option<Vec<Option<String>>> {
        let pattern = Pattern::new(pattern, Flags::default()).unwrap();
        let found = pattern.search(text).unwrap()?;
        Some((0..found.len()).map(|at| found.get(at).map(|m| m.as_str().to_owned())).collect())
    }

    #[test]
    fn patterns_mean_what_they_mean_in_python() {
        let check = |pattern: &str, text: &str, expected: Option<&str>| {
            let found = groups(pattern, text).map(|groups| groups[0].clone().unwrap());
            assert_eq!(found.as_deref(), expected, "{pattern} on {text:?}");
        };
        check("foo$", "foo\n", Some("foo"));
        check(r"foo\Z", "foo\n", None);
        check(r"\Afoo\Z", "foo", Some("foo"));
        check("(?m)^b$", "a\nb\nc", Some("b"));
        check("(?x) a  b # c", "ab", Some("ab"));
        check(r"(?x)a\ [ ]b", "a  b", Some("a  b"));
        check("[[:alpha:]]+", "ab:", None);
        check("[]a]+", "]a", Some("]a"));
        check("[^]]+", "a]b", Some("a"));
        check("[a&&b]+", "&b", Some("&b"));
        check("a{,3}", "aaaa", Some("aaa"));
        check("x{a}", "x{a}", Some("x{a}"));
        check("{", "a{", Some("{"));
        check(r"\u00e9\x41", "éA", Some("éA"));
        check(r"\07\101", "\u{7}A", Some("\u{7}A"));
        check(r"\<a\>", "<a>", Some("<a>"));
        check(r"[\b]", "a\u{8}", Some("\u{8}"));
        check(r"(\w)\1", "hello", Some("ll"));
        check("(?P<q>['\"]).*?(?P=q)", "x 'a' y", Some("'a'"));
        check("(?i:A)b", "ab", Some("ab"));
        check("(?#no)a", "a", Some("a"));
        check("(?>a+)b", "aab", Some("aab"));
        check("(a)?(?(1)b|c)", "c", Some("c"));
        check(r"^\s*PORT\s*=\s*(\d+)", "  PORT = 80", Some("  PORT = 80"));
        check("[a-c-]+", "a-b", Some("a-b"));
        check(r"[\w.-]+", "a-b.c", Some("a-b.c"));
        check("(?s)a.b", "a\nb", Some("a\nb"));
        check("^b", "a\nb", None);
    }

    #[test]
    fn what_python_refuses_is_refused() {
        let check = |pattern: &str, expected: &str| {
            assert_eq!(Pattern::new(pattern, Flags::default()).unwrap_err(), expected);
        };
        check(r"\h", r"bad escape \h at position 0");
        check(r"a\q", r"bad escape \q at position 1");
        check("a**", "multiple repeat at position 2");
        check("*a", "nothing to repeat at position 0");
        check("a(b", "missing ), unterminated subpattern at position 1");
        check("a)b", "unbalanced parenthesis at position 1");
        check("[a", "unterminated character set at position 0");
        check("a\\", "bad escape (end of pattern) at position 1");
        check("[z-a]", "bad character range z-a at position 1");
        check("(?Q)", "unknown extension ?Q at position 1");
        check("a(?i)b", "global flags not at the start of the expression at position 1");
    }

    #[test]
    fn bytes_know_ascii_only() {
        let ascii = Flags { ascii: true, ..Flags::default() };
        assert!(!Pattern::new(r"\w", ascii).unwrap().is_match("é").unwrap());
        assert!(Pattern::new(r"[^\w]", ascii).unwrap().is_match("é").unwrap());
        assert!(Pattern::new(r"\w", Flags::default()).unwrap().is_match("é").unwrap());
    }

    #[test]
    fn replacements_are_templates() {
        let check = |pattern: &str, with: &str, text: &str, expected: &str| {
            let pattern = Pattern::new(pattern, Flags::default()).unwrap();
            let template = Template::new(with, &pattern).unwrap();
            assert_eq!(pattern.replace(text, &template, 0).unwrap().0, expected, "{with}");
        };
        check("(a)(b)?", r"[\1\2]", "a-ab", "[a]-[ab]");
        check("(?P<x>b)", r"\g<x>\g<1>\g<0>\n", "abc", "abbb\nc");
        check("a", r"$1\\\t", "a", "$1\\\t");
        check("x*", "-", "abxd", "-a-b--d-");
        let pattern = Pattern::new("(a)", Flags::default()).unwrap();
        assert_eq!(
            Template::new(r"\2", &pattern).unwrap_err(),
            "invalid group reference 2 at position 1"
        );
        assert_eq!(Template::new(r"\q", &pattern).unwrap_err(), r"bad escape \q at position 0");
        assert_eq!(Template::new(r"\g<n>", &pattern).unwrap_err(), "unknown group name 'n'");
    }
}
