//! Lists and dictionaries that know whether a template is in them.

use std::{
    fmt,
    hash::BuildHasherDefault,
    ops::Deref,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use indexmap::{Equivalent, IndexMap};
use rustc_hash::FxHasher;

use super::{Origin, Value};

/// A list; it knows whether a template is in it, so that plain data is never searched.
#[derive(Clone, Default)]
pub struct List {
    items: Vec<Value>,
    lazy: bool,
    /// Where the items stand, while they are those of a file.
    origins: Option<Box<[Origin]>>,
}

impl List {
    /// Makes a list of a file's items and their places.
    pub fn with_origins(items: impl IntoIterator<Item = (Value, Origin)>) -> List {
        let (items, origins): (Vec<Value>, Vec<Origin>) = items.into_iter().unzip();
        List { origins: Some(origins.into()), ..List::from(items) }
    }

    /// Returns where an item stands in a file, where that is known.
    pub fn origin(&self, index: usize) -> Option<&Origin> {
        self.origins.as_ref()?.get(index)
    }

    pub fn is_lazy(&self) -> bool {
        self.lazy
    }

    pub fn push(&mut self, value: Value) {
        self.lazy |= value.is_lazy();
        self.items.push(value);
    }

    /// Changes the items in place.
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        self.origins = None;
        let result = change(&mut self.items);
        self.lazy = self.items.iter().any(Value::is_lazy);
        result
    }

    /// Changes every item.
    #[must_use]
    pub fn map(self, change: impl FnMut(Value) -> Value) -> List {
        let items: Vec<Value> = self.items.into_iter().map(change).collect();
        List { origins: self.origins, ..List::from(items) }
    }

    pub fn into_vec(self) -> Vec<Value> {
        self.items
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
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
        List { items, lazy, origins: None }
    }
}

type Entries = IndexMap<Value, Value, BuildHasherDefault<FxHasher>>;

/// A dictionary in order of insertion; keys equal as Python's are (`1`, `1.0` and `True` are one key).
#[derive(Clone, Default)]
pub struct Dict {
    entries: Entries,
    lazy: bool,
    /// Where the values stand in files, as far as that is known: those of the first entries.
    #[expect(
        clippy::box_collection,
        reason = "most dictionaries have none, and pay for a pointer only"
    )]
    origins: Option<Box<Vec<Option<Origin>>>>,
}

impl Dict {
    pub fn new() -> Dict {
        Dict::default()
    }

    /// Returns where an entry's value stands in a file, where that is known.
    pub fn origin(&self, key: &Value) -> Option<&Origin> {
        let origins = self.origins.as_ref()?;
        origins.get(self.entries.get_index_of(key)?)?.as_ref()
    }

    /// Sets an entry whose value stands at a place of a file.
    pub fn insert_from(
        &mut self,
        key: impl Into<Value>,
        value: impl Into<Value>,
        origin: Option<Origin>,
    ) -> Option<Value> {
        let value = value.into();
        self.lazy |= value.is_lazy();
        let (at, old) = self.entries.insert_full(key.into(), value);
        self.set_origin(at, origin);
        old
    }

    fn set_origin(&mut self, at: usize, origin: Option<Origin>) {
        if origin.is_none() && self.origins.as_ref().is_none_or(|origins| origins.len() <= at) {
            return;
        }
        let origins = self.origins.get_or_insert_default();
        if origins.len() <= at {
            origins.resize(at + 1, None);
        }
        origins[at] = origin;
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
        self.insert_from(key, value, None)
    }

    /// Removes an entry; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let (at, _, value) = self.entries.shift_remove_full(&TextKey(key))?;
        self.forget_origin(at);
        Some(value)
    }

    /// Removes an entry by its key; the others keep their order.
    pub fn remove_value(&mut self, key: &Value) -> Option<Value> {
        let (at, _, value) = self.entries.shift_remove_full(key)?;
        self.forget_origin(at);
        Some(value)
    }

    /// Removes and returns the last entry.
    pub fn pop_last(&mut self) -> Option<(Value, Value)> {
        let last = self.entries.pop();
        self.forget_origin(self.entries.len());
        last
    }

    fn forget_origin(&mut self, at: usize) {
        if let Some(origins) = self.origins.as_mut().filter(|origins| at < origins.len()) {
            origins.remove(at);
        }
    }

    /// Returns the entry at a place in the order.
    pub fn at(&self, index: usize) -> Option<(&Value, &Value)> {
        self.entries.get_index(index)
    }

    pub fn with_capacity(capacity: usize) -> Dict {
        Dict {
            entries: Entries::with_capacity_and_hasher(capacity, BuildHasherDefault::default()),
            lazy: false,
            origins: None,
        }
    }

    /// Changes every value.
    #[must_use]
    pub fn map(self, mut change: impl FnMut(Value) -> Value) -> Dict {
        let entries: Entries =
            self.entries.into_iter().map(|(key, value)| (key, change(value))).collect();
        let lazy = entries.values().any(Value::is_lazy);
        Dict { entries, lazy, origins: self.origins }
    }

    /// Puts entries over those that are here; with `merge`, dictionaries on both sides become one.
    pub fn combine(&mut self, over: Dict, merge: bool) {
        let mut origins = over.origins.map(|origins| origins.into_iter()).into_iter().flatten();
        for (key, value) in over.entries {
            let origin = origins.next().flatten();
            let value = match (self.get_value(&key), value) {
                (Some(Value::Dict(old)), Value::Dict(new)) if merge => {
                    let mut merged = Dict::clone(old);
                    merged.combine(Arc::unwrap_or_clone(new), merge);
                    Value::from(merged)
                }
                (_, value) => value,
            };
            self.insert_from(key, value, origin);
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

impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.fmt(f)
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
