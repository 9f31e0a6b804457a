//! A table of templates with what the reference gives for each, run as one test.

use std::sync::Arc;

use super::uses::testing::Variables;
use crate::{
    template::{Context, Env},
    value::{Template, Value},
};

/// Differences that are known, each with its reason.
const KNOWN: &[(&str, &str)] = &[
    (
        "{{ '{0[a]} {x.y}'.format({'a':1}, x={'y':2}) }}",
        "the reference names a class of its own where Python's is meant",
    ),
    ("{{ l.count(1) }}", "the reference's lazy lists do not see their items when they count"),
    ("{{ omit }}", "whoever asks for the value decides whether it may be left out"),
    ("{{ nope | default(omit) }}", "whoever asks for the value decides whether it may be left out"),
    ("{{ 1e400 }} {{ -1e400 }}", "the reference makes Python code of its numbers, and stumbles"),
    ("{{ lookup('nope') }}", "the reference says how it searched for Python modules"),
    ("{{ lookup() }}", "the reference names its Python function"),
    (
        "{{ l.append(9) }}{{ l }}{{ l.pop() }}{{ l.extend([7]) }}{{ l }}{{ l.insert(0, 'x') }}{{ l.remove(7) }}{{ l.index(1) }}{{ l.reverse() }}{{ l }}",
        "the reference makes text only at the end, when all changes are done",
    ),
    ("{{ [1,2,3,4] | community.general.accumulate('*') }}", "the reference counts as Python does"),
    ("{{ 'a' | community.general.dict_kv('k', 'x') }}", "the reference counts as Python does"),
    ("{{ 'a' | community.general.dict(b=1) }}", "the reference names its Python function"),
    ("{{ d | json_query('&a') }}", "the reference fails when it keeps the value"),
    ("{{ users | json_query('x') }}", "recorded without the collections"),
    (
        "{{ 'x=1;y=2' | split(';') | map('split', '=') | community.general.dict }}",
        "recorded without the collections",
    ),
    ("{% set %}", "minijinja ends the statement before it misses the name"),
    ("{% raw %}", "the reference takes a `raw` without end for a comment"),
    ("{% set 1 = 2 %}", "minijinja's words"),
    ("{% include 'nope.j2' %}", "the folders differ"),
    ("{{ 1 | default(x=2) }}", "the reference names its Python function"),
    ("{{ [1] | join(a=1) }}", "the reference names its Python function"),
    ("{{ 'a' | replace('b') }}", "the reference names its Python function"),
    ("{{ 'a' | b64encode(1, 2, 3, 4) }}", "the reference counts as Python does"),
];

#[test]
fn templates_give_what_the_reference_gives() {
    check(include_str!("table/reference.json"));
}

#[test]
fn filters_of_collections_give_what_the_reference_gives() {
    check(include_str!("table/community_general.json"));
}

#[test]
fn json_query_gives_what_the_reference_gives() {
    check(include_str!("table/json_query.json"));
}

#[test]
fn addresses_give_what_the_reference_gives() {
    check(include_str!("table/addresses.json"));
}

fn check(table: &str) {
    let table: serde_json::Value = serde_json::from_str(table).unwrap();
    let Value::Dict(context) = Value::from(table["context"].clone()) else { panic!("no context") };
    let mut wrong = Vec::new();
    let cases = table["cases"].as_array().unwrap();
    for case in cases {
        let template = case["template"].as_str().unwrap();
        let mut variables = (*context).clone();
        variables.insert(
            "big",
            Value::from("12345678901234567890123456789".parse::<num_bigint::BigInt>().unwrap()),
        );
        let variables = Variables(variables);
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/template/table/templates");
        let settings = Context { search_path: vec![folder.into()], ..Context::default() };
        let env = Env::new(&variables, &settings);
        let result = env.eval(&Value::Template(Arc::new(Template::new(template, None))));
        let found = match &result {
            Ok(value) => format!("{} ({})", value.to_text(), value.type_name()),
            Err(error) => format!("error: {}", error.message),
        };
        let expected = match (case["text"].as_str(), case["error"].as_str()) {
            (Some(text), _) => format!("{text} ({})", case["type"].as_str().unwrap()),
            (_, error) => format!("error: {}", error.unwrap_or_default()),
        };
        let known = KNOWN.iter().any(|(known, _)| *known == template);
        match (found == expected, known) {
            (true, true) => wrong.push(format!("{template}\n  is listed as different, and is not")),
            (false, false) => {
                wrong.push(format!("{template}\n  expected {expected}\n  found    {found}"));
            }
            _ => (),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
