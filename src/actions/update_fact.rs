//! `ansible.utils.update_fact`: variables with some of their values replaced.

use std::sync::Arc;

use windlass_modules::spec::{JsonMap, Spec};

use super::Action;
use crate::{
    executor::{Call, Failure, Step},
    template::filters::Given,
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "ansible.utils.update_fact",
    spec: Some(Spec {
        collection: "ansible.utils",
        ..manual! {
            /// Returns variables with some of their values replaced
            ///
            /// The result has each variable under its name; the variables themselves stay what they are.
            ///
            /// # Examples
            /// ```yaml
            /// - name: Raise the first limit
            ///   ansible.utils.update_fact:
            ///     updates:
            ///       - path: limits[0].soft
            ///         value: 4096
            ///   register: updated
            ///
            /// - name: Close two doors at once
            ///   ansible.utils.update_fact:
            ///     updates:
            ///       - path: doors['front'].open
            ///         value: false
            ///       - path: doors['back'].open
            ///         value: false
            ///   register: closed
            ///
            /// - name: Keep it
            ///   ansible.builtin.set_fact:
            ///     limits: "{{ updated.limits }}"
            /// ```
            {
                /// What is replaced: each has the `path` of a value, written as in a template, and the new `value`
                updates: Vec<JsonMap>,
            }
        }
    }),
    open: true,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let mut given = Given::default();
    let updates = call.args.get("updates");
    given.needs(&[("updates", updates.is_some())]);
    let updates = match updates {
        None => Vec::new(),
        Some(Value::Dict(_)) => {
            given.wrong("argument 'updates' is of type dict and we were unable to convert to list: <class 'ansible.module_utils._internal._datatag._AnsibleTaggedDict'> cannot be converted to a list".to_owned());
            Vec::new()
        }
        Some(updates) => given.list("updates", "", updates),
    };
    for update in &updates {
        let missing: Vec<&str> =
            ["path", "value"].into_iter().filter(|name| update.get(name).is_none()).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            given.wrong(format!("missing required arguments: {missing} found in updates"));
        }
    }
    given.knows(&["updates"], call.args.keys().filter_map(Value::as_str));
    given.all_right().map_err(Failure::action)?;
    let mut changed = false;
    let mut facts = Dict::new();
    for update in &updates {
        let path = update.get("path").map(Value::to_text).unwrap_or_default();
        let Some(steps) = steps(&path) else { return Err(malformed(call, &path)) };
        let (name, rest) = steps.split_first().ok_or_else(|| malformed(call, &path))?;
        let name = name.to_text();
        let fact = match facts.get(&name) {
            Some(fact) => fact.clone(),
            None => current(call, &name)?,
        };
        let value = update.get("value").cloned().unwrap_or_default();
        let fact = match replaced(&fact, rest, &value)? {
            Some(fact) => {
                changed = true;
                fact
            }
            None => fact,
        };
        facts.insert(name, fact);
    }
    let mut result = Dict::new();
    result.insert("changed", changed);
    result.extend(facts.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(Step::Done(result))
}

/// Returns what a variable is now.
fn current(call: &Call<'_>, name: &str) -> Result<Value, Failure> {
    let found = call.env.value(name).and_then(|found| match found {
        Some(found) => call.env.eval(&found).map(Some),
        None => Ok(None),
    });
    found
        .map_err(|error| Failure::template(&error, "", None))?
        .ok_or_else(|| Failure::plain(format!("'{name}' was not found in the current facts.")))
}

/// Returns the failure of a path that no template could have.
fn malformed(call: &Call<'_>, path: &str) -> Failure {
    let error = match call.env.eval_expression(path, None) {
        Err(error) => error.message.clone(),
        Ok(_) => "expected name or number".to_owned(),
    };
    let error = error.split_once("expression: ").map_or(&*error, |(_, words)| words);
    Failure::action(format!(
        "While processing '{path}' found malformed path. Ensure syntax follows valid jinja format. The error was: {error}"
    ))
}

/// Takes a path apart: `a.b[0]["c d"]`.
fn steps(path: &str) -> Option<Vec<Value>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut steps = Vec::new();
    let mut rest = path.trim();
    let mut dotted = true;
    loop {
        if dotted {
            let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
            if word.is_empty() || steps.is_empty() && word.starts_with(|c: char| c.is_numeric()) {
                return None;
            }
            steps.push(word.parse().map_or_else(|_| Value::from(word), Value::Int));
            rest = after;
            dotted = false;
        } else if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            dotted = true;
        } else if let Some(inner) = rest.strip_prefix('[') {
            let inner = inner.trim_start();
            let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let (key, after) = match quote {
                Some(quote) => {
                    let (text, after) = inner[1..].split_once(quote)?;
                    (Value::from(text), after)
                }
                None => {
                    let (number, after) = inner.split_at(inner.find(']')?);
                    (Value::Int(number.trim().parse().ok()?), after)
                }
            };
            steps.push(key);
            rest = after.trim_start().strip_prefix(']')?;
        } else if rest.is_empty() {
            return Some(steps);
        } else {
            return None;
        }
    }
}

/// Returns a value in which what a path leads to is another one, or nothing where it is that already.
fn replaced(old: &Value, path: &[Value], new: &Value) -> Result<Option<Value>, Failure> {
    let Some((key, rest)) = path.split_first() else {
        return Ok((old != new).then(|| new.clone()));
    };
    match old {
        Value::Dict(dict) => {
            let inner = dict.get_value(key).or_else(|| dict.get(&key.to_text()));
            let value = match inner {
                Some(inner) => replaced(inner, rest, new)?,
                None if rest.is_empty() => Some(new.clone()),
                None => {
                    let (key, old) = (key.to_repr(), old.to_repr());
                    let why = format!("Error: the key {key} was not found in {old}.");
                    return Err(Failure::plain(why).raised());
                }
            };
            Ok(value.map(|value| {
                let mut dict = (**dict).clone();
                let key = match dict.get_value(key) {
                    None if dict.get(&key.to_text()).is_some() => key.to_text().into(),
                    _ => key.clone(),
                };
                dict.insert(key, value);
                Value::Dict(Arc::new(dict))
            }))
        }
        Value::List(items) => {
            let shown = || old.to_repr();
            let Some(index) = key.as_int().filter(|_| matches!(key, Value::Int(_))) else {
                let key = key.to_repr();
                return Err(Failure::plain(format!(
                    "Error: {} is a list, but index provided was not an integer: {key}",
                    shown()
                )));
            };
            let at = usize::try_from(index).unwrap_or(usize::MAX);
            let value = match items.get(at) {
                Some(inner) => replaced(inner, rest, new)?,
                None if at == items.len() && rest.is_empty() => Some(new.clone()),
                None => {
                    let why =
                        format!("Error: {} not long enough for item #{index} to be set.", shown());
                    return Err(Failure::plain(why).raised());
                }
            };
            Ok(value.map(|value| {
                let mut items = items.to_vec();
                if at < items.len() {
                    items[at] = value;
                } else {
                    items.push(value);
                }
                Value::list(items)
            }))
        }
        _ => Err(Failure::plain("update_fact can only modify mutable objects.")),
    }
}
