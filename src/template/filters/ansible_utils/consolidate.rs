//! `consolidate`: entries of several lists, brought together by a key that they share.

use super::{Answer, Filter, Given, Invocation};
use crate::{
    template::filters::{Refusal, as_dict},
    value::{Dict, Value},
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.consolidate",
    aliases: &[],
    summary: "Entries of several lists, brought together by a key that they share",
    params: &["fail_missing_match_key", "fail_missing_match_value", "fail_duplicate", "**"],
    examples: &[
        (
            "{{ [{'data':[{'n':'a','x':1}],'match_key':'n','name':'one'},{'data':[{'n':'a','y':2}],'match_key':'n','name':'two'}] | ansible.utils.consolidate }}",
            "{'a': {'one': {'n': 'a', 'x': 1}, 'two': {'n': 'a', 'y': 2}}}",
        ),
        (
            "{{ [{'data':[{'n':'b'}],'match_key':'n','name':'one'},{'data':[],'match_key':'n','name':'two'}] | ansible.utils.consolidate(fail_missing_match_value=false) }}",
            "{'b': {'one': {'n': 'b'}, 'two': {}}}",
        ),
        (
            "{{ [{'data':[{'n':'b'}],'match_key':'n','name':'one'},{'data':[],'match_key':'n','name':'two'}] | ansible.utils.consolidate }}",
            "The filter plugin 'ansible.utils.consolidate' failed: Error when using plugin 'consolidate': 'fail_missing_match_value' reported missing match value b in data source 2",
        ),
    ],
    takes_undefined: false,
    call: |call| answer(call),
};

const KNOWN: &[&str] =
    &["data_sources", "fail_duplicate", "fail_missing_match_key", "fail_missing_match_value"];

/// A list with the key that its entries are found by.
struct Source {
    data: Value,
    key: Value,
    name: Value,
}

/// What is looked at, by its option, and what was found.
type Reports = Vec<(&'static str, Vec<String>)>;

fn answer(call: &mut Invocation<'_, '_>) -> Answer {
    let mut given = Given::default();
    let mut asks =
        |index: usize, name: &str| call.arg(index).is_none() || given.truth(name, call.arg(index));
    let missing_key = asks(0, "fail_missing_match_key");
    let missing_value = asks(1, "fail_missing_match_value");
    let duplicate = asks(2, "fail_duplicate");
    let items = given.list("data_sources", "", &call.value);
    let sources: Vec<Source> = items.iter().filter_map(|item| source(&mut given, item)).collect();
    given.filter(KNOWN, &call.keywords)?;
    let mut reports: Reports = Vec::new();
    let mut found: Vec<Dict> = Vec::new();
    let (mut keyless, mut twice) = (Vec::new(), Vec::new());
    for (at, source) in sources.iter().enumerate() {
        let at = at + 1;
        let mut by_value = Dict::new();
        let mut is_twice = false;
        for (entry, item) in entries(&source.data)?.iter().enumerate() {
            match value_of(item, &source.key)? {
                Some(value) => is_twice |= by_value.insert(value, item.clone()).is_some(),
                None => keyless.push(format!(
                    "missing match key {} in data source {at} in list entry {}",
                    source.key.to_repr(),
                    entry + 1
                )),
            }
        }
        if is_twice {
            twice.push(format!("duplicate values in data source {at}"));
        }
        found.push(by_value);
    }
    if missing_key {
        reports.push(("fail_missing_match_key", keyless));
    }
    if duplicate {
        reports.push(("fail_duplicate", twice));
    }
    refuse(&reports)?;
    let mut values = Dict::new();
    values.extend(found.iter().flat_map(Dict::iter).map(|(value, _)| (value.clone(), Value::None)));
    if missing_value {
        let lacking = found.iter().enumerate().filter_map(|(at, own)| {
            let lacks: Vec<String> = values
                .keys()
                .filter(|value| own.get_value(value).is_none())
                .map(Value::to_text)
                .collect();
            let at = at + 1;
            (!lacks.is_empty())
                .then(|| format!("missing match value {} in data source {at}", lacks.join(", ")))
        });
        refuse(&[("fail_missing_match_value", lacking.collect())])?;
    }
    let together = values.keys().map(|value| {
        let own = sources.iter().zip(&found).map(|(source, own)| {
            let item = own.get_value(value).cloned();
            (source.name.clone(), item.unwrap_or_else(|| Dict::new().into()))
        });
        (value.clone(), Value::from(own.collect::<Dict>()))
    });
    Ok(Value::from(together.collect::<Dict>()))
}

/// Returns a source as it is described, or notes what is wrong with it.
fn source(given: &mut Given, item: &Value) -> Option<Source> {
    let Some(dict) = as_dict(item) else {
        let (shown, kind) = (item.to_text(), item.type_name());
        given.wrong(format!(
            "Value '{shown}' in the sub parameter field 'data_sources' must be a list, not '{kind}'"
        ));
        given.wrong(format!("Elements value for option 'data_sources' is of type {kind} and we were unable to convert to dict: <class '{kind}'> cannot be converted to a dict"));
        return None;
    };
    let known = ["data", "match_key", "name"];
    let missing: Vec<&str> =
        known.iter().copied().filter(|name| dict.get(name).is_none()).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        given.wrong(format!("missing required arguments: {missing} found in data_sources"));
    }
    let names: Vec<String> = dict
        .keys()
        .map(Value::to_text)
        .filter(|name| !known.contains(&name.as_str()))
        .map(|name| format!("data_sources.{name}"))
        .collect();
    given.knows(&known, names.iter().map(String::as_str));
    Some(Source {
        data: dict.get("data")?.clone(),
        key: dict.get("match_key")?.to_text().into(),
        name: dict.get("name")?.to_text().into(),
    })
}

fn entries(data: &Value) -> Result<Vec<Value>, Refusal> {
    match data {
        Value::List(items) | Value::Tuple(items) => Ok(items.to_vec()),
        Value::Dict(dict) => Ok(dict.keys().cloned().collect()),
        Value::Str(text) => Ok(text.chars().map(|c| c.to_string().into()).collect()),
        other => Err(format!("'{}' object is not iterable", other.type_name()).into()),
    }
}

fn value_of(item: &Value, key: &Value) -> Result<Option<Value>, Refusal> {
    let found = match item {
        Value::Str(_) => return Err("string indices must be integers, not 'str'".into()),
        item => match as_dict(item) {
            Some(dict) => dict.get_value(key).cloned(),
            None => {
                return Err(format!("'{}' object is not subscriptable", item.type_name()).into());
            }
        },
    };
    match found.as_ref().and_then(Value::unhashable) {
        Some(class) => Err(format!("unhashable type: '{class}'").into()),
        None => Ok(found),
    }
}

fn refuse(reports: &[(&str, Vec<String>)]) -> Result<(), Refusal> {
    let told: Vec<String> = reports
        .iter()
        .filter(|(_, found)| !found.is_empty())
        .map(|(option, found)| {
            let found = found.join(", ");
            format!("Error when using plugin 'consolidate': '{option}' reported {found}")
        })
        .collect();
    if told.is_empty() { Ok(()) } else { Err(told.join("; ").into()) }
}
