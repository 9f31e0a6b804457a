//! What leads from one document to another. A value that goes from one place to another moves.

use crate::value::{Dict, Value};

/// A change while others are still found.
#[derive(Clone)]
enum Change {
    Remove { path: String, key: Key, is_list: bool },
    Add { path: String, key: Key, value: Value, is_list: bool },
    Replace { location: String, value: Value },
    Move { from: (String, Key), to: (String, Key) },
}

/// The last part of a path: numbers are those of lists.
#[derive(Clone, PartialEq)]
enum Key {
    Name(String),
    Index(i64),
}

impl Key {
    fn of(key: &Value) -> Key {
        Key::Name(key.to_text())
    }

    fn shown(&self) -> String {
        match self {
            Key::Name(name) => name.replace('~', "~0").replace('/', "~1"),
            Key::Index(index) => index.to_string(),
        }
    }

    /// Moves an index that stands behind `key`, or at it where `also` says so; otherwise `key` moves.
    fn shift(&mut self, key: &mut i64, also: bool, own: i64, other: i64) {
        if let Key::Index(index) = self {
            if *index > *key || also && *index == *key {
                *index += own;
            } else {
                *key += other;
            }
        }
    }
}

fn located(path: &str, key: &Key) -> String {
    format!("{path}/{}", key.shown())
}

/// Returns the changes that make one document of another.
pub(crate) fn diff(before: &Value, after: &Value) -> Value {
    let mut finder = Finder::default();
    finder.values("", None, before, after);
    let mut changes = finder.changes.into_iter().flatten().peekable();
    let mut found = Vec::new();
    while let Some(change) = changes.next() {
        if let Change::Remove { path, key, .. } = &change
            && let Some(Change::Add { path: next, key: next_key, value, .. }) = changes.peek()
            && path == next
            && key == next_key
        {
            found.push(shown("replace", &located(path, key), Some(value)));
            changes.next();
            continue;
        }
        found.push(match &change {
            Change::Remove { path, key, .. } => shown("remove", &located(path, key), None),
            Change::Add { path, key, value, .. } => shown("add", &located(path, key), Some(value)),
            Change::Replace { location, value } => shown("replace", location, Some(value)),
            Change::Move { from, to } => Value::dict([
                ("op", Value::from("move")),
                ("from", located(&from.0, &from.1).into()),
                ("path", located(&to.0, &to.1).into()),
            ]),
        });
    }
    Value::list(found)
}

fn shown(op: &str, path: &str, value: Option<&Value>) -> Value {
    let mut dict = Dict::new();
    dict.insert("op", op);
    dict.insert("path", path);
    if let Some(value) = value {
        dict.insert("value", value.clone());
    }
    dict.into()
}

#[derive(Default)]
struct Finder {
    /// In their order; a change that another one took in is none.
    changes: Vec<Option<Change>>,
    /// Values that were removed or added, and where that is in `changes`.
    removed: Vec<(Value, usize)>,
    added: Vec<(Value, usize)>,
}

fn is_same(a: &Value, b: &Value) -> bool {
    a.type_name() == b.type_name() && a == b
}

fn take(stored: &mut Vec<(Value, usize)>, value: &Value) -> Option<usize> {
    let at = stored.iter().rposition(|(known, _)| is_same(known, value))?;
    Some(stored.remove(at).1)
}

impl Finder {
    fn values(&mut self, path: &str, key: Option<Key>, before: &Value, after: &Value) {
        let location = key.as_ref().map_or_else(|| path.to_owned(), |key| located(path, key));
        match (before, after) {
            (Value::Dict(before), Value::Dict(after)) => self.dicts(&location, before, after),
            (Value::List(before), Value::List(after)) => {
                self.lists(&location, before.as_ref(), after.as_ref());
            }
            _ if is_same(before, after) => (),
            _ => self.changes.push(Some(Change::Replace { location, value: after.clone() })),
        }
    }

    fn dicts(&mut self, path: &str, before: &Dict, after: &Dict) {
        for (key, value) in before.iter().filter(|(key, _)| after.get_value(key).is_none()) {
            self.gone(path, Key::of(key), value, false);
        }
        for (key, value) in after.iter().filter(|(key, _)| before.get_value(key).is_none()) {
            self.came(path, Key::of(key), value, false);
        }
        for (key, value) in before {
            if let Some(after) = after.get_value(key) {
                self.values(path, Some(Key::of(key)), value, after);
            }
        }
    }

    fn lists(&mut self, path: &str, before: &[Value], after: &[Value]) {
        let end = Key::Index(i64::try_from(after.len()).unwrap_or(i64::MAX));
        for (at, key) in (0..before.len().max(after.len())).zip(0..) {
            let key = Key::Index(key);
            match (before.get(at), after.get(at)) {
                (Some(old), Some(new)) => match (old, new) {
                    (Value::Dict(_), Value::Dict(_)) | (Value::List(_), Value::List(_)) => {
                        self.values(path, Some(key), old, new);
                    }
                    _ if is_same(old, new) => (),
                    _ => {
                        self.gone(path, key.clone(), old, true);
                        self.came(path, key, new, true);
                    }
                },
                (Some(old), None) => self.gone(path, end.clone(), old, true),
                (None, Some(new)) => self.came(path, key, new, true),
                (None, None) => (),
            }
        }
    }

    /// Something was added: where the same was removed, it moves.
    fn came(&mut self, path: &str, key: Key, value: &Value, is_list: bool) {
        let Some(at) = take(&mut self.removed, value) else {
            let path = path.to_owned();
            self.added.push((value.clone(), self.changes.len()));
            self.changes.push(Some(Change::Add { path, key, value: value.clone(), is_list }));
            return;
        };
        let Some(Change::Remove { path: from, key: mut from_key, is_list: in_list }) =
            self.changes[at].take()
        else {
            return;
        };
        if in_list && is_list {
            self.undo(at, &from, &mut from_key, true);
        }
        if located(&from, &from_key) != located(path, &key) {
            let to = (path.to_owned(), key);
            self.changes.push(Some(Change::Move { from: (from, from_key), to }));
        }
    }

    /// Something was removed: where the same was added, it moves.
    fn gone(&mut self, path: &str, key: Key, value: &Value, is_list: bool) {
        let change = Change::Remove { path: path.to_owned(), key, is_list };
        let place = self.changes.len();
        self.changes.push(Some(change));
        let Some(at) = take(&mut self.added, value) else {
            self.removed.push((value.clone(), place));
            return;
        };
        let Some(Change::Add { path: to, key: mut to_key, is_list: in_list, .. }) =
            self.changes[at].take()
        else {
            return;
        };
        if in_list {
            self.undo(at, &to, &mut to_key, false);
        }
        if let Some(Change::Remove { path, key, .. }) = self.changes[place].take()
            && located(&path, &key) != located(&to, &to_key)
        {
            self.changes[place] = Some(Change::Move { from: (path, key), to: (to, to_key) });
        }
    }

    /// Takes back a change of a list for all changes after it.
    fn undo(&mut self, at: usize, path: &str, key: &mut Key, removal: bool) {
        let Key::Index(number) = key else { return };
        let own = if removal { 1 } else { -1 };
        for change in self.changes[at + 1..].iter_mut().flatten() {
            match change {
                Change::Remove { path: own_path, key, .. } if own_path == path => {
                    key.shift(number, removal, own, -1);
                }
                Change::Add { path: own_path, key, .. } if own_path == path => {
                    key.shift(number, false, own, 1);
                }
                Change::Move { from, to } => {
                    if from.0 == path {
                        from.1.shift(number, removal, own, -1);
                    }
                    if to.0 == path {
                        to.1.shift(number, false, own, 1);
                    }
                }
                _ => (),
            }
        }
    }
}
