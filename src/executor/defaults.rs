//! What `module_defaults` speak of: the modules, actions and groups of these names must exist.

use std::path::{Path, PathBuf};

use super::strategy::Batch;
use crate::{
    actions,
    diagnostic::Diagnostic,
    playbook::{Collections, Entry, Keyword, Keywords, foreign_in},
    value::Value,
};

/// Returns the modules and groups that some defaults are for.
pub(crate) fn names_of_defaults(value: &Value) -> Vec<String> {
    let levels = match value {
        Value::List(list) => list.to_vec(),
        one => vec![one.clone()],
    };
    let dicts = levels.iter().filter_map(Value::as_dict);
    let names = dicts.flat_map(|dict| dict.keys()).filter_map(Value::as_str);
    names.map(ToOwned::to_owned).collect()
}

/// Returns what is said of a name in defaults that nothing has; `brings` says what folders of modules have.
pub(crate) fn missing_default(
    name: &str,
    collections: &Collections,
    dir: &Path,
    brings: &dyn Fn(&str) -> bool,
) -> Option<String> {
    if let Some(group) = name.strip_prefix("group/") {
        let is_whole = group.split('.').count() > 2;
        let full = if is_whole { group.to_owned() } else { format!("ansible.builtin.{group}") };
        let is_known = actions::published(&full).is_some()
            || collections.is_in_group(dir, group, "").is_some();
        return (!is_known).then(|| {
            format!(
                "Error loading module_defaults: could not resolve the module_defaults group {full}"
            )
        });
    }
    let short = actions::short_name(name);
    let is_known = actions::exists(name)
        || actions::published(name).is_some()
        || collections.has_module(dir, name)
        || (!short.contains('.') && brings(short));
    let full = if name.contains('.') { name.to_owned() } else { format!("ansible.legacy.{name}") };
    (!is_known).then(|| format!("Could not resolve action {full} in module_defaults"))
}

impl Batch<'_> {
    /// Refuses defaults for what there is not, among keywords and entries that are included while the run is under way.
    pub(super) fn check_defaults(
        &self,
        applied: &Keywords,
        entries: &[Entry],
        role_dirs: &[PathBuf],
    ) -> Result<(), Diagnostic> {
        if let Some((value, span)) = applied.get(Keyword::ModuleDefaults) {
            let dir = &self.play.play.dir;
            let mut dirs = role_dirs.to_vec();
            dirs.push(dir.clone());
            let settings = &self.run.settings;
            let (library, plugins) = (&settings.library.value, &settings.action_plugins.value);
            let brings = |name: &str| foreign_in(&dirs, name, library, plugins).is_some();
            for name in names_of_defaults(value) {
                if let Some(message) = missing_default(&name, &self.run.collections, dir, &brings) {
                    let place = span.find(&name).unwrap_or_else(|| span.clone());
                    return Err(Diagnostic::error(&place, message).label("nothing has this name"));
                }
            }
        }
        for entry in entries {
            match entry {
                Entry::Task(task) => self.check_defaults(&task.level.keywords, &[], role_dirs)?,
                Entry::Block(block) => {
                    self.check_defaults(&block.level.keywords, &block.body, role_dirs)?;
                    self.check_defaults(&Keywords::default(), &block.rescue, role_dirs)?;
                    self.check_defaults(&Keywords::default(), &block.always, role_dirs)?;
                }
            }
        }
        Ok(())
    }
}
