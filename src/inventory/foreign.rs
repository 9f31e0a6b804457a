//! Sources whose plugin is none of ours: an ansible-core on this machine reads them, with its collections.

use std::path::Path;

use super::{script, sources::Loader};
use crate::{diagnostic::Diagnostic, plugins::list_source};

/// How the reference begins to say why a plugin could not read a source.
const FAILED: &str = "Failed to parse inventory with 'auto' plugin: ";

/// Reads a source; nothing where there is no ansible-core.
pub(super) fn read(path: &Path, loader: &mut Loader<'_>) -> Option<Result<(), Diagnostic>> {
    let listed = list_source(path, &loader.settings.working_dir)?;
    let said: Vec<&str> = listed.said.split("[WARNING]: ").map(str::trim).collect();
    let Some(json) = listed.json else {
        let why = said.iter().find_map(|text| text.strip_prefix(FAILED));
        let why = why.or(said.last().copied()).and_then(|text| text.lines().next());
        return Some(Err(Diagnostic::bare(why.unwrap_or_default().to_owned())));
    };
    for text in said.iter().filter(|text| !text.is_empty()) {
        loader.warn(*text);
    }
    Some(match serde_json::from_str(&json) {
        Ok(listed) => script::adopt(path, listed, loader).map(|_| ()),
        Err(error) => Err(Diagnostic::bare(format!("{}: {error}", path.display()))),
    })
}
