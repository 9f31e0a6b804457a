//! Shell patterns as Python's `fnmatch` reads them.

use super::PREFIX;

/// Returns whether the whole of `text` is matched by `pattern` with `*`, `?`, `[seq]` and `[!seq]`.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    match_from(&pattern, &text)
}

/// Returns whether `wanted` means the fact `name`, which has its prefix; patterns may leave the prefix out.
pub fn means(wanted: &str, name: &str) -> bool {
    if wanted.is_empty() || matches(wanted, name) {
        return true;
    }
    let foreign = ["ansible_", "facter", "ohai"].iter().any(|prefix| wanted.starts_with(prefix));
    !foreign && name.strip_prefix(PREFIX).is_some_and(|bare| matches(wanted, bare))
}

fn match_from(pattern: &[char], text: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return text.is_empty() };
    match first {
        '*' => (0..=text.len()).any(|skipped| match_from(rest, &text[skipped..])),
        '?' => !text.is_empty() && match_from(rest, &text[1..]),
        '[' => match class(rest) {
            Some((members, negated, rest)) => text.split_first().is_some_and(|(c, text)| {
                contains(members, *c) != negated && match_from(rest, text)
            }),
            None => text.first() == Some(&'[') && match_from(rest, &text[1..]),
        },
        c => text.first() == Some(c) && match_from(rest, &text[1..]),
    }
}

/// Splits what follows a `[` into the members of the class, whether it is negated, and the rest.
fn class(pattern: &[char]) -> Option<(&[char], bool, &[char])> {
    let negated = pattern.first() == Some(&'!');
    let members = if negated { &pattern[1..] } else { pattern };
    // A `]` in the first place is a member.
    let end = members.iter().skip(1).position(|c| *c == ']')? + 1;
    Some((&members[..end], negated, &members[end + 1..]))
}

fn contains(members: &[char], c: char) -> bool {
    let mut at = 0;
    while at < members.len() {
        if at + 2 < members.len() && members[at + 1] == '-' {
            if (members[at]..=members[at + 2]).contains(&c) {
                return true;
            }
            at += 3;
        } else {
            if members[at] == c {
                return true;
            }
            at += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[", "[", true),
            ("eth[0-9]*", "eth12", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_prefix_may_be_left_out() {
        assert!(means("ansible_kernel", "ansible_kernel"));
        assert!(means("kern*", "ansible_kernel"));
        assert!(!means("ansible_kern", "ansible_kernel"));
        assert!(!means("facter_*", "ansible_facter_x"));
    }
}
