//! `get_path`: what a path leads to.

use super::{Filter, Given};
use crate::{
    template::{
        Env, ErrorKind, Scope,
        filters::{Refusal, as_dict},
    },
    value::{Dict, Value},
};
use std::sync::Arc;

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.get_path",
    aliases: &[],
    summary: "What a path such as `a.b[1]` leads to",
    params: &["path", "wantlist", "**"],
    examples: &[
        ("{{ {'a':{'b':[1,{'c':'x'}],'k.k':5}} | ansible.utils.get_path('a.b[1].c') }}", "x"),
        ("{{ {'a':{'k.k':5}} | ansible.utils.get_path('a[\"k.k\"]') }}", "5"),
        ("{{ {'a':[1]} | ansible.utils.get_path('a[0]', wantlist=true) }}", "[1]"),
        ("{{ {'a':[1]} | ansible.utils.get_path('nope') }}", "'nope' is undefined"),
    ],
    takes_undefined: false,
    call: |call| {
        let mut given = Given::default();
        given.needs(&[("path", call.arg(0).is_some())]);
        let as_list = given.truth("wantlist", call.arg(1));
        given.filter(&["path", "var", "wantlist"], &call.keywords)?;
        let path = call.text(0, "");
        found(call.eval.env, &call.value, &path, as_list)
    },
};

/// Returns what a path leads to in a value: it is evaluated with the entries as its variables.
pub(in crate::template) fn found(
    env: &Env<'_>,
    value: &Value,
    path: &str,
    as_list: bool,
) -> Result<Value, Refusal> {
    let Some(entries) = as_dict(value) else {
        let found = value.type_name();
        return Err(format!(
            "jinja2.environment.Template.render() argument after ** must be a mapping, not {found}"
        )
        .into());
    };
    if entries.keys().any(|key| key.as_str().is_none()) {
        return Err("keywords must be strings".into());
    }
    let scope = Entries(entries);
    let inner = Env::new(&scope, env.context).telling(env.told());
    let found = inner.eval_expression(path, None).map_err(|error| match error.kind {
        ErrorKind::Syntax => {
            let message = error.message.as_str();
            let words = message.split_once("expression: ").map_or(message, |(_, words)| words);
            Refusal::Message(words.to_owned())
        }
        _ => Refusal::Error(error),
    })?;
    Ok(if as_list { Value::list([found]) } else { found })
}

struct Entries(Arc<Dict>);

impl Scope for Entries {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }
    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().filter_map(Value::as_str).map(Into::into).collect()
    }
}
