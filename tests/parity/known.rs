//! The list of cases in which windlass knowingly differs, each with its reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Reads `group/name: reason` lines.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let mut known = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let (name, reason) =
            line.split_once(':').ok_or_else(|| format!("`{line}` gives no reason"))?;
        if reason.trim().is_empty() {
            return Err(format!("`{name}` gives no reason"));
        }
        known.insert(name.trim().to_owned(), reason.trim().to_owned());
    }
    Ok(known)
}
