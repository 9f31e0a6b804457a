//! `validate`: what of a value does not fit a JSON Schema, or rules for lines.

use super::{
    Answer, Filter, Invocation,
    engines::{Unchecked, engine_check},
};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.validate",
    aliases: &[],
    summary: "What of a value does not fit a JSON Schema",
    params: &["criteria", "engine", "draft", "**"],
    examples: &[
        ("{{ {'a': 1} | ansible.utils.validate({'type': 'object'}) }}", "[]"),
        (
            "{{ {'a': 'x'} | ansible.utils.validate({'properties': {'a': {'type': 'integer'}}}) | map(attribute='message') }}",
            "[\"'x' is not of type 'integer'\"]",
        ),
        (
            "{{ 'no ip' | ansible.utils.validate([{'name':'n','rule':'^no','action':'fail'}], engine='ansible.utils.config') }}",
            "[{'message': 'n', 'found': 'no ip'}]",
        ),
        (
            "{{ {'a': 1} | ansible.utils.validate }}",
            "The filter plugin 'ansible.utils.validate' failed: Missing either 'data' or 'criteria' value in filter input, refer 'ansible.utils.validate' filter plugin documentation for details",
        ),
    ],
    takes_undefined: false,
    call: |call| answer(call),
};

fn answer(call: &mut Invocation<'_, '_>) -> Answer {
    let Some(criteria) = call.arg(0) else {
        return Err("Missing either 'data' or 'criteria' value in filter input, refer 'ansible.utils.validate' filter plugin documentation for details".into());
    };
    let engine = call.text(1, "ansible.utils.jsonschema");
    let draft = call.some(2).map(Value::to_text);
    let checked = engine_check(&engine, &call.value, criteria, draft.as_deref());
    Ok(checked.map_err(Unchecked::into_message)?.errors.into())
}
