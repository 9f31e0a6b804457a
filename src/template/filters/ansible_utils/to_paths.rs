//! `to_paths`: all paths of a value and what they lead to.

use super::Filter;
use crate::value::{Dict, Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.to_paths",
    aliases: &[],
    summary: "A dictionary of all paths and what they lead to",
    params: &["prepend", "wantlist"],
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
        Ok(paths(&call.value, &prefix, call.flag(1, false)))
    },
};

/// Returns all paths in a value and what they lead to.
pub(in crate::template) fn paths(value: &Value, prefix: &str, as_list: bool) -> Value {
    let nothing = match value {
        Value::Dict(dict) => dict.is_empty(),
        Value::List(items) | Value::Tuple(items) => items.is_empty(),
        _ => false,
    };
    // A container with nothing in it has no path: it stands for itself.
    let found = if nothing && prefix.is_empty() {
        value.clone()
    } else {
        let mut paths = Dict::new();
        walk(value, prefix.to_owned(), &mut paths);
        paths.into()
    };
    if as_list { Value::list([found]) } else { found }
}

fn walk(value: &Value, path: String, paths: &mut Dict) {
    match value {
        Value::Dict(dict) if !dict.is_empty() => {
            for (key, value) in dict.iter() {
                walk(value, joined(&path, key), paths);
            }
        }
        Value::List(items) | Value::Tuple(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                walk(item, format!("{path}[{index}]"), paths);
            }
        }
        other => {
            paths.insert(path, other.clone());
        }
    }
}

fn joined(path: &str, key: &Value) -> String {
    match key {
        Value::Str(name) => {
            let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            match (is_name, path.is_empty()) {
                (true, true) => name.to_string(),
                (true, false) => format!("{path}.{name}"),
                (false, _) => format!("{path}['{name}']"),
            }
        }
        other => format!("{path}[{}]", other.to_text()),
    }
}
