//! A host's facts under both of their names: `ansible_facts.os_family` and `ansible_os_family`.

use std::sync::Arc;

use crate::value::{Dict, Value};

/// Facts by their names with and without the prefix.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// As modules return them: `ansible_os_family`.
    pub injected: Arc<Dict>,
    /// As `ansible_facts` has them: `os_family`.
    pub namespaced: Arc<Dict>,
    /// Whether the host was asked for them: `set_fact` alone makes no gathered facts.
    pub gathered: bool,
}

impl Facts {
    pub(super) fn add(&mut self, facts: &Dict) {
        let injected = Arc::make_mut(&mut self.injected);
        let namespaced = Arc::make_mut(&mut self.namespaced);
        for (key, value) in facts {
            let name = key.key_text();
            let bare = match name.strip_prefix("ansible_") {
                Some(bare) => bare,
                None => &name,
            };
            namespaced.insert(bare, value.clone());
            injected.insert(name.as_str(), value.clone());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.injected.is_empty()
    }

    /// Returns `ansible_facts`.
    pub fn value(&self) -> Value {
        Value::Dict(Arc::clone(&self.namespaced))
    }
}
