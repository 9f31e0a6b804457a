//! `dependent`: loops in one another, the inner ones by the outer.

use super::{Found, Lookup, Query};
use crate::{
    template::{
        Env, Scope,
        filters::{as_dict, python_class},
        lookups::{LookupError, as_items},
    },
    value::{Dict, Value},
};
use std::sync::Arc;

pub(super) static UNIT: Lookup = Lookup {
    name: "community.general.dependent",
    aliases: &[],
    summary: "Items of loops in one another, where an inner one depends on the outer ones",
    examples: &[
        (
            "{{ query('community.general.dependent', {'a':[1,2]}, {'b':'[item.a, item.a * 10]'}) }}",
            "[{'a': 1, 'b': 1}, {'a': 1, 'b': 10}, {'a': 2, 'b': 2}, {'a': 2, 'b': 20}]",
        ),
        (
            "{{ query('community.general.dependent', {'a':[1]}, {'b':{'x':1}}) }}",
            "[{'a': 1, 'b': {'key': 'x', 'value': 1}}]",
        ),
        (
            "{{ query('community.general.dependent', {'a':5}) }}",
            "The lookup plugin 'community.general.dependent' failed: Parameter 'a' (index 0) must have a value of type string, dictionary or list, got type <class 'int'>",
        ),
        (
            "{{ query('community.general.dependent', 5) }}",
            "The lookup plugin 'community.general.dependent' failed: Parameter 0 must be a dictionary, got <class 'int'>",
        ),
        (
            "{{ query('community.general.dependent', {'a':[1],'b':[2]}) }}",
            "The lookup plugin 'community.general.dependent' failed: Parameter 0 must be a one-element dictionary, got 2 elements",
        ),
        (
            "{{ query('community.general.dependent', {'a':'nope'}) }}",
            "The lookup plugin 'community.general.dependent' failed: Caught \"'nope' is undefined\" while evaluating 'a' with item == {}",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut loops = Vec::new();
    for (index, term) in query.terms.iter().enumerate() {
        let Some(dict) = as_dict(term) else {
            let class = python_class(term);
            return Err(format!("Parameter {index} must be a dictionary, got {class}").into());
        };
        let (1, Some((name, items))) = (dict.len(), dict.at(0)) else {
            let count = dict.len();
            return Err(format!(
                "Parameter {index} must be a one-element dictionary, got {count} elements"
            )
            .into());
        };
        if !matches!(items, Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Dict(_)) {
            let (name, class) = (name.to_repr(), python_class(items));
            return Err(format!("Parameter {name} (index {index}) must have a value of type string, dictionary or list, got type {class}").into());
        }
        loops.push((name.to_text(), items.clone()));
    }
    let mut found = Vec::new();
    if !loops.is_empty() {
        nest(query, &loops, &Dict::new(), &mut found)?;
    }
    Ok(found)
}

fn nest(
    query: &Query<'_, '_>,
    loops: &[(String, Value)],
    item: &Dict,
    found: &mut Vec<Value>,
) -> Result<(), LookupError> {
    let Some(((name, items), rest)) = loops.split_first() else {
        found.push(item.clone().into());
        return Ok(());
    };
    let items = match items {
        Value::Str(expression) => {
            let scope = WithItem { item, below: query.env.scope };
            let env = Env::new(&scope, query.env.context).telling(query.env.told());
            env.eval_expression(expression, None).map_err(|error| {
                let (message, item) = (error.into_message(), Value::from(item.clone()).to_text());
                LookupError::Apart(format!(
                    "Caught {message:?} while evaluating '{name}' with item == {item}"
                ))
            })?
        }
        other => other.clone(),
    };
    let items = match &items {
        Value::Dict(dict) => dict
            .iter()
            .map(|(key, value)| Value::dict([("key", key.clone()), ("value", value.clone())]))
            .collect(),
        other => as_items(other),
    };
    for value in items {
        let mut inner = item.clone();
        inner.insert(name.as_str(), value);
        nest(query, rest, &inner, found)?;
    }
    Ok(())
}

/// The variables of the task, and the outer loops' items.
struct WithItem<'o> {
    item: &'o Dict,
    below: &'o dyn Scope,
}

impl Scope for WithItem<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if name == "item" { Some(self.item.clone().into()) } else { self.below.get(name) }
    }
    fn names(&self) -> Vec<Arc<str>> {
        self.below.names()
    }
}
