//! Facts that are kept between runs: a JSON file a host, as the reference's `jsonfile` has them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::Facts;
use crate::value::{Dict, Value};

/// The key by which facts that were gathered differ from those that were only set.
const GATHERED: &str = "_ansible_facts_gathered";

/// A folder of facts.
#[derive(Clone, Debug)]
pub struct FactCache {
    folder: PathBuf,
    prefix: String,
    /// How long facts hold; none for ever.
    limit: Option<Duration>,
}

impl FactCache {
    /// Returns the cache in a folder, which is made.
    pub fn open(folder: &Path, prefix: &str, seconds: i64) -> io::Result<FactCache> {
        fs::create_dir_all(folder)?;
        let limit = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
        Ok(FactCache {
            folder: folder.to_owned(),
            prefix: prefix.to_owned(),
            limit: limit.map(Duration::from_secs),
        })
    }

    /// Returns a host's facts as far as they still hold; what cannot be read is not there.
    pub(super) fn load(&self, host: &str) -> Option<Facts> {
        let path = self.path(host)?;
        let age = fs::metadata(&path).ok()?.modified().ok()?.elapsed().unwrap_or_default();
        if self.limit.is_some_and(|limit| age > limit) {
            return None;
        }
        let json: serde_json::Value = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
        // What a file says of a host is text from that host: it holds no templates.
        let Value::Dict(kept) = Value::from(json) else { return None };
        let mut facts = Facts::default();
        let is_fact = |key: &Value| key.as_str() != Some(GATHERED);
        facts.add(
            &kept
                .iter()
                .filter(|(key, _)| is_fact(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect::<Dict>(),
        );
        facts.gathered = kept.get(GATHERED).is_some_and(Value::is_true);
        Some(facts)
    }

    /// Keeps a host's facts. A disk that is full fails no task: the facts are gathered again.
    pub(super) fn store(&self, host: &str, facts: &Facts) {
        let Some(path) = self.path(host) else { return };
        let mut kept = facts.as_returned();
        if facts.gathered {
            kept.insert(GATHERED, true);
        }
        let json = sorted(Value::from(kept).to_json());
        let mut text = Vec::new();
        let format = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        let mut writer = serde_json::Serializer::with_formatter(&mut text, format);
        if serde::Serialize::serialize(&json, &mut writer).is_err() {
            return;
        }
        let staged = path.with_file_name(format!(".{}.{}", self.prefix, std::process::id()));
        if fs::write(&staged, text).and_then(|()| fs::rename(&staged, &path)).is_err() {
            let _ = fs::remove_file(&staged);
        }
    }

    /// Forgets a host's facts.
    pub fn forget(&self, host: &str) {
        if let Some(path) = self.path(host) {
            // Most hosts have none.
            let _ = fs::remove_file(path);
        }
    }

    /// The file of a host, named as the reference names it; a name that would lead out of the folder has none.
    fn path(&self, host: &str) -> Option<PathBuf> {
        (!host.contains('/')).then(|| self.folder.join(format!("{}s1_{host}", self.prefix)))
    }
}

/// JSON with the keys of every object in their order.
fn sorted(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match json {
        Json::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Json::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_outlive_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FactCache::open(&folder.path().join("facts"), "p_", 60).unwrap();
        assert!(cache.load("web").is_none());
        let mut facts = Facts { gathered: true, ..Facts::default() };
        facts.add(&Dict::from_iter([(Value::str("ansible_x"), Value::str("{{ 1 }}"))]));
        cache.store("web", &facts);
        let kept = cache.load("web").unwrap();
        assert!(kept.gathered);
        // No template, whatever it looks like.
        assert_eq!(kept.namespaced.get("x"), Some(&Value::str("{{ 1 }}")));
        cache.forget("web");
        assert!(cache.load("web").is_none());
        assert!(cache.load("../web").is_none());
    }
}
