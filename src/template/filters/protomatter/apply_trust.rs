//! `apply_trust`: a text as the template that its writer says it is.

use std::sync::Arc;

use super::Filter;
use crate::value::{Template, Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible._protomatter.apply_trust",
    aliases: &[],
    summary: "A text as a template",
    params: &[],
    examples: &[
        ("{{ ('{' ~ '{ 1 + 1 }}') | ansible._protomatter.apply_trust }}", "2"),
        ("{{ [1] | ansible._protomatter.apply_trust }}", "[1]"),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        Value::Str(text) if Template::is_in(text) => {
            let template = Value::Template(Arc::new(Template::new(Arc::clone(text), None)));
            Ok(call.eval.env.eval(&template)?)
        }
        other => Ok(other.clone()),
    },
};
