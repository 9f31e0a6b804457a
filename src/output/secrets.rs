//! Texts that no sink may show.

use std::{
    borrow::Cow,
    sync::{Arc, PoisonError, RwLock},
};

/// What is shown instead.
const MASK: &str = "********";

/// Secrets of a run: passwords, vault contents, secret parameters; cheap to clone, all clones are one.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Vec<String>>>);

impl Secrets {
    /// Adds a text that is masked from now on. Very short texts are left out: masking them would mask everything.
    pub fn add(&self, text: &str) {
        let text = text.trim();
        if text.len() < 4 {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().any(|secret| secret == text) {
            known.push(text.to_owned());
            // Longer ones first, so that a secret inside of another does not leave its rest.
            known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    /// Returns the text with every secret masked.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for secret in known.iter() {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret.as_str(), MASK));
            }
        }
        text
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
}
