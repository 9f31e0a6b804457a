//! Templates of `TextFSM`: states with rules, which take a text apart line by line.

use std::{collections::HashMap, sync::Arc};

use windlass_modules::pattern::Pattern;

use crate::{
    template::pattern,
    value::{Dict, Value},
};

/// A value that lines give.
#[derive(Default)]
struct Field {
    name: String,
    options: Vec<String>,
    regex: String,
    /// For a list whose items have names of their own.
    nested: Option<Arc<Pattern>>,
    value: Option<Value>,
    list: Vec<Value>,
    /// What the next record begins with.
    kept: Option<Value>,
}

impl Field {
    fn is(&self, option: &str) -> bool {
        self.options.iter().any(|have| have == option)
    }

    fn clear(&mut self) {
        self.value = if self.is("Filldown") { self.kept.clone() } else { None };
        if self.is("List") && !self.is("Filldown") {
            self.list.clear();
        }
    }

    fn clear_all(&mut self) {
        self.value = None;
        self.kept = None;
        self.list.clear();
    }
}

/// A line that a state waits for, and what follows from it.
struct Rule {
    line: usize,
    pattern: Arc<Pattern>,
    goes_on: bool,
    is_error: bool,
    record: Option<String>,
    state: Option<String>,
}

/// A template, with what was found so far.
pub(super) struct Machine {
    fields: Vec<Field>,
    states: HashMap<String, Vec<Rule>>,
    records: Vec<Vec<Value>>,
}

impl Machine {
    /// Reads a template.
    pub(super) fn read(template: &str) -> Result<Machine, String> {
        let mut machine =
            Machine { fields: Vec::new(), states: HashMap::new(), records: Vec::new() };
        let mut lines = template.lines().map(str::trim_end).zip(1..);
        for (line, at) in lines.by_ref() {
            if line.is_empty() {
                break;
            }
            if line.trim_start().starts_with('#') {
                continue;
            }
            if line.starts_with("Value ") {
                let field = field(line).map_err(|why| format!("{why} Line {at}."))?;
                if machine.fields.iter().any(|known| known.name == field.name) {
                    return Err(format!(
                        "Duplicate declarations for Value '{}'. Line: {at}.",
                        field.name
                    ));
                }
                machine.fields.push(field);
            } else if machine.fields.is_empty() {
                return Err("No Value definitions found.".to_owned());
            } else {
                return Err(format!("Expected blank line after last Value entry. Line: {at}."));
            }
        }
        let mut state = String::new();
        for (line, at) in lines {
            if line.is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            let is_rule = ["  ^", " ^", "\t^"].iter().any(|start| line.starts_with(start));
            if is_rule && !state.is_empty() {
                let rule = machine.rule(line.trim(), at)?;
                machine.states.entry(state.clone()).or_default().push(rule);
            } else if is_rule || line.contains(|c: char| !c.is_alphanumeric() && c != '_') {
                return Err(format!("Invalid state name: '{line}'. Line: {at}"));
            } else {
                line.clone_into(&mut state);
                machine.states.insert(state.clone(), Vec::new());
            }
        }
        machine.check()?;
        Ok(machine)
    }

    fn check(&self) -> Result<(), String> {
        if !self.states.contains_key("Start") {
            return Err("Missing state 'Start'.".to_owned());
        }
        for (name, rules) in &self.states {
            let next =
                rules.iter().filter(|rule| !rule.is_error).filter_map(|rule| rule.state.as_ref());
            for next in next {
                if !self.states.contains_key(next) && !matches!(next.as_str(), "End" | "EOF") {
                    return Err(format!("State '{next}' not found, referenced in state '{name}'"));
                }
            }
        }
        Ok(())
    }

    fn rule(&self, text: &str, at: usize) -> Result<Rule, String> {
        let (source, action) = match text.rfind(" ->") {
            Some(place) => (text[..place].trim_end(), text[place + 3..].trim()),
            None => (text, ""),
        };
        let Some(regex) = self.substituted(source) else {
            return Err(format!(
                "Duplicate or invalid variable substitution: '{source}'. Line: {at}."
            ));
        };
        let pattern = pattern(&regex, false, false)
            .map_err(|_| format!("Invalid regular expression: '{regex}'. Line: {at}."))?;
        let badly = || format!("Badly formatted rule '{text}'. Line: {at}.");
        let (first, rest) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
        let (line, record) = first.split_once('.').map_or((first, None), |(a, b)| (a, Some(b)));
        let is_record = |name: &str| matches!(name, "Clear" | "Clearall" | "Record" | "NoRecord");
        let is_line = matches!(line, "Continue" | "Next" | "Error");
        let (line, record, state) = match record {
            Some(record) if is_line && is_record(record) => (line, Some(record), rest),
            Some(_) => return Err(badly()),
            None if is_line => (line, None, rest),
            None if is_record(line) => ("Next", Some(line), rest),
            None => ("Next", None, action),
        };
        let state = state.trim();
        let is_word = |word: &str| word.chars().all(|c| c.is_alphanumeric() || c == '_');
        let is_quoted = state.len() > 1 && state.starts_with('"') && state.ends_with('"');
        if !(is_word(state) || is_quoted && line == "Error") {
            return Err(badly());
        }
        if line == "Continue" && !state.is_empty() {
            return Err(format!("Action '{line}' with new state {state} specified. Line: {at}."));
        }
        Ok(Rule {
            line: at,
            pattern,
            goes_on: line == "Continue",
            is_error: line == "Error",
            record: record.map(str::to_owned),
            state: Some(state).filter(|state| !state.is_empty()).map(str::to_owned),
        })
    }

    /// Puts what values match in place of their names: `$NAME`, `${NAME}`; `$$` is a dollar.
    fn substituted(&self, source: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = source;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            let name = if let Some(inner) = rest.strip_prefix('{') {
                let end = inner.find('}')?;
                rest = &inner[end + 1..];
                &inner[..end]
            } else {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
                rest = after;
                name
            };
            let field = self.fields.iter().find(|field| field.name == name)?;
            out.push_str(&field.regex.replacen('(', &format!("(?P<{name}>"), 1));
        }
        out.push_str(rest);
        Some(out)
    }

    /// Takes a text apart: a dictionary for each record.
    pub(super) fn parse(mut self, text: &str) -> Result<Value, String> {
        let mut state = "Start".to_owned();
        let states = std::mem::take(&mut self.states);
        for line in text.lines() {
            let rules = states.get(&state).map(Vec::as_slice).unwrap_or_default();
            for rule in rules {
                if !self.takes(rule, line)? {
                    continue;
                }
                if rule.is_error {
                    return Err(match &rule.state {
                        Some(said) => {
                            format!("Error: {said}. Rule Line: {}. Input Line: {line}.", rule.line)
                        }
                        None => format!(
                            "State Error raised. Rule Line: {}. Input Line: {line}",
                            rule.line
                        ),
                    });
                }
                if rule.goes_on {
                    continue;
                }
                if let Some(next) = &rule.state {
                    state.clone_from(next);
                }
                break;
            }
            if matches!(state.as_str(), "End" | "EOF") {
                break;
            }
        }
        if state != "End" && !states.contains_key("EOF") {
            self.record();
        }
        let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        let one =
            |record: Vec<Value>| Value::dict(names.iter().copied().zip(record).collect::<Vec<_>>());
        Ok(Value::list(self.records.into_iter().map(one)))
    }

    /// Keeps what a rule finds in a line, unless that is nothing.
    fn takes(&mut self, rule: &Rule, line: &str) -> Result<bool, String> {
        let Some(found) = rule.pattern.search(line)? else { return Ok(false) };
        if found.get(0).is_some_and(|whole| whole.start() > 0) {
            return Ok(false);
        }
        for at in 0..self.fields.len() {
            let name = self.fields[at].name.as_str();
            let has = rule.pattern.regex().capture_names().flatten().any(|known| known == name);
            if has {
                let value = found.name(name).map(|group| Value::from(group.as_str()));
                self.assign(at, value);
            }
        }
        match rule.record.as_deref() {
            Some("Record") => self.record(),
            Some("Clear") => self.fields.iter_mut().for_each(Field::clear),
            Some("Clearall") => self.fields.iter_mut().for_each(Field::clear_all),
            _ => (),
        }
        Ok(true)
    }

    fn assign(&mut self, at: usize, value: Option<Value>) {
        let field = &mut self.fields[at];
        field.value.clone_from(&value);
        if field.is("Filldown") {
            field.kept.clone_from(&value);
        }
        if field.is("List") {
            let text = value.clone().unwrap_or_default();
            let item = field.nested.as_ref().and_then(|pattern| named(pattern, text.as_str()?));
            field.list.push(item.unwrap_or(text));
        }
        if field.is("Fillup")
            && let Some(value) = value.filter(Value::is_true)
        {
            for record in self.records.iter_mut().rev() {
                if record[at].is_true() {
                    break;
                }
                record[at] = value.clone();
            }
        }
    }

    fn record(&mut self) {
        let values: Vec<Option<Value>> = self
            .fields
            .iter()
            .map(|field| {
                if field.is("List") {
                    return Some(Value::list(field.list.iter().cloned()));
                }
                field.value.clone()
            })
            .collect();
        let lacks = |(field, value): (&Field, &Option<Value>)| {
            field.is("Required") && !value.as_ref().is_some_and(Value::is_true)
        };
        let is_nothing = |value: &Option<Value>| match value {
            None => true,
            Some(value) => value.as_list().is_some_and(|list| list.is_empty()),
        };
        if self.fields.iter().zip(&values).any(lacks) {
            self.fields.iter_mut().for_each(Field::clear);
        } else if !values.iter().all(is_nothing) {
            let values = values.into_iter().map(|value| value.unwrap_or_else(|| "".into()));
            self.records.push(values.collect());
            self.fields.iter_mut().for_each(Field::clear);
        }
    }
}

/// Returns the groups of a text that have names.
fn named(pattern: &Pattern, text: &str) -> Option<Value> {
    let found = pattern.search(text).ok()??;
    let groups = pattern.regex().capture_names().flatten();
    let groups = groups.map(|name| {
        let group = found.name(name).map(|group| Value::from(group.as_str()));
        (Value::from(name), group.unwrap_or_default())
    });
    let groups: Dict = groups.collect();
    (!groups.is_empty()).then(|| groups.into())
}

/// Reads `Value OPTIONS NAME (REGEX)`.
fn field(line: &str) -> Result<Field, String> {
    let words: Vec<&str> = line.split(' ').collect();
    if words.len() < 3 {
        return Err("Expect at least 3 tokens on line.".to_owned());
    }
    let (options, name, regex) = if words[2].starts_with('(') {
        (Vec::new(), words[1], words[2..].join(" "))
    } else {
        let options = words[1].split(',').map(str::to_owned).collect::<Vec<_>>();
        let known = ["Required", "Filldown", "Fillup", "Key", "List"];
        if let Some(other) = options.iter().find(|option| !known.contains(&option.as_str())) {
            return Err(format!("Unknown option '{other}'."));
        }
        (options, words[2], words[3..].join(" "))
    };
    if !(regex.starts_with('(') && regex.ends_with(')')) || regex.ends_with("\\)") {
        let regex = regex.replace('\\', "\\\\");
        return Err(format!("Value '{regex}' must be contained within a '()' pair."));
    }
    let compiled = pattern(&regex, false, false).map_err(|error| format!("{error}."))?;
    let nested = compiled.regex().capture_names().flatten().next().is_some();
    Ok(Field {
        name: name.to_owned(),
        options,
        regex,
        nested: nested.then_some(compiled),
        ..Field::default()
    })
}

#[cfg(test)]
mod tests {
    use super::Machine;

    fn parse(template: &str, text: &str) -> String {
        match Machine::read(template).and_then(|machine| machine.parse(text)) {
            Ok(value) => value.to_repr(),
            Err(message) => message,
        }
    }

    #[test]
    fn options_of_values_hold() {
        let template = "# what lines give\nValue Filldown,Required A (\\w+)\nValue Required,List B (\\d+)\nValue Fillup C (\\w+)\n\
            Value List D ((?P<x>\\w)-(?P<y>\\w))\nValue Key E (.*)\n\nStart\n  ^a ${A}\n  ^b ${B} -> Continue\n  ^c ${C}\n\
            \x20 ^d ${D} -> Continue.NoRecord\n  ^d \\S+ e $E\n  ^end -> Record\n  ^next -> Next.Record Other\n  ^clear -> Clear\n\
            \x20 ^call -> Clearall\n  ^x\\$${E}$$\n\nOther\n  ^back -> Start\n";
        let text = "a one\nb 1\nb 2\nend\nb 3\nc cc\nd k-v e foo\nend\nb 9\nnext\na two\nback\nb 5\nclear\nend\nb 6\nend\ncall\nb 7\nend\n";
        assert_eq!(
            parse(template, text),
            "[{'A': 'one', 'B': ['1', '2'], 'C': 'cc', 'D': [], 'E': ''}, \
             {'A': 'one', 'B': ['3'], 'C': 'cc', 'D': [{'x': 'k', 'y': 'v'}], 'E': 'foo'}, \
             {'A': 'one', 'B': ['9'], 'C': '', 'D': [], 'E': ''}, \
             {'A': 'one', 'B': ['6'], 'C': '', 'D': [], 'E': ''}]"
        );
    }

    #[test]
    fn wrong_templates_say_where() {
        let with = |rest: &str| format!("Value ONE (\\w+)\n\nStart\n{rest}\n");
        let cases = [
            (
                "Value ONE (\\w+\n\nStart\n".to_owned(),
                "Value '(\\\\w+' must be contained within a '()' pair. Line 1.",
            ),
            (
                with("  ^one ${TWO}"),
                "Duplicate or invalid variable substitution: '^one ${TWO}'. Line: 4.",
            ),
            (with("  ^one ${ONE} -> Nope"), "State 'Nope' not found, referenced in state 'Start'"),
            (
                with("  ^. -> Error \"bad thing\""),
                "Error: \"bad thing\". Rule Line: 4. Input Line: two.",
            ),
            (with("  ^. -> Error"), "State Error raised. Rule Line: 4. Input Line: two"),
        ];
        for (template, message) in cases {
            assert_eq!(parse(&template, "two"), message);
        }
    }
}
