//! Lists and dictionaries that a template changes in place, seen by all its names for them.
//!
//! Only templates that call a changing method use cells; a value is frozen before it leaves the template or enters a filter.

use std::{
    any::Any,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::value::{Dict, List, Object, Value};

/// A list that may change.
#[derive(Debug)]
pub(crate) struct ListCell(Mutex<Content<List>>);

/// A dictionary that may change.
#[derive(Debug)]
pub(crate) struct DictCell(Mutex<Content<Dict>>);

/// What a cell holds now; frozen copies share it until the next change.
#[derive(Debug)]
pub(crate) struct Content<T> {
    pub(crate) shared: Arc<T>,
    /// Whether a cell may be inside.
    pub(crate) nested: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn is_cell(value: &Value) -> bool {
    matches!(value, Value::Object(object)
        if object.as_any().is::<ListCell>() || object.as_any().is::<DictCell>())
}

impl ListCell {
    /// Changes the list in place; `brings` says whether there may be a cell in what it gets.
    pub(crate) fn edit<T>(&self, brings: bool, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        let mut content = lock(&self.0);
        content.nested |= brings;
        Arc::make_mut(&mut content.shared).edit(change)
    }

    /// Returns an item; a container comes out as a cell that stays inside.
    pub(crate) fn item(&self, index: usize) -> Option<Value> {
        let mut content = lock(&self.0);
        let item = content.shared.get(index)?.clone();
        let cell = thaw(item.clone());
        if is_cell(&cell) && !is_cell(&item) {
            let copy = cell.clone();
            Arc::make_mut(&mut content.shared).edit(|items| items[index] = copy);
            content.nested = true;
        }
        Some(cell)
    }

    /// Returns the items as they are now; containers come out as cells that stay inside.
    pub(crate) fn items_as_cells(&self) -> Arc<List> {
        let length = lock(&self.0).shared.len();
        (0..length).filter_map(|index| self.item(index)).collect::<List>().into()
    }

    fn frozen(&self) -> Arc<List> {
        let content = lock(&self.0);
        if content.nested {
            Arc::new(content.shared.iter().map(freeze).collect())
        } else {
            Arc::clone(&content.shared)
        }
    }
}

impl DictCell {
    /// Changes the dictionary in place; `brings` says whether there may be a cell in what it gets.
    pub(crate) fn edit<T>(&self, brings: bool, change: impl FnOnce(&mut Dict) -> T) -> T {
        let mut content = lock(&self.0);
        content.nested |= brings;
        change(Arc::make_mut(&mut content.shared))
    }

    /// Returns an entry; a container comes out as a cell that stays inside.
    pub(crate) fn entry(&self, key: &Value) -> Option<Value> {
        let mut content = lock(&self.0);
        let item = content.shared.get_value(key)?.clone();
        let cell = thaw(item.clone());
        if is_cell(&cell) && !is_cell(&item) {
            Arc::make_mut(&mut content.shared).insert(key.clone(), cell.clone());
            content.nested = true;
        }
        Some(cell)
    }

    fn frozen(&self) -> Arc<Dict> {
        let content = lock(&self.0);
        if content.nested {
            let entries = content.shared.iter();
            Arc::new(entries.map(|(key, value)| (key.clone(), freeze(value))).collect())
        } else {
            Arc::clone(&content.shared)
        }
    }
}

impl Object for ListCell {
    fn type_name(&self) -> &'static str {
        "list"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_text(&self) -> String {
        Value::List(self.frozen()).to_repr()
    }
    fn items(&self) -> Option<Arc<List>> {
        Some(self.frozen())
    }
    fn is_true(&self) -> bool {
        !lock(&self.0).shared.is_empty()
    }
}

impl Object for DictCell {
    fn type_name(&self) -> &'static str {
        "dict"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_text(&self) -> String {
        Value::Dict(self.frozen()).to_repr()
    }
    fn items(&self) -> Option<Arc<List>> {
        Some(Arc::new(self.frozen().keys().cloned().collect()))
    }
    fn is_true(&self) -> bool {
        !lock(&self.0).shared.is_empty()
    }
}

/// Makes a cell of a list or a dictionary.
pub(crate) fn thaw(value: Value) -> Value {
    match value {
        Value::List(list) => {
            let nested = list.iter().any(holds_cell);
            Value::Object(Arc::new(ListCell(Mutex::new(Content { shared: list, nested }))))
        }
        Value::Dict(dict) => {
            let nested = dict.values().any(holds_cell);
            Value::Object(Arc::new(DictCell(Mutex::new(Content { shared: dict, nested }))))
        }
        other => other,
    }
}

/// Returns the value without cells.
pub(crate) fn freeze(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            if let Some(list) = object.as_any().downcast_ref::<ListCell>() {
                Value::List(list.frozen())
            } else if let Some(dict) = object.as_any().downcast_ref::<DictCell>() {
                Value::Dict(dict.frozen())
            } else {
                value.clone()
            }
        }
        Value::List(list) if list.iter().any(holds_cell) => Value::list(list.iter().map(freeze)),
        Value::Tuple(list) if list.iter().any(holds_cell) => {
            Value::Tuple(Arc::new(list.iter().map(freeze).collect()))
        }
        Value::Dict(dict) if dict.values().any(holds_cell) => {
            Value::dict(dict.iter().map(|(key, value)| (key.clone(), freeze(value))))
        }
        other => other.clone(),
    }
}

/// Returns whether there is a cell in a value.
pub(crate) fn holds_cell(value: &Value) -> bool {
    match value {
        Value::Object(_) => is_cell(value),
        Value::List(list) | Value::Tuple(list) => list.iter().any(holds_cell),
        Value::Dict(dict) => dict.values().any(holds_cell),
        _ => false,
    }
}
