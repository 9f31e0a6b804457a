//! `fact_diff`: how two values differ, as lines.

use std::sync::Arc;

use windlass_modules::pattern::Pattern;

use super::{Answer, Filter, Given, Invocation};
use crate::{
    template::{filters::Refusal, json, regex},
    value::{Dict, Value, difflib},
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.fact_diff",
    aliases: &[],
    summary: "How two values differ, as the text of a list of lines",
    params: &["after", "plugin", "common", "**"],
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

/// Lines around a difference: as many as any text has.
const WHOLE: usize = usize::MAX / 4;

const KNOWN: &[&str] = &["after", "before", "common", "plugin"];

fn call(call: &mut Invocation<'_, '_>) -> Answer {
    let mut given = Given::default();
    given.needs(&[("after", call.arg(0).is_some())]);
    if let Some(plugin) = call.some(1).filter(|plugin| plugin.as_dict().is_none()) {
        return Err(format!("argument of type '{}' is not iterable", plugin.type_name()).into());
    }
    let patterns = skipped_lines(&mut given, call.some(1));
    let common = given.truth("common", call.arg(2));
    given.filter(KNOWN, &call.keywords)?;
    let named = |error| format!("Error when using filter plugin 'fact_diff': {error}");
    let skipped = compiled(&patterns).map_err(named)?;
    if name_of(call.some(1)).is_some_and(|name| name != "ansible.utils.native") {
        let message =
            "cannot access local variable 'result' where it is not associated with a value";
        return Err(message.into());
    }
    let after = call.arg(0).cloned().unwrap_or_default();
    let mut text = compared(&call.value, &after, &skipped, WHOLE)?;
    if common {
        text =
            text.split_inclusive('\n').filter(|line| !line.starts_with(['-', '+', '\\'])).collect();
    }
    if text.is_empty() {
        return Ok("[]".into());
    }
    Ok(Value::list(text.split('\n').map(Value::from)).to_repr().into())
}

/// Returns how two values differ, as the text of lines, with lines around them that are alike.
pub(crate) fn compared(
    before: &Value,
    after: &Value,
    skipped: &[Arc<Pattern>],
    context: usize,
) -> Result<String, Refusal> {
    let before = side(before, skipped)?;
    let after = side(after, skipped)?;
    let mut text = String::new();
    for (sign, line) in difflib::unified(&before, &after, context) {
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
    Ok(text)
}

/// Returns the name of the plugin that compares.
pub(crate) fn name_of(plugin: Option<&Value>) -> Option<String> {
    plugin.and_then(|plugin| plugin.get("name")).map(Value::to_text)
}

/// Returns the patterns of lines that do not count, as they are written.
pub(crate) fn skipped_lines(given: &mut Given, plugin: Option<&Value>) -> Vec<String> {
    let unknown = |dict: &Value, known: &[&str], place: &str| {
        let keys = dict.as_dict().into_iter().flat_map(Dict::keys).map(Value::to_text);
        let unknown = keys.filter(|key| !known.contains(&key.as_str()));
        unknown.map(|key| format!("{place}.{key}")).collect::<Vec<String>>()
    };
    let Some(plugin) = plugin else { return Vec::new() };
    let names = unknown(plugin, &["name", "vars"], "plugin");
    given.knows(&["name", "vars"], names.iter().map(String::as_str));
    let Some(vars) = plugin.get("vars") else { return Vec::new() };
    let names = unknown(vars, &["skip_lines"], "plugin.vars");
    given.knows(&["skip_lines"], names.iter().map(String::as_str));
    match vars.get("skip_lines") {
        None | Some(Value::None) => Vec::new(),
        Some(lines) => {
            let lines = given.list("skip_lines", " found in 'plugin -> vars'.", lines);
            lines.iter().map(Value::to_text).collect()
        }
    }
}

/// Returns patterns that can be searched for.
pub(crate) fn compiled(patterns: &[String]) -> Result<Vec<Arc<Pattern>>, String> {
    let one = |pattern: &String| {
        regex::pattern(pattern, false, false)
            .map_err(|error| format!("The regex '{pattern}', is not valid. The error was {error}."))
    };
    patterns.iter().map(one).collect()
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
