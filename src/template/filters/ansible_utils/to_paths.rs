//! `to_paths`: all paths of a value and what they lead to.

use super::{Filter, Given};
use crate::value::{Dict, Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.to_paths",
    aliases: &[],
    summary: "A dictionary of all paths and what they lead to",
    params: &["prepend", "wantlist", "**"],
    examples: &[
        (
            "{{ {'a':{'b':[1,{'c':'x'}],'k.k':5},'e':[],'f':{}} | ansible.utils.to_paths }}",
            "{'a.b[0]': 1, 'a.b[1].c': 'x', \"a['k.k']\": 5, 'e': [], 'f': {}}",
        ),
        ("{{ [1,[2]] | ansible.utils.to_paths(prepend='v') }}", "{'v[0]': 1, 'v[1][0]': 2}"),
        (
            "{{ {} | ansible.utils.to_paths }} {{ [] | ansible.utils.to_paths(wantlist=true) }} {{ [] | ansible.utils.to_paths('a') }}",
            "{} [[]] {'a': []}",
        ),
        ("{{ {'a':1} | ansible.utils.to_paths(wantlist=true) }}", "[{'a': 1}]"),
    ],
    takes_undefined: false,
    call: |call| {
        let prefix = call.text(0, "");
        let mut given = Given::default();
        let as_list = given.truth("wantlist", call.arg(1));
        given.filter(&["prepend", "var", "wantlist"], &call.keywords)?;
        Ok(paths(&call.value, &prefix, as_list)?)
    },
};

/// Returns all paths in a value and what they lead to.
pub(in crate::template) fn paths(
    value: &Value,
    prefix: &str,
    as_list: bool,
) -> Result<Value, String> {
    let nothing = match value {
        Value::Dict(dict) => dict.is_empty(),
        Value::List(items) => items.is_empty(),
        _ => false,
    };
    // A container with nothing in it has no path: it stands for itself.
    let found = if nothing && prefix.is_empty() {
        value.clone()
    } else {
        let mut paths = Dict::new();
        walk(value, Value::from(prefix), &mut paths)?;
        paths.into()
    };
    Ok(if as_list { Value::list([found]) } else { found })
}

/// Takes a path further; the first key of all is a path as it is, whatever it is.
fn walk(value: &Value, path: Value, paths: &mut Dict) -> Result<(), String> {
    match value {
        Value::Dict(dict) if !dict.is_empty() => {
            for (key, value) in dict.iter() {
                let path = if path.is_true() { joined(&path, key)? } else { key.clone() };
                walk(value, path, paths)?;
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                let path = if matches!(path, Value::None) { String::new() } else { path.to_text() };
                walk(item, format!("{path}[{index}]").into(), paths)?;
            }
        }
        other => {
            paths.insert(path, other.clone());
        }
    }
    Ok(())
}

fn joined(path: &Value, key: &Value) -> Result<Value, String> {
    let Value::Str(name) = key else {
        return Err(format!("expected string or bytes-like object, got '{}'", key.type_name()));
    };
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    match path {
        path if !is_name => Ok(format!("{}['{name}']", path.to_text()).into()),
        Value::Str(path) => Ok(format!("{path}.{name}").into()),
        other => {
            let found = other.type_name();
            Err(format!("unsupported operand type(s) for +: '{found}' and 'str'"))
        }
    }
}
