//! Taking the values of secret arguments out of a result, as the reference does before it prints one.

use super::{Given, Json, JsonMap, Spec};

/// What stands for a value that is a secret as a whole.
const WHOLE: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

/// Replaces what secret arguments hold wherever the result has it.
pub fn mask(spec: &'static Spec, given: &Given, result: &mut JsonMap) {
    let mut secrets = Vec::new();
    for arg in spec.args().into_iter().filter(|arg| arg.secret && !arg.returned) {
        let names = std::iter::once(arg.name).chain(arg.aliases.iter().copied());
        for value in names.filter_map(|name| given.get(name)) {
            collect(value, &mut secrets);
        }
    }
    if secrets.is_empty() {
        return;
    }
    // A secret may be part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for value in result.values_mut() {
        mask_value(value, &secrets);
    }
}

fn collect(value: &Json, secrets: &mut Vec<String>) {
    match value {
        Json::String(text) if !text.is_empty() => secrets.push(text.clone()),
        Json::Number(number) => secrets.push(number.to_string()),
        Json::Array(items) => items.iter().for_each(|item| collect(item, secrets)),
        Json::Object(map) => map.values().for_each(|item| collect(item, secrets)),
        Json::Null | Json::Bool(_) | Json::String(_) => (),
    }
}

fn mask_value(value: &mut Json, secrets: &[String]) {
    match value {
        Json::String(text) if secrets.contains(text) => WHOLE.clone_into(text),
        Json::String(text) => {
            for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), "********");
                }
            }
        }
        Json::Number(number) => {
            let text = number.to_string();
            if secrets.iter().any(|secret| text.contains(secret.as_str())) {
                *value = Json::String(WHOLE.to_owned());
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| mask_value(item, secrets)),
        Json::Object(map) => map.values_mut().for_each(|item| mask_value(item, secrets)),
        Json::Null | Json::Bool(_) => (),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_masked_where_they_are_a_part_and_where_they_are_all() {
        let secrets = ["geheim".to_owned(), "42".to_owned()];
        let mut value = json!({"a": ["x geheim y", "geheim"], "b": 142, "c": true, "d": "fine"});
        mask_value(&mut value, &secrets);
        assert_eq!(
            value,
            json!({"a": ["x ******** y", WHOLE], "b": WHOLE, "c": true, "d": "fine"})
        );
    }
}
