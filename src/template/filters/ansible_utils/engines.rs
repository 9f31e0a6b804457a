//! The engines of `validate`: JSON Schema, and rules for the lines of a configuration.

use super::not_there;
use crate::{
    template::{documents, json, regex, schema},
    value::Value,
};

/// What an engine found.
#[derive(Default)]
pub(crate) struct Checked {
    /// What does not fit; a text says why nothing could be looked at.
    pub errors: Vec<Value>,
    /// The errors as the task tells them.
    pub told: Vec<String>,
    pub warnings: Vec<String>,
}

/// Why no engine looked at anything.
pub(crate) enum Unchecked {
    /// There is no such engine, or it was set up wrongly.
    Engine(String),
    /// It was given what it cannot read.
    Input(String),
}

impl Unchecked {
    /// Returns the reason as filters, tests and lookups tell it.
    pub(crate) fn into_message(self) -> String {
        match self {
            Unchecked::Engine(message) => {
                format!("validate lookup plugin failed with errors: {message}")
            }
            Unchecked::Input(message) => message,
        }
    }
}

const DRAFTS: [&str; 6] = ["draft3", "draft4", "draft6", "draft7", "2019-09", "2020-12"];

/// Compares data with criteria.
pub(crate) fn engine_check(
    engine: &str,
    data: &Value,
    criteria: &Value,
    draft: Option<&str>,
) -> Result<Checked, Unchecked> {
    if engine.split('.').count() < 3 {
        let message = "Parser name should be provided as a full name including collection";
        return Err(Unchecked::Engine(message.to_owned()));
    }
    let unloaded = |why: String| {
        Unchecked::Engine(format!(
            "For engine '{engine}' error loading the corresponding validate plugin: {why}"
        ))
    };
    match engine {
        "ansible.utils.jsonschema" => match draft.filter(|draft| !DRAFTS.contains(draft)) {
            Some(other) => Err(unloaded(format!(
                "argspec validation failed for {engine} plugin with errors: ['value of draft must be one of: {}, got: {other}']",
                DRAFTS.join(", ")
            ))),
            None => by_schema(data, criteria, draft),
        },
        "ansible.utils.config" => by_lines(engine, data, criteria),
        other => {
            let (home, name) = other.rsplit_once('.').unwrap_or_default();
            Err(unloaded(not_there("validate", home, name)))
        }
    }
}

fn by_schema(data: &Value, criteria: &Value, draft: Option<&str>) -> Result<Checked, Unchecked> {
    let data = parsed(data, "data")?;
    let schemas = match parsed(criteria, "criteria")? {
        Value::List(schemas) => schemas.to_vec(),
        one => vec![one],
    };
    let mut checked = Checked::default();
    for schema in &schemas {
        let schema = parsed(schema, "criteria")?;
        match schema::problems(&schema, &data, draft) {
            Ok(problems) => {
                for problem in problems.into_iter().map(schema::Problem::into_value) {
                    let text = |key| problem.get(key).map(Value::to_text).unwrap_or_default();
                    checked.told.push(format!(
                        "At '{}' {}. ",
                        text("schema_path"),
                        text("message")
                    ));
                    checked.errors.push(problem);
                }
            }
            Err(message) => checked.errors.push(message.into()),
        }
    }
    Ok(checked)
}

/// Returns a value that may be given as the text of its JSON.
fn parsed(value: &Value, option: &str) -> Result<Value, Unchecked> {
    let Value::Str(text) = value else { return Ok(value.clone()) };
    json::read(text).map_err(|error| {
        Unchecked::Input(format!("'{option}' option value is invalid, value should a valid JSON. Failed to read with error '{error}'"))
    })
}

fn by_lines(engine: &str, data: &Value, criteria: &Value) -> Result<Checked, Unchecked> {
    let criteria = match criteria {
        Value::Str(text) => documents::read(text).map_err(|error| {
            let error = error.clone();
            Unchecked::Input(format!("'criteria' option value is invalid, value should be valid YAML. Failed to read with error '{error}'"))
        })?,
        other => other.clone(),
    };
    let nothing = |why: &str| Checked { errors: vec![why.into()], ..Checked::default() };
    let rules = match &criteria {
        Value::List(rules) => rules.to_vec(),
        Value::Dict(_) => return Ok(nothing("string indices must be integers, not 'str'")),
        other => return Err(not_a_rule(engine, other)),
    };
    let mut faults = Vec::new();
    for rule in &rules {
        if rule.as_dict().is_none() {
            return Err(not_a_rule(engine, rule));
        }
        let shown = rule.to_repr();
        if rule.get("name").is_none() {
            faults.push(format!("Criteria {shown} missing \"name\" key"));
        }
        match rule.get("action").map(Value::to_text).as_deref() {
            None => faults.push(format!("Criteria {shown} missing \"action\" key")),
            Some("warn" | "fail") => (),
            Some(_) => faults
                .push(format!("Action in criteria {shown} is not one of \"warn\" or \"fail\"")),
        }
        if rule.get("rule").is_none() {
            faults.push(format!("Criteria {shown} missing \"rule\" key"));
        }
    }
    if !faults.is_empty() {
        return Err(Unchecked::Input(faults.join("\n")));
    }
    let Value::Str(text) = data else {
        let kind = data.tagged_type_name().unwrap_or(data.type_name());
        return Ok(nothing(&format!("'{kind}' object has no attribute 'split'")));
    };
    let mut checked = Checked::default();
    for rule in &rules {
        let of = |key| rule.get(key).map(Value::to_text).unwrap_or_default();
        let (name, source, fails) = (of("name"), of("rule"), of("action") == "fail");
        let pattern = regex::pattern(&source, false, false).map_err(|error| {
            Unchecked::Input(format!("Failed to compile regex \"{source}\": {error}"))
        })?;
        for (at, line) in text.split('\n').enumerate() {
            if !pattern.is_match(line).map_err(Unchecked::Input)? {
                continue;
            }
            let told = format!("At line {}: {name}\nFound \"{line}\"", at + 1);
            if fails {
                let found = [("message", Value::from(name.as_str())), ("found", line.into())];
                checked.errors.push(Value::dict(found));
                checked.told.push(told);
            } else {
                checked.warnings.push(told);
            }
        }
    }
    Ok(checked)
}

fn not_a_rule(engine: &str, found: &Value) -> Unchecked {
    Unchecked::Input(format!(
        "Unhandled exception from validator '{engine}'. Error: argument of type '{}' is not iterable",
        found.type_name()
    ))
}
