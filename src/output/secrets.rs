//! Texts that no sink may show.

use std::{
    borrow::Cow,
    ops::Range,
    sync::{Arc, PoisonError, RwLock},
};

use aho_corasick::AhoCorasick;
use rustc_hash::FxHashSet;

/// What is shown instead.
const MASK: &str = "********";
/// Lines of a secret that are masked alone, where it has several.
const LONG_LINE: usize = 12;
/// Secrets that are looked for one by one before all are looked for at once.
const FEW: usize = 16;

/// Secrets of a run: passwords, vault contents, secret parameters; cheap to clone, all clones are one.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    texts: FxHashSet<Arc<str>>,
    /// Finds all but the recent ones in one pass.
    all: Option<AhoCorasick>,
    recent: Vec<Arc<str>>,
}

impl Secrets {
    /// Adds a text that is masked from now on. Very short texts are left out: masking them would mask everything.
    pub fn add(&self, text: &str) {
        let text = text.trim();
        if text.len() < 4 {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.add(text);
        // As results show it.
        let quoted = serde_json::Value::from(text).to_string();
        known.add(&quoted[1..quoted.len() - 1]);
        if text.contains('\n') {
            let lines = text.lines().map(str::trim).filter(|line| line.len() >= LONG_LINE);
            lines.for_each(|line| known.add(line));
        }
        known.settle();
    }

    /// Returns the text with every secret masked.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut ranges: Vec<Range<usize>> = Vec::new();
        if let Some(all) = &known.all {
            ranges.extend(all.find_overlapping_iter(text).map(|found| found.range()));
        }
        for secret in &known.recent {
            let found = text.match_indices(&**secret);
            ranges.extend(found.map(|(at, _)| at..at + secret.len()));
        }
        if ranges.is_empty() {
            return Cow::Borrowed(text);
        }
        // Secrets may lie in or over one another: none may leave its rest.
        ranges.sort_unstable_by_key(|range| range.start);
        let (mut masked, mut done) = (String::with_capacity(text.len()), 0);
        for range in ranges {
            if range.start >= done {
                masked += &text[done..range.start];
                masked += MASK;
            }
            done = done.max(range.end);
        }
        masked += &text[done..];
        Cow::Owned(masked)
    }
}

impl Known {
    fn add(&mut self, text: &str) {
        if !self.texts.contains(text) {
            let text: Arc<str> = text.into();
            self.texts.insert(Arc::clone(&text));
            self.recent.push(text);
        }
    }

    /// Makes one search of all when the recent ones have become many.
    fn settle(&mut self) {
        if self.recent.len() <= FEW.max(self.texts.len() / 4) {
            return;
        }
        let texts = self.texts.iter().map(|text| text.as_bytes());
        let built = AhoCorasick::new(texts);
        if let Ok(all) = built {
            self.all = Some(all);
            self.recent.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_longest_first() {
        let secrets = Secrets::default();
        secrets.add("hunter2");
        secrets.add("hunter2-long");
        secrets.add("no");
        assert_eq!(secrets.mask("a hunter2-long b hunter2 no"), "a ******** b ******** no");
    }

    #[test]
    fn many_secrets_are_masked_in_one_pass() {
        let secrets = Secrets::default();
        for number in 0..1000 {
            secrets.add(&format!("secret-{number}"));
        }
        assert_eq!(secrets.mask("secret-7 secret-999 secret-"), "******** ******** secret-");
    }

    #[test]
    fn a_secret_of_several_lines_is_masked_as_results_show_it() {
        let secrets = Secrets::default();
        secrets.add("first line of it\n\"second\" line\n");
        assert_eq!(
            secrets.mask(r#"{"a": "first line of it\n\"second\" line\n"}"#),
            r#"{"a": "********\n"}"#
        );
        assert_eq!(secrets.mask("-first line of it"), "-********");
    }
}
