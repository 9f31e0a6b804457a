//! What of Python is installed on this machine.

use std::{
    collections::HashSet,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Folders of the virtual environments that pipx and uv made for Ansible.
fn of_tools() -> Vec<PathBuf> {
    let mut tools: Vec<PathBuf> = std::env::var_os("PIPX_HOME")
        .map(|home| PathBuf::from(home).join("venvs"))
        .into_iter()
        .collect();
    tools.extend(std::env::var_os("UV_TOOL_DIR").map(PathBuf::from));
    if let Some(home) = std::env::home_dir() {
        let usual = [".local/share/pipx/venvs", ".local/pipx/venvs", ".local/share/uv/tools"];
        tools.extend(usual.map(|folder| home.join(folder)));
    }
    tools.push(PathBuf::from("/opt/pipx/venvs"));
    let venvs = tools.into_iter().flat_map(std::fs::read_dir).flatten().flatten();
    let named = venvs.filter(|entry| entry.file_name().to_string_lossy().contains("ansible"));
    named.map(|entry| entry.path()).collect()
}

/// Folders of the Pythons that run the `ansible` programs of `PATH`.
fn of_programs() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::split_paths(&path)
        .flat_map(|folder| ["ansible", "ansible-playbook"].map(|name| folder.join(name)));
    let mut found: Vec<PathBuf> = programs.filter_map(|program| interpreted_by(&program)).collect();
    found.dedup();
    found
}

/// Returns the folder of the Python that a script's first line names: `/opt/tools` for `#!/opt/tools/bin/python3`.
fn interpreted_by(script: &Path) -> Option<PathBuf> {
    let mut head = [0; 256];
    let length = File::open(script).ok()?.read(&mut head).ok()?;
    let first = std::str::from_utf8(&head[..length]).ok()?.lines().next()?;
    let program = Path::new(first.strip_prefix("#!")?.split_whitespace().next()?);
    let python = program.file_name()?.to_str()?.starts_with("python");
    let folder = program.parent().filter(|folder| python && folder.ends_with("bin"))?;
    folder.parent().map(Path::to_path_buf)
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
    let environments = of_tools().into_iter().chain(of_programs());
    bases.extend(environments.map(|environment| environment.join("lib")));
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
    let mut seen = HashSet::new();
    found.retain(|folder| folder.is_dir() && seen.insert(folder.clone()));
    found
}

/// The programs that plugins may run with, the best first: those that an Ansible was installed for.
pub(super) fn interpreters() -> Vec<PathBuf> {
    let mut venvs: Vec<PathBuf> =
        std::env::var_os("VIRTUAL_ENV").map(PathBuf::from).into_iter().collect();
    venvs.extend(of_tools());
    venvs.extend(of_programs());
    let mut found: Vec<PathBuf> = venvs
        .into_iter()
        .map(|venv| venv.join("bin/python3"))
        .filter(|program| program.is_file())
        .collect();
    found.push(PathBuf::from("python3"));
    found.push(PathBuf::from("/usr/bin/python3"));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_tells_its_python() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("ansible");
        let check = |text: &[u8], expected: Option<&str>| {
            std::fs::write(&script, text).unwrap();
            assert_eq!(interpreted_by(&script), expected.map(PathBuf::from));
        };
        check(b"#!/opt/tools/bin/python3.12\nimport sys\n", Some("/opt/tools"));
        check(b"#!/opt/tools/bin/python -I\n", Some("/opt/tools"));
        check(b"#!/bin/sh\n", None);
        check(b"\x7fELF\xff\xfe", None);
    }
}
