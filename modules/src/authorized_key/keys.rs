//! Lines of a file of authorized keys.

/// Types of keys that a server takes.
const TYPES: &[&str] = &[
    "ssh-ed25519",
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "ssh-dss-cert-v01@openssh.com",
    "ssh-rsa-cert-v01@openssh.com",
    "ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
];

/// A line: a key, or what is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Key(Key),
    Other(String),
}

/// A key as a line has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) options: Vec<String>,
    pub(super) kind: String,
    /// What tells it from other keys.
    pub(super) blob: String,
    pub(super) comment: String,
}

impl Line {
    pub(super) fn of(line: &str) -> Line {
        Key::of(line).map_or_else(|| Line::Other(line.to_owned()), Line::Key)
    }

    pub(super) fn is_key(&self, blob: &str) -> bool {
        matches!(self, Line::Key(key) if key.blob == blob)
    }

    pub(super) fn text(&self) -> String {
        match self {
            Line::Other(text) => format!("{text}\n"),
            Line::Key(Key { options, kind, blob, comment }) => {
                let mut words = vec![kind.as_str(), blob];
                let options = options.join(",");
                if !options.is_empty() {
                    words.insert(0, &options);
                }
                // The reference ends a key without one in a space.
                words.push(comment);
                words.join(" ") + "\n"
            }
        }
    }
}

impl Key {
    fn of(line: &str) -> Option<Key> {
        let line = line.trim();
        if line.starts_with('#') {
            return None;
        }
        let (first, rest) = next_word(line);
        let (options, kind, rest) = if TYPES.contains(&first) {
            ("", first, rest)
        } else {
            let (kind, rest) = next_word(rest);
            TYPES.contains(&kind).then_some((first, kind, rest))?
        };
        let (blob, comment) = next_word(rest);
        if blob.is_empty() {
            return None;
        }
        Some(Key {
            options: self::options(options),
            kind: kind.to_owned(),
            blob: blob.to_owned(),
            comment: comment.to_owned(),
        })
    }
}

/// Leaves the last line of each key.
pub(super) fn once(lines: Vec<Line>) -> Vec<Line> {
    let last = |at: usize| match &lines[at] {
        Line::Key(key) => !lines[at + 1..].iter().any(|line| line.is_key(&key.blob)),
        Line::Other(_) => true,
    };
    let kept: Vec<bool> = (0..lines.len()).map(last).collect();
    lines.into_iter().zip(kept).filter_map(|(line, kept)| kept.then_some(line)).collect()
}

/// The text up to the first space outside of quotes, and what is behind the spaces.
fn next_word(text: &str) -> (&str, &str) {
    let end = outside_quotes(text, |c| c == ' ' || c == '\t').next().unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// Options between commas.
pub(super) fn options(text: &str) -> Vec<String> {
    let mut options = Vec::new();
    let mut start = 0;
    for at in outside_quotes(text, |c| c == ',').chain([text.len()]) {
        let option = text[start..at].trim();
        if !option.is_empty() && !options.iter().any(|known| known == option) {
            options.push(option.to_owned());
        }
        start = (at + 1).min(text.len());
    }
    options
}

/// Where characters of that kind are outside of double quotes.
fn outside_quotes(text: &str, is: impl Fn(char) -> bool) -> impl Iterator<Item = usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().filter_map(move |(at, c)| {
        let hit = !quoted && is(c);
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => (),
        }
        hit.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart_and_written_again() {
        let check = |line: &str, n_options: usize, comment: &str| {
            let Line::Key(key) = Line::of(line) else { panic!("{line} is no key") };
            assert_eq!((key.options.len(), key.comment.as_str()), (n_options, comment), "{line}");
            let space = if comment.is_empty() { " " } else { "" };
            assert_eq!(Line::of(line).text(), format!("{line}{space}\n"));
        };
        check("ssh-rsa AAAA", 0, "");
        check("ssh-rsa AAAA two words", 0, "two words");
        check(r#"no-pty,command="a, \"b\" c" ssh-ed25519 AAAA x"#, 2, "x");
        for line in ["", "# ssh-rsa AAAA", "bad line", "ssh-rsa", "ssh-foo AAAA"] {
            assert!(matches!(Line::of(line), Line::Other(_)), "{line}");
        }
    }
}
