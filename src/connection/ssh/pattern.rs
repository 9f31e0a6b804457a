//! OpenSSH's patterns: `*`, `?`, lists with commas and negation.

/// Returns true when the whole text fits the pattern.
pub(super) fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut t, mut p) = (0, 0);
    // Where to resume after the last `*`, with one more byte taken by it.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((t, p + 1));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                t += 1;
                p += 1;
            }
            _ => match &mut retry {
                Some((from, after)) => {
                    *from += 1;
                    t = *from;
                    p = *after;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

/// How a text fares against a list of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Match,
    /// A pattern with `!` fits: no other pattern of the list counts.
    Negated,
    NoMatch,
}

/// Compares a text with patterns, of which those that start with `!` forbid.
pub(super) fn judge<'a>(text: &str, patterns: impl IntoIterator<Item = &'a str>) -> Verdict {
    let mut verdict = Verdict::NoMatch;
    for pattern in patterns {
        if let Some(pattern) = pattern.strip_prefix('!') {
            if matches(text, pattern) {
                return Verdict::Negated;
            }
        } else if matches(text, pattern) {
            verdict = Verdict::Match;
        }
    }
    verdict
}

/// Compares a text with a list in one word, separated by commas; case does not count.
pub(super) fn judge_list(text: &str, list: &str) -> Verdict {
    let list = list.to_lowercase();
    judge(&text.to_lowercase(), list.split(','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_fit_as_in_a_shell() {
        for (text, pattern, expected) in [
            ("web1.example.com", "*.example.com", true),
            ("web1.example.com", "web?.*", true),
            ("web12.example.com", "web?.*", false),
            ("", "*", true),
            ("", "", true),
            ("a", "", false),
            ("aXbXc", "a*b*c", true),
            ("aXbXd", "a*b*c", false),
            ("abcabc", "*abc", true),
        ] {
            assert_eq!(matches(text, pattern), expected, "{text} against {pattern}");
        }
    }

    #[test]
    fn a_negated_pattern_wins_over_any_other() {
        assert_eq!(judge_list("web1", "web*,!web1"), Verdict::Negated);
        assert_eq!(judge_list("web2", "!web1,web*"), Verdict::Match);
        assert_eq!(judge_list("web2", "!web1"), Verdict::NoMatch);
        assert_eq!(judge_list("WEB2", "Web*"), Verdict::Match);
    }
}
