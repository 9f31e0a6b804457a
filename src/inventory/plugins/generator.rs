//! `generator`: hosts for every combination of the values of some layers, and the groups above them.

use std::sync::Arc;

use super::{Options, Plugin};
use crate::{
    diagnostic::Diagnostic,
    inventory::{GroupId, compose::Evaluation, graph::Variable, sources::Loader},
    value::{Dict, Value},
    yaml::Node,
};

/// Combinations that are made at most: more than that is a mistake.
const MAX_HOSTS: usize = 1_000_000;

pub(super) static UNIT: Plugin =
    Plugin { names: &["generator", "ansible.builtin.generator"], read };

fn read(options: &Options<'_>, loader: &mut Loader<'_>) -> Result<(), Diagnostic> {
    let required = |name: &str| {
        options.get(name).ok_or_else(|| {
            Diagnostic::error(
                &options.root.span.start(),
                format!("No {name} defined in the inventory"),
            )
            .label(format!("`{name}` is missing"))
        })
    };
    let hosts = required("hosts")?;
    required("layers")?;
    let mut layers = Vec::new();
    for (key, values) in options.mapping("layers")? {
        // As in the reference, a text is the list of its characters.
        let values: Vec<Value> = match (values.as_sequence(), values.to_value()) {
            (Some(items), _) => items.iter().map(Node::to_value).collect(),
            (None, Value::Str(text)) => {
                let chars = Value::list(text.chars().map(|c| Value::from(c.to_string())));
                loader.inventory.note_computed(&chars, &Dict::new());
                chars.as_list().map(|list| list.iter().cloned().collect()).unwrap_or_default()
            }
            (None, other) => vec![other],
        };
        layers.push((key.to_value(), values));
    }
    let n_hosts = layers.iter().try_fold(1_usize, |n, (_, values)| n.checked_mul(values.len()));
    if n_hosts.is_none_or(|n| n > MAX_HOSTS) {
        return Err(Diagnostic::error(
            &options.root.span.start(),
            "the layers make too many hosts",
        ));
    }
    let name = hosts.get("name").map(|(_, name)| name).ok_or_else(|| {
        Diagnostic::error(&hosts.span, "`hosts` has no `name`").label("expected a name")
    })?;
    let dir = std::path::Path::new(&*options.source.path).parent();
    let dir = dir.map(|dir| dir.display().to_string());
    let origin = loader.inventory.add_origin(&options.source.path, dir.as_deref());
    for n in 0..n_hosts.unwrap_or(0) {
        let vars = combination(&layers, n);
        let evaluation = Evaluation::new(&vars, loader);
        let text = evaluation.text(name)?;
        let host = loader.inventory.host_entry(&text, Some(origin));
        for parent in parents(hosts) {
            let group = add_parent(&text, parent, &vars, loader)?;
            loader.inventory.join(group, host);
        }
    }
    Ok(())
}

/// Returns the n-th combination; the last layer changes fastest.
fn combination(layers: &[(Value, Vec<Value>)], mut n: usize) -> Arc<Dict> {
    let mut vars = Vec::with_capacity(layers.len());
    for (key, values) in layers.iter().rev() {
        vars.push((key.clone(), values[n % values.len()].clone()));
        n /= values.len();
    }
    Arc::new(vars.into_iter().rev().collect())
}

fn parents(node: &Node) -> &[Node] {
    node.get("parents").and_then(|(_, parents)| parents.as_sequence()).unwrap_or_default()
}

/// Adds a group, its variables and those above it.
fn add_parent(
    child: &str,
    node: &Node,
    vars: &Arc<Dict>,
    loader: &mut Loader<'_>,
) -> Result<GroupId, Diagnostic> {
    let evaluation = Evaluation::new(vars, loader);
    let Some((_, name)) = node.get("name") else {
        let message = format!("Element {child} has a parent with no name.");
        return Err(Diagnostic::error(&node.span, message).label("`name` is missing"));
    };
    let name_text = evaluation.text(name)?;
    let mut found = Vec::new();
    if let Some((_, own)) = node.get("vars") {
        for (key, value) in own.as_mapping().unwrap_or_default() {
            // What names variables that only a play has stays a template.
            let value = match evaluation.value_or_undefined(value)? {
                Some(value) => {
                    loader.inventory.note_computed(&value, vars);
                    value
                }
                None => value.to_value(),
            };
            found.push((evaluation.text(key)?, value));
        }
    }
    let group = loader.group(&name_text);
    for (key, value) in found {
        let set = loader.inventory.set_group_var(group, Variable::new(key, value));
        set.map_err(|message| Diagnostic::error(&node.span, message))?;
    }
    for parent in parents(node) {
        let parent_group = add_parent(&name_text, parent, vars, loader)?;
        loader
            .inventory
            .nest(parent_group, group)
            .map_err(|error| Diagnostic::error(&parent.span, error.to_string()))?;
    }
    Ok(group)
}
