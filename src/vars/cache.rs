//! Facts that are kept between runs, as the reference has cache plugins keep them.

use std::{
    fmt::Debug,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value as Json, json};

use super::{Facts, facts::GATHERED};
use crate::value::{Dict, Value};

/// The one entry of what is kept of a host: its facts as text.
const PAYLOAD: &str = "__payload__";

/// Who keeps objects, given as JSON, under keys.
pub trait Keeper: Debug + Send + Sync {
    /// Returns what is kept and still holds; what cannot be read is not there.
    fn get(&self, key: &str) -> Option<String>;

    /// Keeps an object. Who cannot says so, and no task fails: the facts are gathered again.
    fn set(&self, key: &str, text: &str);

    /// Forgets an object.
    fn delete(&self, key: &str);
}

/// The facts of hosts that somebody keeps.
#[derive(Clone, Debug)]
pub struct FactCache(Arc<dyn Keeper>);

impl FactCache {
    /// Returns the cache in a folder, which is made: a JSON file a host, as the reference's `jsonfile` has them.
    pub fn open(folder: &Path, prefix: &str, seconds: i64) -> io::Result<FactCache> {
        fs::create_dir_all(folder)?;
        let limit = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
        Ok(FactCache::kept_by(Arc::new(Files {
            folder: folder.to_owned(),
            prefix: prefix.to_owned(),
            limit: limit.map(Duration::from_secs),
        })))
    }

    pub fn kept_by(keeper: Arc<dyn Keeper>) -> FactCache {
        FactCache(keeper)
    }

    /// Returns a host's facts as far as they still hold.
    pub(super) fn load(&self, host: &str) -> Option<Facts> {
        let kept: Json = serde_json::from_str(&self.0.get(&key(host))?).ok()?;
        let payload = kept.get(PAYLOAD)?.as_str()?;
        let payload: Json = serde_json::from_str(payload).ok()?;
        // What was kept of a host is text from that host: it holds no templates.
        let Value::Dict(kept) = Value::from(untagged(payload)) else { return None };
        let mut facts = Facts::default();
        let is_fact = |key: &Value| key.as_str() != Some(GATHERED);
        facts.add(
            &kept
                .iter()
                .filter(|(key, _)| is_fact(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect::<Dict>(),
        );
        if kept.get(GATHERED).is_some_and(Value::is_true) {
            facts.set_gathered();
        }
        Some(facts)
    }

    /// Keeps a host's facts.
    pub(super) fn store(&self, host: &str, facts: &Facts) {
        let mut kept = facts.as_returned();
        if facts.are_gathered() {
            kept.insert(GATHERED, true);
        }
        let payload = Value::from(kept).to_json().to_string();
        self.0.set(&key(host), &json!({PAYLOAD: payload}).to_string());
    }

    /// Forgets a host's facts.
    pub fn forget(&self, host: &str) {
        self.0.delete(&key(host));
    }
}

/// The key of a host, with the number of the form in which its facts are kept.
fn key(host: &str) -> String {
    format!("s1_{host}")
}

/// Values without what the reference notes beside them: where they were written, and whether they may be templates.
fn untagged(json: Json) -> Json {
    const KIND: &str = "__ansible_type";
    match json {
        Json::Object(mut map) if map.contains_key(KIND) && map.contains_key("value") => {
            map.swap_remove("value").map(untagged).unwrap_or_default()
        }
        Json::Object(mut map) if map.contains_key(KIND) && map.contains_key("iso8601") => {
            map.swap_remove("iso8601").unwrap_or_default()
        }
        Json::Object(map) => map.into_iter().map(|(key, value)| (key, untagged(value))).collect(),
        Json::Array(items) => items.into_iter().map(untagged).collect(),
        other => other,
    }
}

/// A folder with a file a host.
#[derive(Debug)]
struct Files {
    folder: PathBuf,
    prefix: String,
    /// How long facts hold; none for ever.
    limit: Option<Duration>,
}

impl Files {
    /// The file of a key, named as the reference names it; a name that would lead out of the folder has none.
    fn path(&self, key: &str) -> Option<PathBuf> {
        (!key.contains('/')).then(|| self.folder.join(format!("{}{key}", self.prefix)))
    }
}

impl Keeper for Files {
    fn get(&self, key: &str) -> Option<String> {
        let path = self.path(key)?;
        let age = fs::metadata(&path).ok()?.modified().ok()?.elapsed().unwrap_or_default();
        if self.limit.is_some_and(|limit| age > limit) {
            return None;
        }
        fs::read_to_string(&path).ok()
    }

    fn set(&self, key: &str, text: &str) {
        let Some(path) = self.path(key) else { return };
        let staged = path.with_file_name(format!(".{}.{}", self.prefix, std::process::id()));
        if fs::write(&staged, text).and_then(|()| fs::rename(&staged, &path)).is_err() {
            let _ = fs::remove_file(&staged);
        }
    }

    fn delete(&self, key: &str) {
        if let Some(path) = self.path(key) {
            // Most hosts have none.
            let _ = fs::remove_file(path);
        }
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
        let mut facts = Facts::default();
        facts.set_gathered();
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

    #[test]
    fn what_the_reference_kept_is_read_without_its_notes() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FactCache::open(folder.path(), "", 0).unwrap();
        let payload = json!({
            "ansible_x": {"value": "text", "tags": [{"__ansible_type": "Origin", "line_num": 1}],
                "__ansible_type": "_AnsibleTaggedStr"},
            "n": [{"value": 3, "tags": [], "__ansible_type": "_AnsibleTaggedInt"}],
        });
        let kept = json!({PAYLOAD: payload.to_string()}).to_string();
        fs::write(folder.path().join("s1_web"), kept).unwrap();
        let facts = cache.load("web").unwrap();
        assert_eq!(facts.namespaced.get("x"), Some(&Value::str("text")));
        assert_eq!(facts.namespaced.get("n").map(Value::to_text).as_deref(), Some("[3]"));
        assert!(!facts.gathered);
    }
}
