//! `set_stats`: numbers for the end of the run.

use std::sync::{Arc, PoisonError};

use windlass_modules::spec::Json;

use super::Action;
use crate::{
    executor::{Call, Failure, Step, invalid_name},
    value::{Dict, Template, Value},
};

pub(super) static UNIT: Action = Action {
    name: "set_stats",
    spec: Some(manual! {
        /// Sets statistics of the run, which callbacks show at its end
        ///
        /// # Examples
        /// ```yaml
        /// - name: Count what was deployed
        ///   ansible.builtin.set_stats:
        ///     data:
        ///       deployed: 1
        ///
        /// - name: Say which version each host has
        ///   ansible.builtin.set_stats:
        ///     data:
        ///       version: "{{ app_version }}"
        ///     per_host: true
        ///     aggregate: false
        /// ```
        {
            /// The statistics by name
            data: Json,
            /// Whether they are of the host, and not of the run
            per_host: bool = "false",
            /// Whether they are added to what there is: numbers, texts and lists; dictionaries are merged
            aggregate: bool = "true",
        }
    }),
    open: false,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let mut data = Dict::new();
    match call.args.get("data") {
        None => (),
        Some(Value::Dict(given)) => {
            for (key, value) in given.iter() {
                let key = name(call, key)?;
                if !key.as_str().is_some_and(crate::value::is_variable_name) {
                    let span = call.task.args.get("data").map(|argument| &argument.place);
                    return Err(invalid_name(&key, span));
                }
                data.insert(key, value.clone());
            }
        }
        Some(_) => return Err(Failure::action("The 'data' option needs to be a dictionary/hash")),
    }
    let data = Arc::new(data);
    let per_host = call.truth("per_host").unwrap_or(false);
    let aggregate = call.truth("aggregate").unwrap_or(true);
    let place = if per_host { call.host.name.to_string() } else { "_run".to_owned() };
    {
        let mut stats = call.run.gathered_stats.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = match stats.get(&place) {
            Some(Value::Dict(own)) => (**own).clone(),
            _ => Dict::new(),
        };
        for (key, value) in data.iter() {
            let old = own.get_value(key).cloned();
            let value = match (aggregate, old) {
                (true, Some(old)) => add(&old, value),
                _ => value.clone(),
            };
            own.insert(key.clone(), value);
        }
        stats.insert(place.as_str(), Value::from(own));
    }
    let mut described = Dict::new();
    described.insert("data", Value::Dict(Arc::clone(&data)));
    described.insert("per_host", per_host);
    described.insert("aggregate", aggregate);
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert("ansible_stats", Value::from(described));
    Ok(Step::Done(result))
}

/// A name that may be an expression.
fn name(call: &Call<'_>, key: &Value) -> Result<Value, Failure> {
    let Some(text) = key.as_str().filter(|text| Template::is_in(text)) else {
        return Ok(key.clone());
    };
    let template = Value::Template(Arc::new(Template::new(text, None)));
    call.env.eval(&template).map_err(|error| Failure::template(&error, "", None))
}

/// Numbers and lists add up, dictionaries are merged, anything else is replaced.
fn add(old: &Value, new: &Value) -> Value {
    match (old, new) {
        (Value::Int(a), Value::Int(b)) => Value::Int(a.wrapping_add(*b)),
        (Value::Float(a), Value::Float(b)) => Value::Float(a + b),
        (Value::List(a), Value::List(b)) => Value::list(a.iter().chain(b.iter()).cloned()),
        (Value::Str(a), Value::Str(b)) => Value::str(format!("{a}{b}")),
        (Value::Dict(a), Value::Dict(b)) => {
            let mut merged = (**a).clone();
            merged.extend(b.iter().map(|(key, value)| (key.clone(), value.clone())));
            merged.into()
        }
        _ => new.clone(),
    }
}
