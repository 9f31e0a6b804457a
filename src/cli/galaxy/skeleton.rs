//! What a new role or collection begins with.

use std::{fs, path::Path};

const ROLE_README: &str = "# NAME\n\nWhat this role does, in a sentence.\n\n## Variables\n\n| Name | Default | Meaning |\n|---|---|---|\n\n## Example\n\n```yaml\n- hosts: servers\n  roles:\n    - NAME\n```\n";

const ROLE_META: &str = "galaxy_info:\n  author: your name\n  description: what this role does\n  license: license of this role\n  min_ansible_version: \"2.16\"\n  galaxy_tags: []\ndependencies: []\n";

const ROLE: [(&str, &str); 8] = [
    ("README.md", ROLE_README),
    ("defaults/main.yml", "---\n# Variables that whoever uses NAME may set.\n"),
    ("handlers/main.yml", "---\n# Handlers of NAME.\n"),
    ("meta/main.yml", ROLE_META),
    ("tasks/main.yml", "---\n# Tasks of NAME.\n"),
    ("tests/inventory", "localhost ansible_connection=local\n"),
    ("tests/test.yml", "---\n- hosts: localhost\n  roles:\n    - NAME\n"),
    ("vars/main.yml", "---\n# Variables that NAME needs as they are.\n"),
];

const COLLECTION: [(&str, &str); 4] = [
    ("README.md", "# NAMESPACE.NAME\n\nWhat this collection is for, in a sentence.\n"),
    (
        "galaxy.yml",
        "# What identifies the collection.\nnamespace: NAMESPACE\nname: NAME\nversion: 1.0.0\nreadme: README.md\nauthors:\n  - your name <you@example.com>\n\n# What its users should know.\ndescription: what this collection is for\nlicense: []\nlicense_file: ''\ntags: []\ndependencies: {}\nrepository: ''\ndocumentation: ''\nhomepage: ''\nissues: ''\n\n# Patterns of files that stay out of the archive.\nbuild_ignore: []\n",
    ),
    (
        "meta/runtime.yml",
        "---\n# Versions of ansible-core that the collection works with.\nrequires_ansible: '>=2.16'\n",
    ),
    (
        "plugins/README.md",
        "Each kind of plugin has a folder here: modules, action, filter, lookup, ...\n",
    ),
];

/// Writes a new role.
pub(super) fn role(dir: &Path, name: &str) -> std::io::Result<()> {
    for (path, text) in ROLE {
        write(&dir.join(path), &text.replace("NAME", name))?;
    }
    fs::create_dir_all(dir.join("files"))?;
    fs::create_dir_all(dir.join("templates"))
}

/// Writes a new collection.
pub(super) fn collection(dir: &Path, namespace: &str, name: &str) -> std::io::Result<()> {
    for (path, text) in COLLECTION {
        let text = text.replace("NAMESPACE", namespace).replace("NAME", name);
        write(&dir.join(path), &text)?;
    }
    fs::create_dir_all(dir.join("docs"))?;
    fs::create_dir_all(dir.join("roles"))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    fs::write(path, text)
}
