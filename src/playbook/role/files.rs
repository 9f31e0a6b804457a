//! What lies in a role's folders: its variables, specifications, and the files that a use of it names.

use std::path::{Path, PathBuf};

use super::call::RoleCall;
use crate::{
    diagnostic::Diagnostic,
    paths::{self, normal},
    playbook::load::Loader,
    value::{Dict, Value},
    yaml::Node,
};

impl Loader<'_> {
    /// Refuses a file that a use of a role names and that is none of its own; links may lead anywhere.
    pub(super) fn is_inside(
        &self,
        path: &Path,
        role_dir: &Path,
        folder: &str,
        call: &RoleCall,
    ) -> bool {
        let base = role_dir.join(folder);
        if normal(path).starts_with(normal(&base)) {
            return true;
        }
        self.error(Diagnostic::error(
            &call.span,
            format!(
                "Failed loading '{}' for role ({}) as it is not inside the expected role path: '{}'",
                path.display(),
                call.name,
                base.display()
            ),
        ));
        false
    }

    /// Reads a role's variables from a file; their names need not be such as expressions can use.
    fn vars_of(&self, node: &Node, folder: &str, call: &RoleCall) -> Dict {
        let mut vars = Dict::new();
        if node.is_null() {
            return vars;
        }
        let Some(entries) = node.as_mapping() else {
            let message = format!(
                "The {folder}/main.yml file for role '{}' must contain a dictionary of variables",
                call.name
            );
            self.error(Diagnostic::error(&node.span, message).label("not a mapping"));
            return vars;
        };
        for (key, value) in entries {
            if let Some(name) = key.as_str() {
                self.reserved(name, &key.span);
            }
            vars.insert_from(key.to_value(), value.to_value(), Some(value.origin()));
        }
        vars
    }

    pub(super) fn role_vars(
        &self,
        role_dir: &Path,
        folder: &str,
        name: Option<&str>,
        call: &RoleCall,
    ) -> Dict {
        let mut vars = Dict::new();
        let main = role_dir.join(folder).join(name.unwrap_or("main"));
        if main.is_dir() {
            let mut files = Vec::new();
            collect_files(&main, &mut files);
            for path in files {
                if let Some(node) = self.read_optional(Some(path)) {
                    vars.combine(self.vars_of(&node, folder, call), false);
                }
            }
            return vars;
        }
        match (role_file(role_dir, folder, name.unwrap_or("main")), name) {
            (Some(path), _) => {
                if self.is_inside(&path, role_dir, folder, call)
                    && let Some(node) = self.read_optional(Some(path))
                {
                    vars = self.vars_of(&node, folder, call);
                }
            }
            (None, Some(name)) => self.missing_file(role_dir, folder, name, call),
            (None, None) => (),
        }
        vars
    }

    /// Says that a role has no file of the name that it is used with. Where it has not even the folder, nobody looks.
    pub(super) fn missing_file(&self, role_dir: &Path, folder: &str, name: &str, call: &RoleCall) {
        if role_dir.join(folder).is_dir() && role_file(role_dir, folder, name).is_none() {
            let message = format!("Could not find specified file in role: {folder}/{name}");
            self.error(Diagnostic::error(&call.span, message));
        }
    }

    pub(super) fn argument_specs(&self, role_dir: &Path, meta: Option<&Node>) -> Option<Value> {
        let own = self.read_optional(role_file(role_dir, "meta", "argument_specs"));
        let node = own.as_ref().and_then(|node| node.get("argument_specs"));
        let node = node.or_else(|| meta?.get("argument_specs"));
        node.map(|(_, node)| node.to_value())
    }

    pub(super) fn read_optional(&self, path: Option<PathBuf>) -> Option<Node> {
        (*self.file(&path?, None)?).clone()
    }
}

/// `tasks/main.yml`, `.yaml`, `.json` or without an ending.
pub(super) fn role_file(role_dir: &Path, folder: &str, name: &str) -> Option<PathBuf> {
    let base = role_dir.join(folder);
    let candidates =
        [".yml", ".yaml", ".json", ""].map(|ending| base.join(format!("{name}{ending}")));
    let own = base.join(name);
    std::iter::once(own)
        .filter(|path| path.extension().is_some())
        .chain(candidates)
        .find(|path| path.is_file())
}

fn collect_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for name in paths::entries(folder) {
        let path = folder.join(&name);
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        if path.is_dir() {
            collect_files(&path, into);
        } else if matches!(
            path.extension().and_then(|ending| ending.to_str()),
            Some("yml" | "yaml" | "json") | None
        ) {
            into.push(path);
        }
    }
}
