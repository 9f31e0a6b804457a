//! Differences between lines as Python's `difflib` finds them: which lines stay decides what a diff shows.

use rustc_hash::FxHashMap;

use super::lines;

/// Lines of both sides: equal, or replaced by one another (one of the two may be empty).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub equal: bool,
    pub before: (usize, usize),
    pub after: (usize, usize),
}

/// Returns the changes in groups that are shown together, with `context` lines around each.
pub fn groups(before: &[&str], after: &[&str], context: usize) -> Vec<Vec<Change>> {
    let mut changes = changes(before, after);
    if let Some(first) = changes.first_mut().filter(|change| change.equal) {
        first.before.0 = first.before.0.max(first.before.1.saturating_sub(context));
        first.after.0 = first.after.0.max(first.after.1.saturating_sub(context));
    }
    if let Some(last) = changes.last_mut().filter(|change| change.equal) {
        last.before.1 = last.before.1.min(last.before.0 + context);
        last.after.1 = last.after.1.min(last.after.0 + context);
    }
    let mut groups = Vec::new();
    let mut group = Vec::new();
    for mut change in changes {
        let len = change.before.1 - change.before.0;
        if change.equal && len > context * 2 {
            let (before, after) = (change.before, change.after);
            group.push(Change {
                before: (before.0, before.0 + context),
                after: (after.0, after.0 + context),
                ..change
            });
            groups.push(std::mem::take(&mut group));
            change.before.0 = before.1 - context;
            change.after.0 = after.1 - context;
        }
        group.push(change);
    }
    groups.push(group);
    groups.retain(|group| group.iter().any(|change| !change.equal));
    groups
}

/// Returns lines that differ with the signs of a unified diff, without the names above them.
pub fn unified(before: &str, after: &str, context: usize) -> Vec<(char, String)> {
    let (before, after) = (lines(before, true), lines(after, true));
    let mut shown = Vec::new();
    for group in groups(&before, &after, context) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old = range(first.before.0, last.before.1);
        let new = range(first.after.0, last.after.1);
        shown.push(('@', format!("@@ -{old} +{new} @@\n")));
        for change in &group {
            let old = before[change.before.0..change.before.1].iter();
            if change.equal {
                shown.extend(old.map(|line| (' ', (*line).to_owned())));
                continue;
            }
            shown.extend(old.map(|line| ('-', (*line).to_owned())));
            let new = after[change.after.0..change.after.1].iter();
            shown.extend(new.map(|line| ('+', (*line).to_owned())));
        }
    }
    shown
}

/// Lines from `start` to `end` as `difflib` counts them.
fn range(start: usize, end: usize) -> String {
    match end - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        len => format!("{},{len}", start + 1),
    }
}

/// All changes from the beginning to the end.
fn changes(before: &[&str], after: &[&str]) -> Vec<Change> {
    let mut found = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (at, there, len) in Matcher::new(before, after).blocks() {
        if i < at || j < there {
            found.push(Change { equal: false, before: (i, at), after: (j, there) });
        }
        if len > 0 {
            found.push(Change { equal: true, before: (at, at + len), after: (there, there + len) });
        }
        (i, j) = (at + len, there + len);
    }
    found
}

struct Matcher<'a> {
    before: &'a [&'a str],
    after: &'a [&'a str],
    /// Where each line is in `after`; lines that are everywhere in a long text tell nothing and are left out.
    places: FxHashMap<&'a str, Vec<usize>>,
    /// How long the run is that ends at a line of `after`, for the line before and for this one.
    runs: [Vec<usize>; 2],
}

impl<'a> Matcher<'a> {
    fn new(before: &'a [&'a str], after: &'a [&'a str]) -> Matcher<'a> {
        let mut places: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (at, line) in after.iter().enumerate() {
            places.entry(line).or_default().push(at);
        }
        if after.len() >= 200 {
            let limit = after.len() / 100 + 1;
            places.retain(|_, at| at.len() <= limit);
        }
        let runs = [vec![0; after.len() + 1], vec![0; after.len() + 1]];
        Matcher { before, after, places, runs }
    }

    /// Runs of equal lines in their order, neighbours joined, and an empty one at the end.
    fn blocks(mut self) -> Vec<(usize, usize, usize)> {
        let (all_before, all_after) = (self.before.len(), self.after.len());
        let mut open = vec![((0, all_before), (0, all_after))];
        let mut found = Vec::new();
        while let Some((before, after)) = open.pop() {
            let (i, j, len) = self.longest(before, after);
            if len == 0 {
                continue;
            }
            found.push((i, j, len));
            if before.0 < i && after.0 < j {
                open.push(((before.0, i), (after.0, j)));
            }
            if i + len < before.1 && j + len < after.1 {
                open.push(((i + len, before.1), (j + len, after.1)));
            }
        }
        found.sort_unstable();
        let mut joined: Vec<(usize, usize, usize)> = Vec::new();
        for (i, j, len) in found {
            match joined.last_mut() {
                Some(last) if last.0 + last.2 == i && last.1 + last.2 == j => last.2 += len,
                _ => joined.push((i, j, len)),
            }
        }
        joined.push((all_before, all_after, 0));
        joined
    }

    /// The longest run of equal lines within these bounds, the first of those.
    fn longest(&mut self, before: (usize, usize), after: (usize, usize)) -> (usize, usize, usize) {
        let (mut best_i, mut best_j, mut best) = (before.0, after.0, 0);
        let none = Vec::new();
        // The places that hold a run of the line before.
        let mut old: &[usize] = &[];
        for i in before.0..before.1 {
            let places = self.places.get(self.before[i]).unwrap_or(&none);
            let first = places.partition_point(|at| *at < after.0);
            let end = places.partition_point(|at| *at < after.1);
            let now = &places[first..end];
            let [last, next] = &mut self.runs;
            for &j in now {
                // Runs stand one place further, so that the first line has one before it.
                let len = last[j] + 1;
                next[j + 1] = len;
                if len > best {
                    (best_i, best_j, best) = (i + 1 - len, j + 1 - len, len);
                }
            }
            for &j in old {
                last[j + 1] = 0;
            }
            old = now;
            self.runs.swap(0, 1);
        }
        for &j in old {
            self.runs[0][j + 1] = 0;
        }
        while best_i > before.0
            && best_j > after.0
            && self.before[best_i - 1] == self.after[best_j - 1]
        {
            (best_i, best_j, best) = (best_i - 1, best_j - 1, best + 1);
        }
        while best_i + best < before.1
            && best_j + best < after.1
            && self.before[best_i + best] == self.after[best_j + best]
        {
            best += 1;
        }
        (best_i, best_j, best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter a line; what is shown has signs before it.
    fn shown(before: &str, after: &str) -> String {
        let letters = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let (before, after) = (letters(before), letters(after));
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        let after: Vec<&str> = after.iter().map(String::as_str).collect();
        let mut text = String::new();
        for Change { equal, before: (i, k), after: (j, l) } in changes(&before, &after) {
            if equal {
                text.push_str(&before[i..k].concat());
            } else {
                text.push_str(&format!("[-{}+{}]", before[i..k].concat(), after[j..l].concat()));
            }
        }
        text
    }

    #[test]
    fn the_longest_run_stays() {
        assert_eq!(shown("qabxcd", "abycdf"), "[-q+]ab[-x+y]cd[-+f]");
        assert_eq!(shown("", "a"), "[-+a]");
        assert_eq!(shown("abcd", "bcda"), "[-a+]bcd[-+a]");
        assert_eq!(shown("xaxbxc", "abcxb"), "[-x+]a[-+bc]xb[-xc+]");
    }

    #[test]
    fn far_changes_are_groups_of_their_own() {
        let before = ["a", "1", "2", "3", "4", "b"];
        let after = ["A", "1", "2", "3", "4", "B"];
        let spans = |context| -> Vec<_> {
            let groups = groups(&before, &after, context);
            groups
                .iter()
                .map(|group| (group[0].before.0, group[group.len() - 1].before.1))
                .collect()
        };
        assert_eq!(spans(1), [(0, 2), (4, 6)]);
        assert_eq!(spans(2), [(0, 6)]);
        assert!(groups(&before, &before, 3).is_empty());
    }

    #[test]
    fn lines_end_where_python_sees_ends() {
        assert_eq!(lines("a\r\nb\rc\u{2028}d", true), ["a\r\n", "b\r", "c\u{2028}", "d"]);
        assert_eq!(lines("", true), Vec::<&str>::new());
    }
}
