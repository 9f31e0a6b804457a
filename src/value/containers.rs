//! Lists and dictionaries that know whether a template is in them.

use std::{
    hash::BuildHasherDefault,
    ops::Deref,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use indexmap::{Equivalent, IndexMap};
use rustc_hash::FxHasher;

use super::Value;

/// A list; it knows whether a template is in it, so that plain data is never searched.
#[derive(Clone, Debug, Default)]
pub struct List {
    items: Vec<Value>,
    lazy: bool,
}

impl List {
    pub fn is_lazy(&self) -> bool {
        self.lazy
    }

    pub fn push(&mut self, value: Value) {
        self.lazy |= value.is_lazy();
        self.items.push(value);
    }

    /// Changes the items in place.
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        let result = change(&mut self.items);
        self.lazy = self.items.iter().any(Value::is_lazy);
        result
    }

    pub fn into_vec(self) -> Vec<Value> {
        self.items
    }
}

impl Deref for List {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.items
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> List {
        List::from(items.into_iter().collect::<Vec<_>>())
    }
}

impl From<Vec<Value>> for List {
    fn from(items: Vec<Value>) -> List {
        let lazy = items.iter().any(Value::is_lazy);
        List { items, lazy }
    }
}

type Entries = IndexMap<Value, Value, BuildHasherDefault<FxHasher>>;

/// A dictionary in order of insertion; keys equal as Python's are (`1`, `1.0` and `True` are one key).
#[derive(Clone, Debug, Default)]
pub struct Dict {
    entries: Entries,
    lazy: bool,
}

impl Dict {
    pub fn new() -> Dict {
        Dict::default()
    }

    pub fn is_lazy(&self) -> bool {
        self.lazy
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the entry with this text as its key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(&TextKey(key))
    }

    /// Returns the entry with this text as its key, which is often where one was found before.
    pub fn get_near(&self, key: &str, hint: &Hint) -> Option<&Value> {
        let at = hint.at.load(Ordering::Relaxed);
        if let Some((Value::Str(found), value)) = self.entries.get_index(at as usize) {
            if hint.key.get().is_some_and(|known| Arc::ptr_eq(known, found)) {
                return Some(value);
            }
            if **found == *key {
                hint.key.get_or_init(|| Arc::clone(found));
                return Some(value);
            }
        }
        let (at, _, value) = self.entries.get_full(&TextKey(key))?;
        hint.at.store(u32::try_from(at).unwrap_or_default(), Ordering::Relaxed);
        Some(value)
    }

    /// Returns the entry with this key.
    pub fn get_value(&self, key: &Value) -> Option<&Value> {
        self.entries.get(key)
    }

    pub fn contains_key(&self, key: &str) -> bool {
        self.entries.contains_key(&TextKey(key))
    }

    /// Sets an entry; one that is there keeps its place. Returns what was there.
    pub fn insert(&mut self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        let value = value.into();
        self.lazy |= value.is_lazy();
        self.entries.insert(key.into(), value)
    }

    /// Removes an entry; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.entries.shift_remove(&TextKey(key))
    }

    /// Removes an entry by its key; the others keep their order.
    pub fn remove_value(&mut self, key: &Value) -> Option<Value> {
        self.entries.shift_remove(key)
    }

    /// Removes and returns the last entry.
    pub fn pop_last(&mut self) -> Option<(Value, Value)> {
        self.entries.pop()
    }

    /// Returns the entry at a place in the order.
    pub fn at(&self, index: usize) -> Option<(&Value, &Value)> {
        self.entries.get_index(index)
    }

    pub fn with_capacity(capacity: usize) -> Dict {
        Dict {
            entries: Entries::with_capacity_and_hasher(capacity, BuildHasherDefault::default()),
            lazy: false,
        }
    }

    /// Puts entries over those that are here; with `merge`, dictionaries on both sides become one.
    pub fn combine(&mut self, over: Dict, merge: bool) {
        for (key, value) in over {
            let value = match (self.get_value(&key), value) {
                (Some(Value::Dict(old)), Value::Dict(new)) if merge => {
                    let mut merged = Dict::clone(old);
                    merged.combine(Arc::unwrap_or_clone(new), merge);
                    Value::from(merged)
                }
                (_, value) => value,
            };
            self.insert(key, value);
        }
    }

    pub fn iter(&self) -> indexmap::map::Iter<'_, Value, Value> {
        self.entries.iter()
    }

    pub fn keys(&self) -> indexmap::map::Keys<'_, Value, Value> {
        self.entries.keys()
    }

    pub fn values(&self) -> indexmap::map::Values<'_, Value, Value> {
        self.entries.values()
    }
}

impl<K: Into<Value>> FromIterator<(K, Value)> for Dict {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Dict {
        let mut dict = Dict::new();
        dict.extend(entries);
        dict
    }
}

impl<K: Into<Value>> Extend<(K, Value)> for Dict {
    fn extend<I: IntoIterator<Item = (K, Value)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl IntoIterator for Dict {
    type Item = (Value, Value);
    type IntoIter = indexmap::map::IntoIter<Value, Value>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a> IntoIterator for &'a Dict {
    type Item = (&'a Value, &'a Value);
    type IntoIter = indexmap::map::Iter<'a, Value, Value>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

/// At which place of a dictionary a key was found last: in those that are alike it stands at the same one.
#[derive(Debug, Default)]
pub struct Hint {
    at: AtomicU32,
    /// The key that was found first: others are often the same text, not only an equal one.
    key: OnceLock<Arc<str>>,
}

/// A key that is text, looked up without making a value of it.
#[derive(Hash)]
struct TextKey<'a>(&'a str);

impl Equivalent<Value> for TextKey<'_> {
    fn equivalent(&self, key: &Value) -> bool {
        key.as_str() == Some(self.0)
    }
}
