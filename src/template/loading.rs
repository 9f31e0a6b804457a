//! Files that templates include, import or extend.

use std::{path::PathBuf, sync::Arc};

use super::{Env, FileOptions, TemplateError, evaluator::Result, tree::Code};
use crate::diagnostic::{Source, Span};

impl Env<'_> {
    /// Returns the template of a file that another one includes, imports or extends, read as that one was.
    pub(super) fn load(&self, name: &str, options: &FileOptions) -> Result<Arc<Code>> {
        let folders = self.include_path.as_ref().unwrap_or(&self.context.search_path);
        for path in folders.iter().map(|folder| folder.join(name)) {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let source = || Source::new(&*path.to_string_lossy(), &*text);
            let span = || Some(Span::file(&source()));
            return self.context.compiled.file(&text, options, span);
        }
        let more = if folders.len() > 1 { "s" } else { "" };
        let folders: Vec<_> = folders.iter().map(|f| format!("'{}'", f.display())).collect();
        let folders = folders.join(", ");
        Err(TemplateError::runtime(format!("'{name}' not found in search path{more}: {folders}")))
    }
}

/// Returns the folders in which templates of files are looked for: `templates` of each before it.
pub fn with_templates(folders: Vec<PathBuf>) -> Vec<PathBuf> {
    folders.into_iter().flat_map(|folder| [folder.join("templates"), folder]).collect()
}
