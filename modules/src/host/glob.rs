//! Shell patterns over files, as Python's `glob` reads them.

use super::Host;

impl Host {
    /// Returns whether something matches the pattern; relative ones are meant below `folder`.
    pub fn any_match(&self, pattern: &str, folder: Option<&str>) -> bool {
        let (base, rest) = match pattern.strip_prefix('/') {
            Some(rest) => ("/".to_owned(), rest),
            None => (folder.unwrap_or_default().to_owned(), pattern),
        };
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        !pattern.is_empty() && self.matches_below(&base, &parts, rest.ends_with('/'))
    }

    fn matches_below(&self, folder: &str, parts: &[&str], needs_folder: bool) -> bool {
        let Some((first, rest)) = parts.split_first() else {
            let at = if folder.is_empty() { "." } else { folder };
            return match self.stat(at) {
                Ok(Some(meta)) => !needs_folder || meta.is_dir(),
                // A dangling link is there, as `lexists` sees it.
                _ => !needs_folder && matches!(self.lstat(at), Ok(Some(_))),
            };
        };
        let below = |name: &str| match folder {
            "" => name.to_owned(),
            folder if folder.ends_with('/') => format!("{folder}{name}"),
            folder => format!("{folder}/{name}"),
        };
        if !first.contains(['*', '?', '[']) {
            return self.matches_below(&below(first), rest, needs_folder);
        }
        let names = self.list(if folder.is_empty() { "." } else { folder }).unwrap_or_default();
        names
            .iter()
            .filter(|name| {
                (first.starts_with('.') || !name.starts_with('.')) && matches(first, name)
            })
            .any(|name| self.matches_below(&below(name), rest, needs_folder))
    }
}

/// Returns whether the whole of `text` is what `pattern` with `*`, `?`, `[seq]` and `[!seq]` means.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stood, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
                continue;
            }
            Some('?') => Some(p + 1),
            Some('[') => match class(&pattern[p + 1..]) {
                Some((members, len)) => contains(members, text[t]).then_some(p + 1 + len),
                None => (text[t] == '[').then_some(p + 1),
            },
            Some(c) => (*c == text[t]).then_some(p + 1),
            None => None,
        };
        match (step, star) {
            (Some(next), _) => (p, t) = (next, t + 1),
            (None, Some((at, taken))) => {
                star = Some((at, taken + 1));
                (p, t) = (at + 1, taken + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Returns the members of a class and how far it goes, its bracket included; `]` may stand first.
fn class(pattern: &[char]) -> Option<(&[char], usize)> {
    let negation = usize::from(pattern.first() == Some(&'!'));
    let from = (negation + 1).min(pattern.len());
    let end = from + pattern[from..].iter().position(|c| *c == ']')?;
    Some((&pattern[..end], end + 1))
}

fn contains(members: &[char], c: char) -> bool {
    let (negated, mut members) = match members {
        ['!', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let mut found = false;
    while let Some((first, rest)) = members.split_first() {
        if let ['-', last, after @ ..] = rest {
            found |= (*first..=*last).contains(&c);
            members = after;
        } else {
            found |= *first == c;
            members = rest;
        }
    }
    found != negated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn patterns_match_as_fnmatch_does() {
        for (pattern, text, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.conf.bak", false),
            ("a*b*c", "aXbYbZc", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[", "[", true),
            ("a**", "a", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn files_are_found_by_pattern_below_a_folder_and_hidden_ones_by_name_only() {
        let host = TestHost::with(&[("/srv/a/one.txt", ""), ("/srv/b/.two", "")]);
        for (pattern, expected) in [
            ("/srv/*/one.txt", true),
            ("/srv/a/one.txt", true),
            ("/srv/*/two", false),
            ("/srv/b/*", false),
            ("/srv/b/.t*", true),
            ("/srv/a/", true),
            ("/srv/a/one.txt/", false),
            ("", false),
        ] {
            assert_eq!(host.any_match(pattern, None), expected, "{pattern}");
        }
        assert!(host.any_match("*/one.txt", Some("/srv")));
    }
}
