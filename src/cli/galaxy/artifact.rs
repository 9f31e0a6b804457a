//! A collection as an archive: what it says of itself and of its files.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{
    Refusal,
    fetching::{self, Scratch},
    read_yaml, refused, text,
};
use crate::{
    paths,
    template::{loose_order, matches_glob},
    value::Value,
};

/// What never belongs to a collection's archive.
const LEFT_OUT: [&str; 7] =
    ["MANIFEST.json", "FILES.json", "galaxy.yml", "galaxy.yaml", ".git", "*.pyc", "*.retry"];

/// A collection as it describes itself.
pub(super) struct Info {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) version: String,
    /// Names of collections and the versions that are needed of them.
    pub(super) dependencies: Vec<(String, String)>,
    json: Json,
    ignored: Vec<String>,
}

impl Info {
    pub(super) fn full_name(&self) -> String {
        format!("{}.{}", self.namespace, self.name)
    }

    /// Reads what the sources of a collection say.
    pub(super) fn of_sources(dir: &Path) -> Result<Info, Refusal> {
        let files = ["galaxy.yml", "galaxy.yaml"].map(|name| dir.join(name));
        let Some(file) = files.iter().find(|file| file.is_file()) else {
            let path = files[0].display();
            return Err(refused(format!(
                "The collection galaxy.yml path '{path}' does not exist."
            )));
        };
        let told = read_yaml(file)?;
        let needed = |key: &str| {
            text(&told, key).ok_or_else(|| {
                refused(format!(
                    "The collection galaxy.yml at '{}' is missing the following mandatory keys: {key}",
                    file.display()
                ))
            })
        };
        let (namespace, name, version) =
            (needed("namespace")?, needed("name")?, needed("version")?);
        let (readme, authors) = (needed("readme")?, list(&told, "authors"));
        let dependencies = dependencies(told.get("dependencies"));
        let optional = |key: &str| text(&told, key).filter(|text| !text.is_empty());
        let needs: Map<String, Json> = dependencies
            .iter()
            .map(|(name, version)| (name.clone(), version.as_str().into()))
            .collect();
        let json = json!({
            "namespace": namespace,
            "name": name,
            "version": version,
            "authors": authors,
            "readme": readme,
            "tags": list(&told, "tags"),
            "description": optional("description"),
            "license": list(&told, "license"),
            "license_file": optional("license_file"),
            "dependencies": needs,
            "repository": optional("repository"),
            "documentation": optional("documentation"),
            "homepage": optional("homepage"),
            "issues": optional("issues"),
        });
        let ignored = list(&told, "build_ignore");
        Ok(Info { namespace, name, version, dependencies, json, ignored })
    }

    /// Reads what an installed collection, or an unpacked archive, says.
    pub(super) fn of_manifest(dir: &Path) -> Option<Info> {
        let manifest = fs::read_to_string(dir.join("MANIFEST.json")).ok()?;
        let manifest: Json = serde_json::from_str(&manifest).ok()?;
        let json = manifest.get("collection_info")?.clone();
        let key = |key: &str| json[key].as_str().map(ToOwned::to_owned);
        let dependencies = dependencies(Some(&Value::from(json["dependencies"].clone())));
        Some(Info {
            namespace: key("namespace")?,
            name: key("name")?,
            version: key("version")?,
            dependencies,
            json,
            ignored: Vec::new(),
        })
    }
}

fn dependencies(value: Option<&Value>) -> Vec<(String, String)> {
    let entries = value.and_then(Value::as_dict).into_iter().flat_map(|dict| dict.iter());
    entries.map(|(name, version)| (name.to_text(), version.to_text())).collect()
}

fn list(value: &Value, key: &str) -> Vec<String> {
    match value.get(key) {
        None | Some(Value::None) => Vec::new(),
        Some(Value::List(items)) => items.iter().map(Value::to_text).collect(),
        Some(one) => vec![one.to_text()],
    }
}

/// Writes a collection's files, with what is said of them, into a folder; returns their names in their order.
pub(super) fn assemble(info: &Info, sources: &Path, dir: &Path) -> Result<Vec<String>, String> {
    let mut listed = vec![described(".", None)];
    let own = format!("{}-{}-*.tar.gz", info.namespace, info.name);
    let ignored: Vec<&str> = LEFT_OUT
        .into_iter()
        .chain([own.as_str()])
        .chain(info.ignored.iter().map(String::as_str))
        .collect();
    let mut names = Vec::new();
    fs::create_dir_all(dir).map_err(|error| format!("cannot make {}: {error}", dir.display()))?;
    take(sources, dir, "", &ignored, &mut listed, &mut names)?;
    let files = pretty(&json!({"files": listed, "format": 1}));
    let manifest = pretty(&json!({
        "collection_info": info.json,
        "file_manifest_file": described("FILES.json", Some(&hash(files.as_bytes()))),
        "format": 1,
    }));
    let write = |name: &str, text: &str| {
        fs::write(dir.join(name), text).map_err(|error| format!("cannot write {name}: {error}"))
    };
    write("MANIFEST.json", &manifest)?;
    write("FILES.json", &files)?;
    names.splice(0..0, ["MANIFEST.json".to_owned(), "FILES.json".to_owned()]);
    Ok(names)
}

fn take(
    from: &Path,
    to: &Path,
    below: &str,
    ignored: &[&str],
    listed: &mut Vec<Json>,
    names: &mut Vec<String>,
) -> Result<(), String> {
    for entry in paths::entries(from) {
        let name = if below.is_empty() { entry.clone() } else { format!("{below}/{entry}") };
        let is_out = ignored
            .iter()
            .any(|pattern| matches_name(pattern, &name) || matches_name(pattern, &entry));
        if is_out || name == "tests/output" {
            continue;
        }
        let (source, target) = (from.join(&entry), to.join(&entry));
        let told = |error: std::io::Error| format!("cannot copy {}: {error}", source.display());
        if source.is_dir() {
            fs::create_dir_all(&target).map_err(told)?;
            listed.push(described(&name, None));
            names.push(name.clone());
            take(&source, &target, &name, ignored, listed, names)?;
        } else {
            let bytes = fs::read(&source).map_err(told)?;
            fs::copy(&source, &target).map_err(told)?;
            listed.push(described(&name, Some(&hash(&bytes))));
            names.push(name);
        }
    }
    Ok(())
}

fn described(name: &str, hash: Option<&str>) -> Json {
    let kind = if hash.is_some() { "file" } else { "dir" };
    json!({
        "name": name, "ftype": kind, "chksum_type": hash.map(|_| "sha256"), "chksum_sha256": hash, "format": 1,
    })
}

pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn matches_name(pattern: &str, name: &str) -> bool {
    let letters = |text: &str| text.chars().collect::<Vec<_>>();
    matches_glob(&letters(pattern), &letters(name))
}

/// Returns whether a version is one of those that are asked for: `>=1.0.0,<2.0.0`, `1.2.3`, `*`.
pub(super) fn fits(have: &str, wanted: &str) -> bool {
    wanted.split(',').map(str::trim).filter(|one| !matches!(*one, "" | "*")).all(|one| {
        let operators = [">=", "<=", "==", "!=", ">", "<", "="];
        let operator = operators.into_iter().find(|operator| one.starts_with(operator));
        let operator = operator.unwrap_or("");
        let Ok(order) = loose_order(have, one[operator.len()..].trim()) else { return false };
        match operator {
            ">=" => order.is_ge(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            "<" => order.is_lt(),
            "!=" => order.is_ne(),
            _ => order.is_eq(),
        }
    })
}

/// JSON with an indent of one space.
fn pretty(json: &Json) -> String {
    let mut text = Vec::new();
    let style = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut writer = serde_json::Serializer::with_formatter(&mut text, style);
    serde::Serialize::serialize(json, &mut writer).expect("JSON can be written to memory");
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// Packs a collection's sources; returns the archive.
pub(super) fn build(info: &Info, sources: &Path, archive: &Path) -> Result<(), String> {
    let scratch = Scratch::beside(archive)?;
    let names = assemble(info, sources, &scratch.0.join("files"))?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let packed = scratch.0.join("packed");
    fetching::pack(&scratch.0.join("files"), &names, &packed)?;
    fetching::replace(&packed, archive)
}

/// Returns what differs in an installed collection from what its manifest says.
pub(super) fn modified(dir: &Path) -> Result<Vec<String>, String> {
    let read = |name: &str| fs::read(dir.join(name)).map_err(|error| format!("{name}: {error}"));
    let parse =
        |bytes: &[u8]| serde_json::from_slice::<Json>(bytes).map_err(|error| error.to_string());
    let (manifest, files) = (parse(&read("MANIFEST.json")?)?, read("FILES.json")?);
    let mut found = Vec::new();
    if manifest["file_manifest_file"]["chksum_sha256"].as_str() != Some(&hash(&files)) {
        found.push("FILES.json".to_owned());
    }
    let mut known: Vec<Arc<str>> = vec!["MANIFEST.json".into(), "FILES.json".into()];
    for file in parse(&files)?["files"].as_array().into_iter().flatten() {
        let name = file["name"].as_str().unwrap_or_default();
        known.push(name.into());
        let path = dir.join(name);
        let is_as_told = match file["chksum_sha256"].as_str() {
            Some(told) => fs::read(&path).is_ok_and(|bytes| hash(&bytes) == told),
            None => path.is_dir(),
        };
        if !is_as_told {
            found.push(name.to_owned());
        }
    }
    more(dir, "", &known, &mut found);
    Ok(found)
}

/// Adds what lies in a collection though nothing is said of it.
fn more(dir: &Path, below: &str, known: &[Arc<str>], found: &mut Vec<String>) {
    for entry in paths::entries(dir) {
        let name = if below.is_empty() { entry.clone() } else { format!("{below}/{entry}") };
        let path: PathBuf = dir.join(&entry);
        if !known.iter().any(|known| **known == name) {
            found.push(name);
        } else if path.is_dir() {
            more(&path, &name, known, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn versions_fit_what_is_asked_for() {
        for (have, wanted, fit) in [
            ("1.10.0", ">=1.2.0,<2.0.0", true),
            ("2.0.0", ">=1.2.0,<2.0.0", false),
            ("1.0.0", "*", true),
            ("1.0.0", "1.0.0", true),
            ("1.0.0", "==1.0.1", false),
            ("1.0.0", "!=1.0.1", true),
        ] {
            assert_eq!(fits(have, wanted), fit, "{have} {wanted}");
        }
    }
}
