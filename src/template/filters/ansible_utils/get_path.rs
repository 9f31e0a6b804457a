//! `get_path`: what a path leads to.

use super::Filter;
use crate::{
    template::{Env, Scope, TemplateError},
    value::Value,
};
use std::sync::Arc;

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.get_path",
    aliases: &[],
    summary: "What a path such as `a.b[1]` leads to",
    params: &["path", "wantlist"],
    examples: &[
        ("{{ {'a':{'b':[1,{'c':'x'}],'k.k':5}} | ansible.utils.get_path('a.b[1].c') }}", "x"),
        ("{{ {'a':{'k.k':5}} | ansible.utils.get_path('a[\"k.k\"]') }}", "5"),
        ("{{ {'a':[1]} | ansible.utils.get_path('a[0]', wantlist=true) }}", "[1]"),
        ("{{ {'a':[1]} | ansible.utils.get_path('nope') }}", "'nope' is undefined"),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(path) = call.arg(0) else {
            return Err("['missing required arguments: path']".into());
        };
        Ok(found(call.eval.env, &call.value, &path.to_text(), call.flag(1, false))?)
    },
};

/// Returns what a path leads to in a value.
pub(in crate::template) fn found(
    env: &Env<'_>,
    value: &Value,
    path: &str,
    as_list: bool,
) -> Result<Value, TemplateError> {
    let scope = Only(value.clone());
    let dot = if path.starts_with('[') { "" } else { "." };
    let inner = Env::new(&scope, env.context).telling(env.told());
    let found =
        inner.eval_expression(&format!("{NAME}{dot}{path}"), None).map_err(|mut error| {
            // The name that stands for the value is nobody's business.
            if let Some(name) =
                error.message.strip_prefix("object of type 'dict' has no attribute ")
                && !path.contains(['.', '['])
            {
                error.message = format!("{name} is undefined");
            }
            error
        })?;
    Ok(if as_list { Value::list([found]) } else { found })
}

const NAME: &str = "the_value_itself";

struct Only(Value);

impl Scope for Only {
    fn get(&self, name: &str) -> Option<Value> {
        (name == NAME).then(|| self.0.clone())
    }
    fn names(&self) -> Vec<Arc<str>> {
        vec![NAME.into()]
    }
}
