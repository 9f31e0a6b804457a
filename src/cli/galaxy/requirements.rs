//! What is to be installed, and where it comes from: words of the command line and entries of a file.

use std::path::Path;

use super::{Galaxy, Refusal, read_yaml, refused, text};
use crate::value::Value;

/// A role to install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoleWanted {
    pub(super) src: String,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) is_git: bool,
}

/// A collection to install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CollectionWanted {
    /// A path, the address of a repository, or a name.
    pub(super) src: String,
    pub(super) version: Option<String>,
    pub(super) kind: Option<String>,
    /// The server that has it.
    pub(super) server: Option<String>,
}

#[derive(Default)]
pub(super) struct Requirements {
    pub(super) roles: Vec<RoleWanted>,
    pub(super) collections: Vec<CollectionWanted>,
}

/// How deep files of requirements may include one another.
const MAX_DEPTH: usize = 16;

impl RoleWanted {
    /// Reads `SOURCE[,VERSION[,NAME]]`.
    pub(super) fn of_text(written: &str) -> RoleWanted {
        let mut parts = written.split(',').map(str::trim);
        let src = parts.next().unwrap_or_default();
        let version = parts.next().filter(|version| !version.is_empty());
        RoleWanted::new(src, version, parts.next(), None)
    }

    fn new(src: &str, version: Option<&str>, name: Option<&str>, scm: Option<&str>) -> RoleWanted {
        let (is_git, bare) = match src.strip_prefix("git+") {
            Some(bare) => (true, bare),
            None => (scm == Some("git") || is_repository(src), src),
        };
        RoleWanted {
            src: bare.to_owned(),
            name: name.map_or_else(|| name_of(bare), ToOwned::to_owned),
            version: version.map(ToOwned::to_owned),
            is_git,
        }
    }

    /// Reads an entry of a file, or of a role's dependencies.
    pub(super) fn of_value(value: &Value) -> Option<RoleWanted> {
        if let Value::Dict(_) = value {
            let name = text(value, "name");
            let old = text(value, "role");
            let src = text(value, "src").or_else(|| old.clone()).or_else(|| name.clone())?;
            let (version, scm) = (text(value, "version"), text(value, "scm"));
            let mut found = RoleWanted::new(&src, version.as_deref(), None, scm.as_deref());
            if src.contains(',') {
                found = RoleWanted::of_text(&src);
            }
            if let Some(name) = name {
                found.name = name;
            }
            return Some(found);
        }
        Some(RoleWanted::of_text(&value.to_text()))
    }
}

/// Whether a source can only be a repository.
fn is_repository(src: &str) -> bool {
    src.starts_with("git@") || src.starts_with("git://") || src.strip_suffix(".git").is_some()
}

/// The name that a repository or an archive gives to a role.
fn name_of(src: &str) -> String {
    if !src.contains("://") && !src.contains('@') {
        return src.rsplit('/').next().unwrap_or(src).to_owned();
    }
    let last = src.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or(src);
    let last = last.strip_suffix(".git").unwrap_or(last);
    last.strip_suffix(".tar.gz").unwrap_or(last).to_owned()
}

impl CollectionWanted {
    pub(super) fn of_text(written: &str) -> CollectionWanted {
        let is_path = Path::new(written).exists();
        if written.starts_with("git+") || is_repository(written) {
            let (src, version) = match written.split_once(',') {
                Some((src, version)) => (src, Some(version.to_owned())),
                None => (written, None),
            };
            return CollectionWanted {
                src: src.to_owned(),
                version,
                kind: Some("git".into()),
                server: None,
            };
        }
        match written.split_once(':').filter(|_| !is_path && !written.contains("://")) {
            Some((src, version)) => CollectionWanted {
                src: src.to_owned(),
                version: Some(version.to_owned()),
                kind: None,
                server: None,
            },
            None => CollectionWanted {
                src: written.to_owned(),
                version: None,
                kind: None,
                server: None,
            },
        }
    }

    fn of_value(value: &Value) -> Option<CollectionWanted> {
        if !matches!(value, Value::Dict(_)) {
            return Some(CollectionWanted::of_text(&value.to_text()));
        }
        let (repository, server) = match text(value, "source") {
            Some(source) if source.starts_with("git+") => (Some(source), None),
            source => (None, source),
        };
        let src = repository.or_else(|| text(value, "name"))?;
        let mut found = CollectionWanted { server, ..CollectionWanted::of_text(&src) };
        if let Some(version) = text(value, "version").filter(|version| version != "*") {
            found.version = Some(version);
        }
        if let Some(kind) = text(value, "type") {
            found.kind = Some(kind);
        }
        Some(found)
    }
}

impl Galaxy {
    /// Reads the file that `-r` names.
    pub(super) fn requirements(&self) -> Result<Requirements, Refusal> {
        let Some(file) = &self.args.file else { return Ok(Requirements::default()) };
        let mut found = Requirements::default();
        read(&self.path(file), &mut found, MAX_DEPTH)?;
        Ok(found)
    }
}

fn read(path: &Path, found: &mut Requirements, depth: usize) -> Result<(), Refusal> {
    if !path.exists() {
        let path = path.display();
        return Err(refused(format!("The requirements file '{path}' does not exist.")));
    }
    let unfit = || {
        let path = path.display();
        refused(format!(
            "the requirements file '{path}' has to be a list of roles, or to have the keys roles and collections"
        ))
    };
    let (roles, collections) = match read_yaml(path)? {
        Value::None => {
            let path = path.display();
            return Err(refused(format!("No requirements found in file '{path}'")));
        }
        list @ Value::List(_) => (Some(list), None),
        dict @ Value::Dict(_) => (dict.get("roles").cloned(), dict.get("collections").cloned()),
        _ => return Err(unfit()),
    };
    for role in items(roles.as_ref()).ok_or_else(unfit)? {
        if let Some(included) = text(role, "include") {
            if depth == 0 {
                return Err(refused(format!("{included} is included too deep")));
            }
            read(&path.with_file_name(&included), found, depth - 1)?;
        } else {
            found.roles.push(RoleWanted::of_value(role).ok_or_else(unfit)?);
        }
    }
    for collection in items(collections.as_ref()).ok_or_else(unfit)? {
        found.collections.push(CollectionWanted::of_value(collection).ok_or_else(unfit)?);
    }
    Ok(())
}

fn items(value: Option<&Value>) -> Option<&[Value]> {
    match value {
        None | Some(Value::None) => Some(&[]),
        Some(Value::List(items)) => Some(&items[..]),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_by_its_repository_or_as_it_says() {
        let role = RoleWanted::of_text("git+https://git.example.com/ops/nginx.git,v1");
        assert_eq!((role.name.as_str(), role.version.as_deref()), ("nginx", Some("v1")));
        assert!(role.is_git);
        let role = RoleWanted::of_text("web.tar.gz,,web");
        assert_eq!((role.name.as_str(), role.version, role.is_git), ("web", None, false));
        assert_eq!(RoleWanted::of_text("git@example.com:ops/db.git").name, "db");
    }

    #[test]
    fn a_collection_may_have_a_version_behind_its_name() {
        let wanted = CollectionWanted::of_text("acme.tools:>=1.0.0");
        assert_eq!(
            (wanted.src.as_str(), wanted.version.as_deref()),
            ("acme.tools", Some(">=1.0.0"))
        );
        let wanted = CollectionWanted::of_text("git+https://git.example.com/tools.git,main");
        assert_eq!(wanted.kind.as_deref(), Some("git"));
        assert_eq!(wanted.version.as_deref(), Some("main"));
    }
}
