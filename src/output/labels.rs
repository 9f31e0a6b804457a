//! What the items of a loop are called, for outputs that show the result of a loop as a whole.

use std::{collections::HashMap, sync::Arc};

use super::ResultEvent;
use crate::value::{Dict, Value};

/// Labels of the items that hosts have done, by task and host.
#[derive(Default)]
pub(super) struct Labels(HashMap<(usize, Arc<str>), Vec<Value>>);

impl Labels {
    /// Keeps what an item is called until its loop is over.
    pub(super) fn keep(&mut self, event: &ResultEvent) {
        let of = (event.task.id, Arc::clone(&event.host));
        if let Some(label) = label(event) {
            self.0.entry(of).or_default().push(label);
        }
    }

    /// Says of each item of a loop's result what it is called.
    pub(super) fn tell(&self, event: &ResultEvent, result: &mut Dict) {
        let labels = self.0.get(&(event.task.id, Arc::clone(&event.host)));
        let Some(items) = result.get("results").and_then(Value::as_list) else { return };
        let mut labelled = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let Some(item) = item.as_dict() else { return };
            let mut item = item.clone();
            item.insert("_ansible_no_log", event.no_log);
            if let Some(label) = labels.and_then(|labels| labels.get(at)) {
                item.insert("_ansible_item_label", label.clone());
            }
            labelled.push(Value::from(item));
        }
        result.insert("results", Value::list(labelled));
    }
}

/// What an item is called: itself, where its label says no more.
pub(super) fn label(event: &ResultEvent) -> Option<Value> {
    let text = event.item.as_deref()?;
    let variable = event.result.get("ansible_loop_var").and_then(Value::as_str).unwrap_or("item");
    let item = event.result.get(variable).filter(|item| item.to_text() == text);
    Some(item.cloned().unwrap_or_else(|| Value::str(text)))
}
