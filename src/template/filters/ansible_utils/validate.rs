//! `validate`: what of a value does not fit a JSON Schema.

use super::{Answer, Filter, Invocation};
use crate::{
    template::{json, schema},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.validate",
    aliases: &[],
    summary: "What of a value does not fit a JSON Schema",
    params: &["criteria", "engine", "draft"],
    examples: &[
        ("{{ {'a': 1} | ansible.utils.validate({'type': 'object'}) }}", "[]"),
        (
            "{{ {'a': 'x'} | ansible.utils.validate({'properties': {'a': {'type': 'integer'}}}) | map(attribute='message') }}",
            "[\"'x' is not of type 'integer'\"]",
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
    if engine.split('.').count() < 3 {
        return Err("validate lookup plugin failed with errors: Parser name should be provided as a full name including collection".into());
    }
    if &*engine != "ansible.utils.jsonschema" {
        return Err(format!("For engine '{engine}' error loading the corresponding validate plugin: there is only ansible.utils.jsonschema").into());
    }
    let data = parsed(&call.value, "data")?;
    let schemas = match parsed(criteria, "criteria")? {
        Value::List(schemas) => schemas.to_vec(),
        one => vec![one],
    };
    let mut found = Vec::new();
    for schema in &schemas {
        let schema = parsed(schema, "criteria")?;
        let draft = call.some(2).map(Value::to_text);
        match schema::problems(&schema, &data, draft.as_deref()) {
            Ok(problems) => found.extend(problems.into_iter().map(schema::Problem::into_value)),
            Err(message) => found.push(message.into()),
        }
    }
    Ok(found.into())
}

/// Returns a value that may be given as the text of its JSON.
fn parsed(value: &Value, option: &str) -> Answer {
    let Value::Str(text) = value else { return Ok(value.clone()) };
    json::read(text).map_err(|error| {
        format!("'{option}' option value is invalid, value should a valid JSON. Failed to read with error '{error}'").into()
    })
}
