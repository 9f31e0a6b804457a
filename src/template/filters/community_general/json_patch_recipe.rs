//! `json_patch_recipe`: a document with a list of changes.

use super::{
    Filter,
    json_patch::{document, only, operation, patched},
};
use crate::{
    template::filters::{Refusal, as_dict},
    value::Value,
};

const NAME: &str = "json_patch_recipe";

pub(super) static UNIT: Filter = Filter {
    name: "community.general.json_patch_recipe",
    aliases: &[],
    summary: "A document with a list of changes, which a JSON Patch describes",
    params: &["operations", "**"],
    examples: &[
        (
            "{{ {'a':1} | community.general.json_patch_recipe([{'op':'add','path':'/b','value':2},{'op':'remove','path':'/a'}]) }}",
            "{'b': 2}",
        ),
        (
            "{{ {'a':1} | community.general.json_patch_recipe([{'op':'add','path':'/b'}]) }}",
            "The filter plugin 'community.general.json_patch_recipe' failed: json_patch_recipe: patch failed: The operation does not contain a 'value' member",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let operations = call.required(0, "operations")?.clone();
        only(call, NAME, &["fail_test"])?;
        let Value::List(operations) = operations else {
            return Err(format!("{NAME}: 'operations' needs to be a list").into());
        };
        let one = |one: &Value| {
            let Some(dict) = as_dict(one) else {
                let found = one.type_name();
                return Err(Refusal::Message(format!(
                    "argument of type '{found}' is not iterable"
                )));
            };
            let value = dict.get("value").cloned();
            operation(NAME, (dict.get("op"), dict.get("path")), dict.get("from"), value)
        };
        let input = document(&call.value, NAME)?;
        let operations = operations.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        patched(call, NAME, input, &operations)
    },
};
