//! Files by shell patterns, as Python's `glob` finds them.

use std::path::Path;

use crate::paths;

/// Returns the files, not folders, that a pattern matches, in the order of their names.
pub(crate) fn files(pattern: &str) -> Vec<String> {
    let mut found = paths(pattern);
    found.retain(|path| Path::new(path).is_file());
    found
}

/// Returns the paths that a pattern matches, in the order of their names.
pub(crate) fn paths(pattern: &str) -> Vec<String> {
    let rooted = pattern.starts_with('/');
    let mut found = vec![if rooted { "/".to_owned() } else { String::new() }];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut longer = Vec::new();
        for base in &found {
            let join = |name: &str| match base.as_str() {
                "" => name.to_owned(),
                base if base.ends_with('/') => format!("{base}{name}"),
                base => format!("{base}/{name}"),
            };
            if !part.contains(['*', '?', '[']) {
                let path = join(part);
                if Path::new(&path).symlink_metadata().is_ok() {
                    longer.push(path);
                }
                continue;
            }
            let folder = if base.is_empty() { "." } else { base };
            let names = paths::entries(Path::new(folder));
            let pattern: Vec<char> = part.chars().collect();
            longer.extend(
                names
                    .iter()
                    .filter(|name| !name.starts_with('.') || part.starts_with('.'))
                    .filter(|name| matches(&pattern, &name.chars().collect::<Vec<_>>()))
                    .map(|name| join(name)),
            );
        }
        found = longer;
    }
    found
}

/// Returns whether a name matches a shell pattern: `*`, `?`, `[a-z]`, `[!a]`.
pub(crate) fn matches(pattern: &[char], name: &[char]) -> bool {
    match pattern {
        [] => name.is_empty(),
        ['*', rest @ ..] => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
        ['?', rest @ ..] => !name.is_empty() && matches(rest, &name[1..]),
        ['[', rest @ ..] => {
            let Some((&letter, tail)) = name.split_first() else { return false };
            let (negated, set) = match rest {
                ['!', set @ ..] => (true, set),
                set => (false, set),
            };
            let Some(end) = set.iter().skip(1).position(|c| *c == ']').map(|at| at + 1) else {
                return letter == '[' && matches(rest, tail);
            };
            let mut held = false;
            let mut at = 0;
            while at < end {
                if at + 2 < end && set[at + 1] == '-' {
                    held |= (set[at]..=set[at + 2]).contains(&letter);
                    at += 3;
                } else {
                    held |= set[at] == letter;
                    at += 1;
                }
            }
            held != negated && matches(&set[end + 1..], tail)
        }
        [wanted, rest @ ..] => name.first() == Some(wanted) && matches(rest, &name[1..]),
    }
}
