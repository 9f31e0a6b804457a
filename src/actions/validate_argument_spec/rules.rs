//! Names, presence, types, choices and the rules over several arguments, also of arguments inside of arguments.

use crate::actions::convert::convert;
use crate::value::{Dict, Value};

/// How deep specifications may be nested.
const MAX_DEPTH: usize = 50;

/// Returns what is wrong with the given arguments, in the reference's words and order.
pub(super) fn check(spec: &Dict, given: &Dict) -> Vec<String> {
    let mut checker = Checker::default();
    checker.mapping(spec, &Dict::new(), given.clone(), &[]);
    if let Some((unknown, supported)) = checker.unknown() {
        checker.errors.push(format!("{unknown}. Supported parameters include: {supported}."));
    }
    checker.errors
}

#[derive(Default)]
struct Checker {
    errors: Vec<String>,
    unknown: Vec<String>,
    /// Names of the specification that was looked at last, which the reference names beside what is unknown.
    supported: Vec<String>,
}

impl Checker {
    fn unknown(&mut self) -> Option<(String, String)> {
        self.unknown.sort();
        self.supported.sort();
        (!self.unknown.is_empty()).then(|| (self.unknown.join(", "), self.supported.join(", ")))
    }

    /// Checks one mapping of arguments; `path` are the arguments that it is inside of.
    fn mapping(&mut self, spec: &Dict, rules: &Dict, mut given: Dict, path: &[String]) {
        let inside = |word: &str| {
            if path.is_empty() { String::new() } else { format!(" {word} {}", path.join(" -> ")) }
        };
        let found = inside("found in");
        Self::aliases(spec, &mut given);
        if path.is_empty() {
            self.unparsable(spec, &given);
        }
        self.names(spec, &given, path);
        self.exclusive(rules, &given, &found);
        let missing: Vec<String> = spec
            .iter()
            .filter(|(name, option)| {
                truth(option, "required") && !given.contains_key(&name.to_text())
            })
            .map(|(name, _)| name.to_text())
            .collect();
        if !missing.is_empty() {
            let mut missing = missing;
            missing.sort();
            self.errors.push(format!("missing required arguments: {}{found}", missing.join(", ")));
        }
        let place = match path {
            [] => String::new(),
            path => format!(" found in '{}'.", path.join(" -> ")),
        };
        for (name, option) in spec {
            let name = name.to_text();
            let Some(value) = given.get(&name) else { continue };
            // Nothing is a value only where something has to be one.
            let has_default =
                option.get("default").is_some_and(|default| !matches!(default, Value::None));
            if matches!(value, Value::None) && !truth(option, "required") && !has_default {
                continue;
            }
            if let Some(value) = self.typed(&name, option, &value.clone(), &place) {
                given.insert(name.as_str(), value);
            }
        }
        for (name, option) in spec {
            let name = name.to_text();
            if let Some(value) = given.get(&name) {
                self.choices(&name, option, value, &found);
            }
        }
        self.together(rules, &given, &found);
        self.conditional(rules, &given, &found);
        if path.len() < MAX_DEPTH {
            self.inner(spec, &given, path);
        }
    }

    /// Puts what stands under another name under the argument's own.
    fn aliases(spec: &Dict, given: &mut Dict) {
        for (name, option) in spec {
            for alias in texts(option.get("aliases")) {
                if let Some(value) = given.get(&alias).cloned() {
                    given.insert(name.to_text(), value);
                }
            }
        }
    }

    /// The first value that should hold arguments of its own and does not is named before all else.
    fn unparsable(&mut self, spec: &Dict, given: &Dict) {
        self.errors.extend(spec.iter().find_map(|(name, option)| {
            let name = name.to_text();
            let wanted = kind(option);
            let value = given.get(&name).filter(|_| holds_arguments(option))?;
            let items = match value {
                Value::List(list) => &list[..],
                Value::Str(_) => std::slice::from_ref(value),
                _ => return None,
            };
            items.iter().find_map(|item| match item {
                Value::Str(_) => convert(item, "dict").err(),
                Value::List(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_)
                    if wanted == "list" || matches!(item, Value::List(_)) =>
                {
                    let class = item.tagged_type_name().unwrap_or(item.type_name());
                    let text = item.to_text();
                    Some(format!(
                        "Value '{text}' in the sub parameter field '{name}' must be a {wanted}, not '{class}'"
                    ))
                }
                _ => None,
            })
        }));
    }

    fn names(&mut self, spec: &Dict, given: &Dict, path: &[String]) {
        let is_known = |key: &str| {
            spec.contains_key(key)
                || spec
                    .values()
                    .any(|option| texts(option.get("aliases")).iter().any(|have| have == key))
        };
        let prefix: String = path.iter().map(|name| format!("{name}.")).collect();
        let unknown = given.keys().map(Value::to_text).filter(|key| !is_known(key));
        self.unknown.extend(unknown.map(|key| format!("{prefix}{key}")));
        self.supported = spec
            .iter()
            .map(|(name, option)| match texts(option.get("aliases")) {
                aliases if aliases.is_empty() => name.to_text(),
                aliases => format!("{} ({})", name.to_text(), aliases.join(", ")),
            })
            .collect();
    }

    fn typed(&mut self, name: &str, option: &Value, value: &Value, place: &str) -> Option<Value> {
        let wanted = kind(option);
        match convert(value, &wanted) {
            Ok(Value::List(list)) if wanted == "list" => {
                let Some(elements) = option.get("elements").map(Value::to_text) else {
                    return Some(Value::List(list));
                };
                let mut converted = Vec::new();
                for item in list.iter() {
                    match convert(item, &elements) {
                        Ok(item) => converted.push(item),
                        Err(reason) => self.errors.push(format!(
                            "Elements value for option '{name}'{place} is of type {} and we were unable to convert to {elements}: {reason}",
                            item.type_name()
                        )),
                    }
                }
                Some(Value::list(converted))
            }
            Ok(value) => Some(value),
            Err(reason) => {
                self.errors.push(format!(
                    "argument '{name}' is of type {}{place} and we were unable to convert to {wanted}: {reason}",
                    value.type_name()
                ));
                None
            }
        }
    }

    fn choices(&mut self, name: &str, option: &Value, value: &Value, found: &str) {
        let Some(Value::List(choices)) = option.get("choices") else { return };
        if choices.is_empty() || matches!(value, Value::None) {
            return;
        }
        let shown: Vec<String> = choices.iter().map(Value::to_text).collect();
        let shown = shown.join(", ");
        if let Value::List(values) = value {
            let wrong: Vec<String> = values
                .iter()
                .filter(|value| !choices.iter().any(|choice| choice == *value))
                .map(Value::to_text)
                .collect();
            if !wrong.is_empty() {
                self.errors.push(format!(
                    "value of {name} must be one or more of: {shown}. Got no match for: {}{found}",
                    wrong.join(", ")
                ));
            }
        } else if !choices.contains(value) && !is_the_only_one(choices, value) {
            self.errors.push(format!(
                "value of {name} must be one of: {shown}, got: {}{found}",
                value.to_text()
            ));
        }
    }

    fn exclusive(&mut self, rules: &Dict, given: &Dict, found: &str) {
        for group in groups(rules, "mutually_exclusive") {
            if group.iter().filter(|name| given.contains_key(name)).count() > 1 {
                self.errors
                    .push(format!("parameters are mutually exclusive: {}{found}", group.join("|")));
            }
        }
    }

    fn together(&mut self, rules: &Dict, given: &Dict, found: &str) {
        for group in groups(rules, "required_together") {
            let present = group.iter().filter(|name| given.contains_key(name)).count();
            if present > 0 && present < group.len() {
                self.errors
                    .push(format!("parameters are required together: {}{found}", group.join(", ")));
            }
        }
        for group in groups(rules, "required_one_of") {
            if !group.iter().any(|name| given.contains_key(name)) {
                self.errors
                    .push(format!("one of the following is required: {}{found}", group.join(", ")));
            }
        }
    }

    fn conditional(&mut self, rules: &Dict, given: &Dict, found: &str) {
        for rule in rules
            .get("required_if")
            .and_then(Value::as_list)
            .into_iter()
            .flat_map(|list| list.iter())
        {
            let Some(rule) = rule.as_list() else { continue };
            let [key, value, needed, any @ ..] = &rule[..] else { continue };
            let key = key.to_text();
            if given.get(&key) != Some(value) {
                continue;
            }
            let needed = texts(Some(needed));
            let missing: Vec<&String> =
                needed.iter().filter(|name| !given.contains_key(name)).collect();
            let any_is_enough = any.first().is_some_and(Value::is_true);
            let fails =
                if any_is_enough { missing.len() == needed.len() } else { !missing.is_empty() };
            if fails && !needed.is_empty() {
                let how_many = if any_is_enough { "any" } else { "all" };
                let missing: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
                self.errors.push(format!(
                    "{key} is {} but {how_many} of the following are missing: {}{found}",
                    value.to_text(),
                    missing.join(", ")
                ));
            }
        }
        let by = rules.get("required_by").and_then(Value::as_dict);
        for (key, needed) in by.into_iter().flat_map(Dict::iter) {
            let key = key.to_text();
            if !given.contains_key(&key) {
                continue;
            }
            let missing: Vec<String> =
                texts(Some(needed)).into_iter().filter(|name| !given.contains_key(name)).collect();
            if !missing.is_empty() {
                self.errors.push(format!(
                    "missing parameter(s) required by '{key}': {}{found}",
                    missing.join(", ")
                ));
            }
        }
    }

    /// Checks the arguments inside of dictionaries and lists of them.
    fn inner(&mut self, spec: &Dict, given: &Dict, path: &[String]) {
        for (name, option) in spec {
            let name = name.to_text();
            let Some(Value::Dict(options)) = option.get("options") else { continue };
            if !holds_arguments(option) {
                continue;
            }
            let Some(value) = given.get(&name).filter(|value| !matches!(value, Value::None)) else {
                continue;
            };
            let mut path = path.to_vec();
            path.push(name.clone());
            let rules = option.as_dict().cloned().unwrap_or_default();
            let one = std::slice::from_ref(value);
            for item in value.as_list().map_or(one, |list| &list[..]) {
                match item {
                    Value::Dict(given) => self.mapping(options, &rules, (**given).clone(), &path),
                    _ => self
                        .errors
                        .push(format!("value of '{name}' must be of type dict or list of dicts")),
                }
            }
        }
    }
}

/// Whether an argument is made of arguments: a dictionary with options, or a list of such.
fn holds_arguments(option: &Value) -> bool {
    let of_dicts = || option.get("elements").and_then(Value::as_str) == Some("dict");
    let is_made = matches!(option.get("options"), Some(Value::Dict(_)));
    is_made && (kind(option) == "dict" || (kind(option) == "list" && of_dicts()))
}

/// Whether a text was yes or no, and one choice alone says the same.
fn is_the_only_one(choices: &[Value], value: &Value) -> bool {
    let words: &[&str] = match value.as_str() {
        Some("True") => &["y", "yes", "on", "1", "true", "t", "True", "1.0"],
        Some("False") => &["n", "no", "off", "0", "false", "f", "False", "0.0"],
        _ => return false,
    };
    choices.iter().filter(|choice| words.contains(&&*choice.to_text())).count() == 1
}

/// The type that an argument has; text where it does not say.
fn kind(option: &Value) -> String {
    match option.get("type") {
        None | Some(Value::None) => "str".to_owned(),
        Some(kind) => kind.to_text(),
    }
}

fn truth(option: &Value, key: &str) -> bool {
    option.get(key).is_some_and(Value::is_true)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::List(list)) => list.iter().map(Value::to_text).collect(),
        None | Some(Value::None) => Vec::new(),
        Some(one) => vec![one.to_text()],
    }
}

/// Groups of names under a key: a list of lists, or one list.
fn groups(rules: &Dict, key: &str) -> Vec<Vec<String>> {
    let Some(Value::List(list)) = rules.get(key) else { return Vec::new() };
    if list.iter().all(|item| item.as_str().is_some()) {
        return vec![texts(rules.get(key))];
    }
    list.iter().map(|group| texts(Some(group))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnostic::Source, yaml};

    #[track_caller]
    fn check_texts(spec: &str, given: &str, expected: &[&str]) {
        let read = |text: &str| match yaml::parse(&Source::new("x", text))
            .unwrap()
            .root
            .unwrap()
            .to_value()
        {
            Value::Dict(dict) => (*dict).clone(),
            _ => unreachable!("a mapping"),
        };
        assert_eq!(check(&read(spec), &read(given)), expected);
    }

    #[test]
    fn presence_types_and_choices_are_checked_in_this_order() {
        let spec = "{i: {type: int}, c: {choices: [a, b]}, req: {required: true}, l: {type: list, elements: int}}";
        check_texts(spec, "{i: '5', c: a, req: null, l: '1,2'}", &[]);
        check_texts(
            spec,
            "{i: five, c: z, l: [a, 2], zz: 1}",
            &[
                "missing required arguments: req",
                "argument 'i' is of type str and we were unable to convert to int: \"'five'\" cannot be converted to an int",
                "Elements value for option 'l' is of type str and we were unable to convert to int: \"'a'\" cannot be converted to an int",
                "value of c must be one of: a, b, got: z",
                "zz. Supported parameters include: c, i, l, req.",
            ],
        );
    }

    #[test]
    fn arguments_inside_of_arguments_are_checked_too() {
        let spec = "{d: {type: dict, options: {x: {type: int, required: true}, y: {choices: [p]}}},\n\
                     ld: {type: list, elements: dict, options: {n: {required: true}, m: {type: int}}}}";
        check_texts(spec, "{d: {x: '1', y: p}, ld: [{n: a}]}", &[]);
        check_texts(
            spec,
            "{d: {x: z, y: w, extra: 1}, ld: [{m: 1}, {n: 1, m: q, k: 2}]}",
            &[
                "argument 'x' is of type str found in 'd'. and we were unable to convert to int: \"'z'\" cannot be converted to an int",
                "value of y must be one of: p, got: w found in d",
                "missing required arguments: n found in ld",
                "argument 'm' is of type str found in 'ld'. and we were unable to convert to int: \"'q'\" cannot be converted to an int",
                "d.extra, ld.k. Supported parameters include: m, n.",
            ],
        );
    }
}
