//! Which modules and actions there are, for templates that ask: whoever prepares a run says it.

use std::sync::OnceLock;

type Asked = Box<dyn Fn(&str) -> bool + Send + Sync>;

static KNOWN: OnceLock<Asked> = OnceLock::new();

/// Hands over what knows it; the first call holds.
pub fn use_modules(known: impl Fn(&str) -> bool + Send + Sync + 'static) {
    let _ = KNOWN.set(Box::new(known));
}

pub(super) fn exists(name: &str) -> bool {
    KNOWN.get().is_some_and(|known| known(name))
}
