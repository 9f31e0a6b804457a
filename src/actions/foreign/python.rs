//! Python modules that import `ansible.module_utils`: packed with what they import, run by the host's Python.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

use super::zip::Zip;
use crate::{
    executor::{Call, Failure},
    plugins::site_packages,
    remote::Content,
};

/// What is sent for a module.
pub(super) struct Packed {
    /// The module itself and whatever is its own: an archive that runs.
    pub(super) module: Vec<u8>,
    /// The library, the same for all modules.
    pub(super) library: Content,
    pub(super) hash: String,
}

/// What runs in the archive: it makes the library known and runs the module as a program.
const MAIN: &str = include_str!("main.py");

/// Packages of which the archive has a part.
const LIBRARY: [&str; 2] = ["ansible", "ansible/module_utils"];

/// Begins a package of the archive that goes on in the library, for other programs that are started with the archive, too.
const GOES_ON: &str = r#"import os
__path__ = [__path__[0], os.path.join(os.environ["WINDLASS_LIBRARY"], "@FOLDER@")]
"#;

/// Returns whether a module imports what only the library has.
pub(super) fn is_python(text: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        let imports = line.starts_with("from ") || line.starts_with("import ");
        imports && (line.contains("ansible.module_utils") || line.contains("ansible_collections."))
            || imports && line.contains("module_utils.") && line.starts_with("from ..")
    })
}

/// Packs a module.
pub(super) fn pack(
    call: &Call<'_>,
    name: &str,
    path: &Path,
    text: &str,
) -> Result<Packed, Failure> {
    let core = site_packages()
        .iter()
        .map(|folder| folder.join("ansible/module_utils"))
        .find(|folder| folder.join("basic.py").is_file())
        .ok_or_else(|| {
            Failure::action(format!(
                "The module {name} ({}) is written in Python and imports ansible.module_utils, whose sources were not found on the controller: install ansible-core there (`pip install ansible-core`), or set PYTHONPATH to the folder that holds its package `ansible`.",
                path.display()
            ))
        })?;
    let (hash, library) = library(&core)
        .map_err(|error| Failure::action(format!("cannot read {}: {error}", core.display())))?;
    let mut own: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let full = module_path(path);
    own.insert(format!("{}.py", full.replace('.', "/")), text.as_bytes().to_vec());
    add_utils(call, &mut own)?;
    add_collections(call, path, text, &mut own);
    // Packages of the library stay its own; every other folder is one of ours.
    let folders: Vec<String> = own
        .keys()
        .flat_map(|name| name.match_indices('/').map(|(at, _)| name[..at].to_owned()))
        .filter(|folder| !LIBRARY.contains(&folder.as_str()))
        .collect();
    for folder in folders {
        own.entry(format!("{folder}/__init__.py")).or_default();
    }
    for folder in LIBRARY {
        let text = GOES_ON.replace("@FOLDER@", folder);
        own.insert(format!("{folder}/__init__.py"), text.into_bytes());
    }
    let main = MAIN
        .replace("@NAME@", &full)
        .replace("@FULL@", &published_name(name))
        .replace("@OPEN_FILES@", &open_files(call).to_string());
    own.insert("__main__.py".to_owned(), main.into_bytes());
    let mut zip = Zip::default();
    for (name, content) in &own {
        zip.add(name, content);
    }
    Ok(Packed { module: zip.finish(), library, hash })
}

/// The name of a module with its collection.
fn published_name(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("ansible.legacy.{name}") }
}

/// How many files a module may open; as many as the host has it, where that is 0.
fn open_files(call: &Call<'_>) -> i64 {
    let setting = &call.run.settings.python_module_rlimit_nofile;
    let given = call.env.value("ansible_python_module_rlimit_nofile").ok().flatten();
    let given = given.map_or_else(|| setting.value.clone(), |value| value.to_text());
    given.trim().parse().unwrap_or_default()
}

/// The name under which a module runs: that of its collection, or that of one of the reference's own, from which relative
/// imports lead to `module_utils` of roles and playbooks.
fn module_path(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_");
    let parts: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    match parts.iter().position(|part| part == "ansible_collections") {
        Some(at) => parts[at..].join("."),
        None => format!("ansible.modules.{stem}"),
    }
}

/// The library of an installed ansible-core, packed once.
fn library(core: &Path) -> std::io::Result<(String, Content)> {
    type Kept = HashMap<PathBuf, (String, Arc<[u8]>)>;
    static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((hash, bytes)) = kept.get(core) {
        return Ok((hash.clone(), Content::Bytes(Arc::clone(bytes))));
    }
    let mut found = BTreeMap::new();
    add_tree(core, "ansible/module_utils", &mut found)?;
    let package = core.parent().unwrap_or(core);
    found.insert("ansible/__init__.py".to_owned(), Vec::new());
    if let Ok(release) = std::fs::read(package.join("release.py")) {
        found.insert("ansible/release.py".to_owned(), release);
    }
    let mut zip = Zip::default();
    for (name, content) in &found {
        zip.add(name, content);
    }
    let bytes: Arc<[u8]> = zip.finish().into();
    let hash: String =
        Sha256::digest(&bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    kept.insert(core.to_owned(), (hash.clone(), Arc::clone(&bytes)));
    Ok((hash, Content::Bytes(bytes)))
}

/// Adds the Python sources below a folder.
#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "as Python names its modules")]
fn add_tree(
    folder: &Path,
    name: &str,
    found: &mut BTreeMap<String, Vec<u8>>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let own = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if path.is_dir() {
            if !matches!(own.as_str(), "__pycache__" | "powershell" | "csharp") {
                add_tree(&path, &format!("{name}/{own}"), found)?;
            }
        } else if own.ends_with(".py") {
            found.insert(format!("{name}/{own}"), std::fs::read(&path)?);
        }
    }
    Ok(())
}

/// Adds what lies in `module_utils` of the playbook and its roles.
fn add_utils(call: &Call<'_>, own: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for base in call.names.search_path() {
        folders.push(base.join("module_utils"));
        folders.extend(base.parent().map(|above| above.join("module_utils")));
    }
    folders.extend(call.run.settings.module_utils.value.iter().cloned());
    // The nearest wins.
    for folder in folders.iter().rev().filter(|folder| folder.is_dir()) {
        add_tree(folder, "ansible/module_utils", own).map_err(|error| {
            Failure::action(format!("cannot read {}: {error}", folder.display()))
        })?;
    }
    Ok(())
}

/// Adds `module_utils` of the collections that a module, or what was added, speaks of.
fn add_collections(call: &Call<'_>, path: &Path, text: &str, own: &mut BTreeMap<String, Vec<u8>>) {
    let roots = super::collection_roots(call);
    let mut wanted: Vec<String> = collections_in(text);
    let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if let Some(at) = parts.iter().position(|part| part == "ansible_collections")
        && let [namespace, name, ..] = &parts[at + 1..]
    {
        wanted.push(format!("{namespace}/{name}"));
    }
    let mut known: Vec<String> = Vec::new();
    while let Some(collection) = wanted.pop() {
        if known.contains(&collection) {
            continue;
        }
        known.push(collection.clone());
        let below = format!("{collection}/plugins/module_utils");
        let Some(folder) = roots.iter().map(|root| root.join(&below)).find(|dir| dir.is_dir())
        else {
            continue;
        };
        let mut found = BTreeMap::new();
        // What cannot be read is missed by the module, in its own words.
        let _ = add_tree(&folder, &format!("ansible_collections/{below}"), &mut found);
        for content in found.values() {
            wanted.extend(collections_in(&String::from_utf8_lossy(content)));
        }
        own.append(&mut found);
    }
}

/// The collections whose library a text imports: `community/general`.
fn collections_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, start) in text.match_indices("ansible_collections.") {
        let mut names = text[at + start.len()..].split(|c: char| c != '_' && !c.is_alphanumeric());
        if let (Some(namespace), Some(name)) = (names.next(), names.next()) {
            found.push(format!("{namespace}/{name}"));
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_tell_what_a_module_is() {
        assert!(is_python(
            "#!/usr/bin/python\nfrom ansible.module_utils.basic import AnsibleModule\n"
        ));
        assert!(is_python("    import ansible.module_utils.basic"));
        assert!(!is_python("#!/usr/bin/python\nimport json\n# ansible.module_utils\n"));
        assert_eq!(
            collections_in(
                "from ansible_collections.community.general.plugins.module_utils.x import y"
            ),
            ["community/general"]
        );
        let path = Path::new("/x/ansible_collections/a/b/plugins/modules/m.py");
        assert_eq!(module_path(path), "ansible_collections.a.b.plugins.modules.m");
        assert_eq!(module_path(Path::new("/r/library/my-mod.py")), "ansible.modules.my_mod");
    }
}
