//! Which texts came from elsewhere, and which an expression of a source made: they are no templates.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{HostId, Inventory, compose::MAGIC};
use crate::value::{Dict, Value};

/// Returns where a text is in memory.
fn place(text: &Arc<str>) -> usize {
    text.as_ptr() as usize
}

fn each_text(value: &Value, visit: &mut impl FnMut(&Arc<str>)) {
    match value {
        Value::Str(text) => visit(text),
        Value::List(items) | Value::Tuple(items) => {
            items.iter().for_each(|item| each_text(item, visit));
        }
        Value::Dict(entries) => entries.iter().for_each(|(_, value)| each_text(value, visit)),
        _ => (),
    }
}

impl Inventory {
    /// Returns whether all texts of a variable of a host come from elsewhere.
    pub fn is_told(&self, host: HostId, name: &str) -> bool {
        !self.told.is_empty() && self.told.contains(&(host, Arc::from(name)))
    }

    /// Returns whether an expression of a source made a text.
    pub fn is_computed(&self, text: &Arc<str>) -> bool {
        !self.computed.is_empty() && self.computed.contains_key(&place(text))
    }

    /// Remembers the texts of a value that are not among the variables of which an expression made it.
    pub(super) fn note_computed(&mut self, value: &Value, vars: &Dict) {
        let mut made = FxHashMap::default();
        each_text(value, &mut |text| {
            made.insert(place(text), Arc::clone(text));
        });
        for (key, value) in vars {
            if made.is_empty() {
                return;
            }
            // What the inventory itself says of a host is nobody's text.
            if !key.as_str().is_some_and(|key| MAGIC.contains(&key)) {
                each_text(value, &mut |text| {
                    made.remove(&place(text));
                });
            }
        }
        self.computed.extend(made);
    }
}
