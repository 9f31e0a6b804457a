//! What a module that is not ours printed, read as the reference reads it.

use windlass_modules::text;

use crate::{
    diagnostic::Span,
    executor::{Failure, NO_UTF8, WARNED},
    template::json,
    value::{Dict, Value, lines},
};

/// Keys that only the controller sets.
const INTERNAL: &[&str] = &["add_host", "add_group"];
/// What all its other keys begin with.
const PREFIX: &str = "_ansible_";

/// Returns the result that is in the helper's answer; that of a job is the module's own.
pub(in crate::actions) fn read(mut answer: Dict, task: &Span) -> Result<Dict, Failure> {
    let mut warned = Vec::new();
    let Some(Value::Str(printed)) = answer.remove("_windlass_stdout") else {
        return checked(without_internal(answer, &mut warned), warned);
    };
    let is_job = answer.contains_key("ansible_job_id");
    let (mut result, junk) =
        parse(&printed).map_err(|why| unreadable(&why, &printed, &answer, task))?;
    if let Some(why) = result.remove("_windlass_unfit") {
        return Err(Failure::at(None, why.to_text()).with("changed", false));
    }
    if is_job {
        let of_module = ["changed", "rc", "_windlass_stderr"];
        let of_job = answer
            .iter()
            .filter(|(key, _)| !key.as_str().is_some_and(|key| of_module.contains(&key)));
        result.extend(of_job.map(|(key, value)| (key.clone(), value.clone())));
    }
    warned.extend(junk.map(|junk| text::shown(&junk)));
    let reasons = explained(&mut result);
    let result = untagged(&Value::from(result));
    let why = no_utf8(&result);
    let result = if why.is_some() { replaced(&result) } else { result };
    let result = result.as_dict().cloned().unwrap_or_default();
    let mut result = without_internal(result, &mut warned);
    result.extend(reasons.into_iter().map(|(key, reason)| (Value::str(key), reason)));
    if let Some(why) = why {
        result.insert(NO_UTF8, why);
    }
    checked(result, warned)
}

/// The object that begins at the start of a line and ends at the end of one, and the lines behind it.
fn parse(printed: &str) -> Result<(Dict, Option<String>), String> {
    let all = lines(printed, false);
    let starts = |line: &&str| line.trim_start().starts_with('{');
    let start = all.iter().position(starts).ok_or("No start of json char found")?;
    let ends = |line: &&str| line.trim_end().ends_with('}');
    let end = all[start..].iter().rposition(ends).ok_or("No end of json char found")?;
    let (object, behind) = all[start..].split_at(end + 1);
    let junk = behind
        .iter()
        .any(|line| !line.trim().is_empty())
        .then(|| format!("Module invocation had junk after the JSON data: {}", behind.join("\n")));
    match json::read_bytes(&object.join("\n"))? {
        Value::Dict(result) => Ok((std::sync::Arc::unwrap_or_clone(result), junk)),
        _ => Err("No start of json char found".to_owned()),
    }
}

fn unreadable(why: &str, printed: &str, answer: &Dict, task: &Span) -> Failure {
    let message = format!("Module result deserialization failed: {why}");
    let mut failure = Failure::at(None, message.as_str())
        .help("See stdout/stderr for the returned output.")
        .inside("Action failed", Some(task));
    failure.apart = true;
    failure
        .with("changed", false)
        .with("module_stderr", answer.get("_windlass_stderr").cloned().unwrap_or_default())
        .with("module_stdout", text::shown(printed))
        .with("msg", message)
        .with("rc", answer.get("rc").cloned().unwrap_or_default())
}

/// Takes an exception out of a result; returns what it says, under the keys where failures have their words.
fn explained(result: &mut Dict) -> Vec<(&'static str, Value)> {
    let mut reasons = Vec::new();
    if let Some(cause) = result.remove("_windlass_cause") {
        reasons.push(("_ansible_windlass_cause", cause));
    }
    let summary = result.get("exception").filter(|told| is_kind(told, "ErrorSummary"));
    let Some(mut event) = summary.and_then(|told| told.get("event")).cloned() else {
        return reasons;
    };
    let mut said = Vec::new();
    loop {
        said.push(event.get("msg").map(Value::to_text).unwrap_or_default());
        let Some(chain) = event.get("chain").cloned().filter(Value::is_true) else { break };
        if !chain.get("follow").is_some_and(Value::is_true) {
            let apart = said.last().map(String::as_str).unwrap_or_default();
            reasons.push(("_ansible_windlass_cause", Value::str(apart)));
            break;
        }
        let Some(next) = chain.get("event").cloned() else { break };
        event = next;
    }
    let reason = format!("Task failed: Module failed: {}", said.join(": "));
    result.remove("exception");
    if result.contains_key("msg") {
        reasons.push(("_ansible_windlass_reason", reason.into()));
    } else {
        result.insert("msg", reason);
    }
    reasons
}

fn is_kind(value: &Value, kind: &str) -> bool {
    value.get("__ansible_type").and_then(Value::as_str).is_some_and(|found| found == kind)
}

/// A value without the marks that modules in Python put on it.
fn untagged(value: &Value) -> Value {
    let kind = value.get("__ansible_type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind.starts_with("_AnsibleTagged"))
        && let Some(marked) = value.get("value")
    {
        return untagged(marked);
    }
    match value {
        Value::Dict(dict) => {
            dict.iter().map(|(key, value)| (key.clone(), untagged(value))).collect::<Dict>().into()
        }
        Value::List(items) => Value::list(items.iter().map(untagged).collect::<Vec<_>>()),
        other => other.clone(),
    }
}

/// A module cannot speak for the controller.
fn without_internal(result: Dict, warned: &mut Vec<String>) -> Dict {
    let mut kept = Dict::new();
    for (key, value) in &result {
        let name = key.as_str().unwrap_or_default();
        if name.starts_with(PREFIX) || INTERNAL.contains(&name) {
            if name != "_ansible_parsed" {
                let value = value.to_text();
                warned.push(format!(
                    "Removed unexpected internal key in module return: {name} = {value}"
                ));
            }
        } else {
            kept.insert(key.clone(), stripped(value));
        }
    }
    kept
}

/// Below the result's own keys nobody is told.
fn stripped(value: &Value) -> Value {
    match value {
        Value::Dict(dict) => {
            let known = |key: &Value| !key.as_str().is_some_and(|key| key.starts_with(PREFIX));
            let kept = dict.iter().filter(|(key, _)| known(key));
            kept.map(|(key, value)| (key.clone(), stripped(value))).collect::<Dict>().into()
        }
        Value::List(items) => Value::list(items.iter().map(stripped).collect::<Vec<_>>()),
        other => other.clone(),
    }
}

/// What the reference's controller trips over is a failure in its words.
fn checked(mut result: Dict, warned: Vec<String>) -> Result<Dict, Failure> {
    let odd = |value: &Value, what: &str| {
        let kind = value.type_name();
        Failure::at(None, format!("'{kind}' object has no attribute '{what}'"))
            .with("changed", false)
    };
    for (key, lines_key) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
        match result.get(key).filter(|_| !result.contains_key(lines_key)) {
            None | Some(Value::Str(_)) => (),
            Some(value) if value.is_true() => return Err(odd(value, "splitlines")),
            Some(_) => drop(result.insert(lines_key, Value::list(Vec::<Value>::new()))),
        }
    }
    if let Some(facts) = result.get("ansible_facts").filter(|facts| facts.as_dict().is_none()) {
        return Err(odd(facts, "keys"));
    }
    if !warned.is_empty() {
        let warned = warned.into_iter().map(Value::from).collect::<Vec<_>>();
        result.insert(WARNED, Value::list(warned));
    }
    Ok(result)
}

/// Python's words about the first text that is no UTF-8.
fn no_utf8(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => text::no_utf8(text),
        Value::List(items) => items.iter().find_map(no_utf8),
        Value::Dict(dict) => {
            dict.iter().find_map(|(key, value)| no_utf8(key).or_else(|| no_utf8(value)))
        }
        _ => None,
    }
}

/// The value with a sign for each byte that is no UTF-8.
fn replaced(value: &Value) -> Value {
    match value {
        Value::Str(text) => text::shown(text).into(),
        Value::List(items) => Value::list(items.iter().map(replaced).collect::<Vec<_>>()),
        Value::Dict(dict) => dict
            .iter()
            .map(|(key, value)| (replaced(key), replaced(value)))
            .collect::<Dict>()
            .into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_stands_in_lines_of_its_own() {
        let parsed = |text| parse(text).map(|(result, junk)| (Value::from(result).to_text(), junk));
        assert_eq!(parsed("noise\n {\"a\": NaN}\n\n"), Ok(("{'a': nan}".to_owned(), None)));
        let junk = "Module invocation had junk after the JSON data: junk\nmore".to_owned();
        assert_eq!(parsed("{\"a\":\n1}\njunk\nmore\n"), Ok(("{'a': 1}".to_owned(), Some(junk))));
        for (text, why) in [
            ("", "No start of json char found"),
            ("noise {\"a\": 1}", "No start of json char found"),
            ("[1]", "No start of json char found"),
            ("{\"a\": 1} noise", "No end of json char found"),
            ("{\"a\": 1}\n{\"b\": 2}", "Extra data: line 2 column 1 (char 9)"),
        ] {
            assert_eq!(parsed(text), Err(why.to_owned()), "{text}");
        }
    }

    #[test]
    fn modules_do_not_speak_for_the_controller() {
        let result =
            json::read("{\"_ansible_no_log\": true, \"a\": [{\"_ansible_x\": 1, \"b\": 2}]}");
        let mut warned = Vec::new();
        let result = without_internal(result.unwrap().as_dict().unwrap().clone(), &mut warned);
        assert_eq!(Value::from(result).to_text(), "{'a': [{'b': 2}]}");
        let told = "Removed unexpected internal key in module return: _ansible_no_log = True";
        assert_eq!(warned, [told]);
    }
}
