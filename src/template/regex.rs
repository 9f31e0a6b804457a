//! Python's regular expressions, kept compiled.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use windlass_modules::pattern::{Flags, Pattern};

/// Patterns beyond which the kept ones are forgotten: made from data, they would never end.
const MAX_KEPT: usize = 1000;

type Kept = HashMap<(String, u8), Arc<Pattern>>;

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// Returns a pattern, compiled once.
pub(crate) fn pattern(
    text: &str,
    ignore_case: bool,
    multi_line: bool,
) -> Result<Arc<Pattern>, String> {
    let key = (text.to_owned(), u8::from(ignore_case) | u8::from(multi_line) << 1);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pattern) = kept.get(&key) {
        return Ok(Arc::clone(pattern));
    }
    let flags = Flags { ignore_case, multi_line, ..Flags::default() };
    let pattern = Arc::new(Pattern::new(text, flags)?);
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
    kept.insert(key, Arc::clone(&pattern));
    Ok(pattern)
}
