//! What of Python is installed on this machine.

use std::{path::PathBuf, sync::LazyLock};

/// Folders of the virtual environments that pipx made for Ansible.
fn pipx() -> Vec<PathBuf> {
    let Some(home) = std::env::home_dir() else { return Vec::new() };
    let mut found = Vec::new();
    for tools in [".local/share/pipx/venvs", ".local/pipx/venvs"] {
        let venvs = std::fs::read_dir(home.join(tools)).into_iter().flatten().flatten();
        let named = venvs.filter(|entry| entry.file_name().to_string_lossy().contains("ansible"));
        found.extend(named.map(|entry| entry.path()));
    }
    found
}

/// Returns the folders where Python keeps what was installed, on this machine.
pub fn site_packages() -> &'static [PathBuf] {
    static FOUND: LazyLock<Vec<PathBuf>> = LazyLock::new(find_site_packages);
    &FOUND
}

/// Returns whether an ansible-core lies among Python's packages: it knows more callbacks.
pub fn core_installed() -> bool {
    let mut folders = site_packages().iter();
    folders.any(|folder| folder.join("ansible/plugins/callback").is_dir())
}

/// Returns how collections among Python's packages are found, where they are wanted.
pub fn installed_where(wanted: bool) -> fn() -> &'static [PathBuf] {
    if wanted { installed_collections } else { || &[] }
}

/// Returns the folders `ansible_collections` among Python's packages.
fn installed_collections() -> &'static [PathBuf] {
    static FOUND: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
        let folders = site_packages().iter().map(|folder| folder.join("ansible_collections"));
        folders.filter(|folder| folder.is_dir()).collect()
    });
    &FOUND
}

fn find_site_packages() -> Vec<PathBuf> {
    let mut bases = vec![PathBuf::from("/usr/lib"), PathBuf::from("/usr/local/lib")];
    bases.extend(std::env::home_dir().map(|home| home.join(".local/lib")));
    bases.extend(pipx().into_iter().map(|venv| venv.join("lib")));
    if let Some(venv) = std::env::var_os("VIRTUAL_ENV") {
        bases.insert(0, PathBuf::from(venv).join("lib"));
    }
    let mut found = Vec::new();
    if let Some(named) = std::env::var_os("PYTHONPATH") {
        found.extend(std::env::split_paths(&named));
    }
    for base in bases {
        let mut versions: Vec<PathBuf> = std::fs::read_dir(&base)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("python3"))
            .map(|entry| entry.path())
            .collect();
        versions.sort();
        for version in versions.into_iter().rev() {
            found.push(version.join("site-packages"));
            found.push(version.join("dist-packages"));
        }
    }
    found.retain(|folder| folder.is_dir());
    found
}

/// The programs that plugins may run with, the best first: those that an Ansible was installed for.
pub(super) fn interpreters() -> Vec<PathBuf> {
    let mut venvs: Vec<PathBuf> =
        std::env::var_os("VIRTUAL_ENV").map(PathBuf::from).into_iter().collect();
    venvs.extend(pipx());
    let mut found: Vec<PathBuf> = venvs
        .into_iter()
        .map(|venv| venv.join("bin/python3"))
        .filter(|program| program.is_file())
        .collect();
    found.push(PathBuf::from("python3"));
    found.push(PathBuf::from("/usr/bin/python3"));
    found
}
