//! `fact_diff`: how two values differ, as lines.

use std::sync::Arc;

use windlass_modules::pattern::Pattern;

use super::{Answer, Filter, Invocation};
use crate::{
    template::{filters::Refusal, json, regex},
    value::{Value, difflib},
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.fact_diff",
    aliases: &[],
    summary: "How two values differ, as the text of a list of lines",
    params: &["after", "plugin", "common"],
    examples: &[
        (
            "{{ ['a', 'b'] | ansible.utils.fact_diff(['a', 'c']) }}",
            "['--- before', '+++ after', '@@ -1,2 +1,2 @@', ' a', '-b', '+c', '']",
        ),
        (
            "{{ {'a': 1} | ansible.utils.fact_diff({'a': 2}) }}",
            "['--- before', '+++ after', '@@ -1,3 +1,3 @@', ' {', '-    \"a\": 1', '+    \"a\": 2', ' }', '']",
        ),
        ("{{ {'a': 1} | ansible.utils.fact_diff({'a': 1}) }}", "[]"),
        (
            "{{ ['ax', 'b', 'cx'] | ansible.utils.fact_diff(['ay', 'b', 'cz'], plugin={'vars': {'skip_lines': '^a'}}) }}",
            "['--- before', '+++ after', '@@ -1,2 +1,2 @@', ' b', '-cx', '+cz', '']",
        ),
        ("{{ 'a' | ansible.utils.fact_diff('b', common=true) }}", "['@@ -1 +1 @@', '']"),
        (
            "{{ 1 | ansible.utils.fact_diff(2) }}",
            "The filter plugin 'ansible.utils.fact_diff' failed: 'int' object has no attribute 'splitlines'",
        ),
    ],
    takes_undefined: false,
    call,
};

fn call(call: &mut Invocation<'_, '_>) -> Answer {
    let Some(after) = call.arg(0) else {
        return Err("['missing required arguments: after']".into());
    };
    let skipped = skipped(call.some(1))?;
    let before = side(&call.value, &skipped)?;
    let after = side(after, &skipped)?;
    let everything = before.len() + after.len();
    let mut text = String::new();
    for (sign, line) in difflib::unified(&before, &after, everything) {
        if text.is_empty() {
            text.push_str("--- before\n+++ after\n");
        }
        if sign != '@' {
            text.push(sign);
        }
        text.push_str(&line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
    if call.flag(2, false) {
        text =
            text.split_inclusive('\n').filter(|line| !line.starts_with(['-', '+', '\\'])).collect();
    }
    if text.is_empty() {
        return Ok("[]".into());
    }
    Ok(Value::list(text.split('\n').map(Value::from)).to_repr().into())
}

/// Returns the patterns of lines that do not count.
fn skipped(plugin: Option<&Value>) -> Result<Vec<Arc<Pattern>>, Refusal> {
    let Some(plugin) = plugin else { return Ok(Vec::new()) };
    let Value::Dict(plugin) = plugin else {
        return Err(format!("argument of type '{}' is not iterable", plugin.type_name()).into());
    };
    let unknown = |dict: &crate::value::Dict, known: &[&str]| {
        dict.keys().map(Value::to_text).find(|key| !known.contains(&key.as_str()))
    };
    if let Some(key) = unknown(plugin, &["name", "vars"]) {
        return Err(format!("['plugin.{key}. Supported parameters include: name, vars.']").into());
    }
    if plugin.get("name").is_some_and(|name| name.to_text() != "ansible.utils.native") {
        let message =
            "cannot access local variable 'result' where it is not associated with a value";
        return Err(message.into());
    }
    let Some(Value::Dict(vars)) = plugin.get("vars") else { return Ok(Vec::new()) };
    if let Some(key) = unknown(vars, &["skip_lines"]) {
        let message = format!("['plugin.vars.{key}. Supported parameters include: skip_lines.']");
        return Err(message.into());
    }
    let patterns = match vars.get("skip_lines") {
        None | Some(Value::None) => return Ok(Vec::new()),
        Some(Value::List(patterns)) => patterns.to_vec(),
        Some(one) => vec![one.clone()],
    };
    let compiled = patterns.iter().map(|pattern| {
        let pattern = pattern.to_text();
        regex::pattern(&pattern, false, false).map_err(|error| {
            Refusal::Message(format!(
                "Error when using filter plugin 'fact_diff': The regex '{pattern}', is not valid. The error was {error}."
            ))
        })
    });
    compiled.collect()
}

/// Returns what one side shows: dictionaries as JSON, lists with an item a line.
fn side(value: &Value, skipped: &[Arc<Pattern>]) -> Result<String, Refusal> {
    let lines: Vec<String> = match value {
        Value::Dict(dict) if skipped.is_empty() => {
            let style = json::Style { indent: Some(4), sort_keys: true, ..json::Style::default() };
            return Ok(json::write(&Value::Dict(Arc::clone(dict)), &style)? + "\n");
        }
        Value::Str(text) if skipped.is_empty() => return Ok(text.to_string()),
        Value::Dict(dict) => dict.keys().map(Value::to_text).collect(),
        Value::Str(text) => text.lines().map(str::to_owned).collect(),
        Value::List(items) | Value::Tuple(items) => items.iter().map(Value::to_text).collect(),
        other => {
            let found = other.type_name();
            return Err(format!("'{found}' object has no attribute 'splitlines'").into());
        }
    };
    let mut kept = Vec::new();
    for line in lines {
        let mut skip = false;
        for pattern in skipped {
            let found = pattern.search(&line)?;
            skip |= found.and_then(|it| it.get(0)).is_some_and(|whole| whole.start() == 0);
        }
        if !skip {
            kept.push(line);
        }
    }
    Ok(kept.join("\n") + "\n")
}
