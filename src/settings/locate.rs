//! Which `ansible.cfg` counts.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use super::Environment;
use crate::diagnostic::Diagnostic;

/// The file that counts, and what was passed over.
#[derive(Debug, Default)]
pub struct Located {
    pub path: Option<PathBuf>,
    pub warnings: Vec<Diagnostic>,
}

/// Returns the first of: `ANSIBLE_CONFIG`, the working folder unless everybody may write to it, the home folder, `/etc/ansible`.
pub(super) fn config_file(environment: &Environment) -> Located {
    let mut located = Located::default();
    let mut candidates = Vec::new();
    if let Some(named) = environment.get("ANSIBLE_CONFIG").filter(|path| !path.is_empty()) {
        let named = match named.strip_prefix("~/") {
            Some(rest) => environment.home().join(rest),
            None => environment.working_dir.join(named),
        };
        let named = if named.is_dir() { named.join("ansible.cfg") } else { named };
        candidates.push(named);
    }
    let here = &environment.working_dir;
    let local = here.join("ansible.cfg");
    let mode = std::fs::metadata(here).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o002 == 0 {
        candidates.push(local);
    } else if local.exists() && candidates.is_empty() {
        located.warnings.push(
            Diagnostic::bare(format!(
                "Ansible is being run in a world writable directory ({}), ignoring it as an ansible.cfg source. For more \
                 information see https://docs.ansible.com/ansible/devel/reference_appendices/config.html#cfg-in-world-writable-dir",
                here.display()
            ))
            .warning(),
        );
    }
    candidates.push(environment.home().join(".ansible.cfg"));
    candidates.push(PathBuf::from("/etc/ansible/ansible.cfg"));
    located.path = candidates.into_iter().find(|path| path.exists());
    located
}
