//! Lines of a file of authorized keys, taken apart as the reference takes them.

use crate::host::{Failure, Result};

/// Types of keys that a server takes.
const TYPES: &[&str] = &[
    "ssh-ed25519",
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "rsa-sha2-256",
    "rsa-sha2-256-cert-v01@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-512-cert-v01@openssh.com",
    "ssh-dss",
    "ssh-dss-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "ssh-xmss@openssh.com",
    "ssh-xmss-cert-v01@openssh.com",
];

/// A line: a key, or what is kept as it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line {
    Key(Key),
    /// A comment, which may stand among the keys of a task, too.
    Comment(String),
    Other(String),
}

/// A key as a line has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub(super) options: Options,
    pub(super) kind: String,
    /// What tells it from other keys.
    pub(super) blob: String,
    pub(super) comment: String,
}

/// Options before a key, with their values.
#[derive(Clone, Debug, Default)]
pub(super) struct Options(Vec<(String, Option<String>)>);

impl Line {
    /// Takes a line without its end apart.
    pub(super) fn of(line: &str) -> Result<Line> {
        let text = line.replace("\\#", "#");
        let words: Vec<&str> =
            text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
        if words.first() == Some(&"#") {
            return Ok(Line::Comment(text));
        }
        let Some(at) = words.iter().position(|word| TYPES.contains(word)) else {
            return Ok(Line::Other(line.to_owned()));
        };
        let [kind, blob, comment @ ..] = &words[at..] else {
            return Err(Failure::raised("list index out of range"));
        };
        Ok(Line::Key(Key {
            options: Options::of(&words[..at].join(" ")),
            kind: (*kind).to_owned(),
            blob: (*blob).to_owned(),
            comment: comment.join(" "),
        }))
    }

    /// What tells the line from others.
    pub(super) fn id(&self) -> &str {
        match self {
            Line::Key(key) => &key.blob,
            Line::Comment(text) | Line::Other(text) => text,
        }
    }

    fn text(&self) -> String {
        match self {
            Line::Comment(text) | Line::Other(text) => format!("{text}\n"),
            // The reference ends a key without a comment in a space.
            Line::Key(Key { options, kind, blob, comment }) => {
                let options = options.text();
                let space = if options.is_empty() { "" } else { " " };
                format!("{options}{space}{kind} {blob} {comment}\n")
            }
        }
    }
}

impl Options {
    /// Reads options between commas; a comma in quotes is part of an option, a quote that none follows is one itself.
    pub(super) fn of(text: &str) -> Options {
        let mut options = Vec::new();
        let (mut rest, mut between) = (text, String::new());
        let mut add = |part: &str| {
            let option = match part.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (part.to_owned(), None),
            };
            options.push(option);
        };
        while !rest.is_empty() {
            let length = option_length(rest);
            if length == 0 {
                let end = rest.chars().next().map_or(0, char::len_utf8);
                between.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            // What stands before the first option and behind the last one is dropped.
            if rest.len() + between.len() < text.len() && between != "," {
                add(&between);
            }
            between.clear();
            add(&rest[..length]);
            rest = &rest[length..];
        }
        Options(options)
    }

    fn text(&self) -> String {
        let one = |(name, value): &(String, Option<String>)| match value {
            Some(value) => format!("{name}={value}"),
            None => name.clone(),
        };
        self.0.iter().map(one).collect::<Vec<_>>().join(",")
    }

    fn values(&self, name: &str) -> Vec<&Option<String>> {
        self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value).collect()
    }
}

/// Options are the same in any order, as long as each has the same values in their order.
impl PartialEq for Options {
    fn eq(&self, other: &Options) -> bool {
        let holds = |(name, _): &(String, Option<String>)| self.values(name) == other.values(name);
        self.0.len() == other.0.len() && self.0.iter().all(holds)
    }
}

/// How long the option is with which the text begins.
fn option_length(text: &str) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        at += match c {
            ',' => break,
            '"' | '\'' => match text[at + 1..].find(c) {
                Some(length) => length + 2,
                None => break,
            },
            c => c.len_utf8(),
        };
    }
    at
}

/// The lines of a file, each of them once, in the reference's order.
#[derive(Debug)]
pub(super) struct Lines {
    /// With the place in which each is written; equal ones stand in their order here.
    lines: Vec<(usize, Line)>,
    /// The place of a last line without an end.
    open: Option<usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Result<Lines> {
        let open = (!text.ends_with('\n')).then(|| split(text).count().wrapping_sub(1));
        let mut lines = Lines { lines: Vec::new(), open };
        for (place, line) in split(text).enumerate() {
            lines.put(place, Line::of(line)?);
        }
        Ok(lines)
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn find(&self, id: &str) -> Option<&Line> {
        self.lines.iter().map(|(_, line)| line).find(|line| line.id() == id)
    }

    /// Adds a line, in place of the one that nothing tells from it.
    pub(super) fn put(&mut self, place: usize, line: Line) {
        match self.lines.iter_mut().find(|(_, known)| known.id() == line.id()) {
            Some(known) => *known = (place, line),
            None => self.lines.push((place, line)),
        }
    }

    /// Keeps those lines; returns whether others were there.
    pub(super) fn retain(&mut self, keeps: impl Fn(&str) -> bool) -> bool {
        let before = self.len();
        self.lines.retain(|(_, line)| keeps(line.id()));
        self.len() != before
    }

    pub(super) fn text(&self) -> String {
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by_key(|(place, _)| *place);
        let mut text: String = lines.iter().map(|(_, line)| line.text()).collect();
        let is_open = |(place, line): &&(usize, Line)| {
            Some(*place) == self.open && !matches!(line, Line::Key(_))
        };
        if lines.last().is_some_and(is_open) {
            text.pop();
        }
        text
    }
}

/// Returns the lines without their ends, of which Python knows more than the line break.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        let end = match after.chars().next() {
            Some('\r') if after.starts_with("\r\n") => 2,
            c => c.map_or(0, char::len_utf8),
        };
        rest = &after[end..];
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart_and_written_again() {
        let check = |line: &str, n_options: usize, comment: &str| {
            let Line::Key(key) = Line::of(line).unwrap() else { panic!("{line} is no key") };
            assert_eq!((key.options.0.len(), key.comment.as_str()), (n_options, comment), "{line}");
            let space = if comment.is_empty() { " " } else { "" };
            assert_eq!(Line::of(line).unwrap().text(), format!("{line}{space}\n"));
        };
        check("ssh-rsa AAAA", 0, "");
        check("ssh-rsa AAAA two words", 0, "two words");
        check(r#"no-pty,command="a, b" ssh-ed25519 AAAA x"#, 2, "x");
        check("no-pty,no-pty ssh-rsa AAAA x", 2, "x");
        for line in ["", "bad line", "ssh-foo AAAA", "#ssh-rsa AAAA"] {
            assert_eq!(Line::of(line).unwrap(), Line::Other(line.to_owned()));
        }
        assert_eq!(Line::of("\\# x").unwrap(), Line::Comment("# x".to_owned()));
        assert_eq!(Line::of("no-pty ssh-rsa").unwrap_err().reason(), "list index out of range");
    }

    #[test]
    fn options_are_the_same_in_any_order() {
        let of = Options::of;
        assert_eq!(of("a,b=1,b=2"), of("b=1,a,b=2"));
        assert_ne!(of("b=1,b=2"), of("b=2,b=1"));
        assert_ne!(of("a"), of("a,a"));
        assert_eq!(of(r#",a,,b="c,d","#).text(), r#"a,,,,b="c,d""#);
        assert_eq!(of(r#"a="b,c"#).text(), r#"a=,",b,c"#);
    }
}
