//! Whether given arguments fit a specification, in the reference's words.

use super::{Arg, Args, FromArg, Given, Json, Kind, Mismatch, Spec, python_class, python_str};

/// Why arguments do not fit; its text is what the task's `msg` says.
#[derive(Debug, PartialEq)]
pub struct ArgError {
    pub message: String,
}

impl ArgError {
    /// Returns an error with this text.
    pub fn new(message: impl Into<String>) -> ArgError {
        ArgError { message: message.into() }
    }
}

impl std::fmt::Display for ArgError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Reads a module's arguments; of several mistakes the first in the reference's order is told.
pub fn parse<T: Args>(module: &str, given: &Given) -> Result<T, ArgError> {
    are_present(&T::SPEC, given)?;
    let args = T::from_given(given).map_err(|error| mistyped(&T::SPEC, given).unwrap_or(error))?;
    fit_together(module, &T::SPEC, given)?;
    Ok(args)
}

/// What is given for an argument, under each of its names.
fn values<'g>(
    args: &[&'static Arg],
    given: &'g Given,
    name: &str,
) -> impl Iterator<Item = &'g Json> {
    let aliases = args.iter().find(|arg| arg.name == name).map_or(&[][..], |arg| arg.aliases);
    std::iter::once(name).chain(aliases.iter().copied()).filter_map(|key| given.get(key))
}

/// Whether an argument is given, by one of its names; `null` is given, too.
fn is_given(args: &[&'static Arg], given: &Given, name: &str) -> bool {
    values(args, given, name).next().is_some()
}

/// Checks that what excludes each other is not given together, and that what must be there is.
fn are_present(spec: &'static Spec, given: &Given) -> Result<(), ArgError> {
    let args = spec.args();
    let has = |name: &str| is_given(&args, given, name);
    let together = |group: &&&[&str]| group.iter().filter(|name| has(name)).count() > 1;
    let groups = spec.parts().into_iter().flat_map(|part| part.mutually_exclusive).filter(together);
    let groups: Vec<String> = groups.map(|group| group.join("|")).collect();
    if !groups.is_empty() {
        let groups = groups.join(", ");
        return Err(ArgError::new(format!("parameters are mutually exclusive: {groups}")));
    }
    let missing: Vec<_> =
        args.iter().filter(|arg| arg.is_required() && !has(arg.name)).map(|arg| arg.name).collect();
    if !missing.is_empty() {
        let mut missing = missing;
        missing.sort_unstable();
        return Err(ArgError::new(format!("missing required arguments: {}", missing.join(", "))));
    }
    Ok(())
}

/// Returns what is told of the first argument that is none of its type: types come before what the values mean.
fn mistyped(spec: &'static Spec, given: &Given) -> Option<ArgError> {
    spec.args().into_iter().find_map(|arg| {
        let names = std::iter::once(arg.name).chain(arg.aliases.iter().copied());
        let value = names.into_iter().find_map(|name| given.get(name))?;
        if value.is_null() && !arg.is_required() && arg.default.is_none() {
            return None;
        }
        Some(explain(arg.name, value, &arg.mismatch(value)?))
    })
}

/// Checks the other rules over several arguments, and at last that all names are known.
fn fit_together(module: &str, spec: &'static Spec, given: &Given) -> Result<(), ArgError> {
    let (args, parts) = (spec.args(), spec.parts());
    let has = |name: &str| is_given(&args, given, name);
    let text = |name: &str| {
        let default = || args.iter().find(|arg| arg.name == name)?.default.map(ToOwned::to_owned);
        values(&args, given, name).next().map(python_str).or_else(default)
    };

    for group in parts.iter().flat_map(|part| part.required_together) {
        let present = group.iter().filter(|name| has(name)).count();
        if present > 0 && present < group.len() {
            return Err(ArgError::new(format!(
                "parameters are required together: {}",
                group.join(", ")
            )));
        }
    }
    for group in parts.iter().flat_map(|part| part.required_one_of) {
        if !group.iter().any(|name| has(name)) {
            return Err(ArgError::new(format!(
                "one of the following is required: {}",
                group.join(", ")
            )));
        }
    }
    for rule in parts.iter().flat_map(|part| part.required_if) {
        if text(rule.key).as_deref() == Some(rule.value) {
            let missing: Vec<_> = rule.then.iter().filter(|name| !has(name)).copied().collect();
            if missing.len() > if rule.any { rule.then.len() - 1 } else { 0 } {
                return Err(ArgError::new(format!(
                    "{} is {} but {} of the following are missing: {}",
                    rule.key,
                    rule.value,
                    if rule.any { "any" } else { "all" },
                    missing.join(", ")
                )));
            }
        }
    }
    if let Some((key, missing)) = lacking(&args, &parts, given) {
        let missing = missing.join(", ");
        return Err(ArgError::new(format!("missing parameter(s) required by '{key}': {missing}")));
    }
    known_names(module, &args, spec, given)
}

/// Returns the first argument that needs others, and those of them that lack; `null` is as good as nothing here.
fn lacking(
    args: &[&'static Arg],
    parts: &[&'static Spec],
    given: &Given,
) -> Option<(&'static str, Vec<&'static str>)> {
    let has = |name: &str| values(args, given, name).any(|value| !value.is_null());
    let rules: Vec<_> = parts.iter().flat_map(|part| part.required_by).collect();
    let (key, _) = rules.iter().find(|(key, needed)| has(key) && !has(needed))?;
    let missing = rules.iter().filter(|(other, needed)| other == key && !has(needed));
    Some((key, missing.map(|(_, needed)| *needed).collect()))
}

/// Modules that actions of the reference call by longer names: those, and what they say to have more and less.
type Told = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);
const TOLD_OTHERWISE: [Told; 7] = [
    ("assemble", "ansible.legacy.assemble", &[], &[]),
    ("command", "ansible.legacy.command", &["_raw_params", "_uses_shell"], &[]),
    ("copy", "ansible.legacy.copy", &["_original_basename"], &["decrypt"]),
    ("shell", "ansible.legacy.command", &["_raw_params", "_uses_shell"], &[]),
    (
        "synchronize",
        "ansible.posix.synchronize",
        &["_local_rsync_password", "_local_rsync_path", "_ssh_args", "_substitute_controller"],
        &[],
    ),
    ("unarchive", "ansible.legacy.unarchive", &[], &[]),
    ("uri", "ansible.legacy.uri", &[], &[]),
];

fn known_names(
    module: &str,
    args: &[&'static Arg],
    spec: &Spec,
    given: &Given,
) -> Result<(), ArgError> {
    let known = |key: &str| {
        args.iter().any(|arg| arg.name == key || arg.aliases.contains(&key))
            || (spec.free_form && key == "_raw_params")
            || key.starts_with("_windlass_")
    };
    let mut unknown: Vec<_> = given.keys().map(String::as_str).filter(|key| !known(key)).collect();
    if unknown.is_empty() || spec.open {
        return Ok(());
    }
    unknown.sort_unstable();
    // What `file` is given by actions of the reference is told by it as any other.
    let told = |arg: &Arg| !arg.hidden || matches!(arg.name, "_diff_peek" | "_original_basename");
    let mut supported: Vec<&str> =
        args.iter().filter(|arg| told(arg)).map(|arg| arg.name).collect();
    supported.sort_unstable();
    let mut aliases: Vec<&str> =
        args.iter().filter(|arg| !arg.hidden).flat_map(|arg| arg.aliases).copied().collect();
    aliases.sort_unstable();
    aliases.dedup();
    let short = ["ansible.builtin.", "ansible.legacy."];
    let short = short.iter().find_map(|own| module.strip_prefix(own)).unwrap_or(module);
    let module = match TOLD_OTHERWISE.iter().find(|(name, ..)| *name == short) {
        Some((_, told, more, less)) => {
            supported.retain(|name| !less.contains(name));
            supported.extend(*more);
            supported.sort_unstable();
            told
        }
        None => module,
    };
    let aliases = match aliases.as_slice() {
        [] => String::new(),
        aliases => format!(" ({})", aliases.join(", ")),
    };
    Err(ArgError::new(format!(
        "Unsupported parameters for ({module}) module: {}. Supported parameters include: {}{aliases}.",
        unknown.join(", "),
        supported.join(", "),
    )))
}

/// Reads one argument that must be given, although its type has a value without; derived code calls it.
pub fn read_required<T: FromArg>(given: &Given, names: &[&'static str]) -> Result<T, ArgError> {
    let name = names[0];
    match names.iter().find_map(|name| given.get(*name)) {
        Some(value) => T::from_arg(value).map_err(|mismatch| explain(name, value, &mismatch)),
        None => Err(ArgError::new(format!("missing required arguments: {name}"))),
    }
}

/// Reads one argument by its names; derived code calls it.
pub fn read<T: FromArg>(
    given: &Given,
    names: &[&'static str],
    default: Option<&'static str>,
) -> Result<T, ArgError> {
    let value = names.iter().find_map(|name| given.get(*name));
    let name = names[0];
    match (value, default) {
        // What may be anything may be nothing, whatever its default.
        (Some(Json::Null), Some(_))
            if T::KIND == Kind::Raw
                && let Some(absent) = T::absent() =>
        {
            Ok(absent)
        }
        (Some(Json::Null), None) if let Some(absent) = T::absent() => {
            let is_choice = T::KIND != Kind::List && !T::CHOICES.is_empty();
            let none = Mismatch::Choice { got: "None".to_owned(), choices: T::CHOICES };
            if is_choice { Err(explain(name, &Json::Null, &none)) } else { Ok(absent) }
        }
        (Some(value), _) => T::from_arg(value).map_err(|mismatch| explain(name, value, &mismatch)),
        (None, Some(text)) => {
            let value = Json::from(text);
            T::from_arg(&value).map_err(|mismatch| explain(name, &value, &mismatch))
        }
        (None, None) => {
            T::absent().ok_or_else(|| ArgError::new(format!("missing required arguments: {name}")))
        }
    }
}

/// Says why an argument's value is none of its type.
pub fn explain(name: &str, value: &Json, mismatch: &Mismatch) -> ArgError {
    let class = python_class(value);
    match mismatch {
        Mismatch::Type { wanted, detail } => {
            let wanted = wanted.as_str();
            ArgError::new(format!(
                "argument '{name}' is of type {class} and we were unable to convert to {wanted}: {detail}"
            ))
        }
        Mismatch::Element { wanted, class, detail } => {
            let wanted = wanted.as_str();
            ArgError::new(format!(
                "Elements value for option '{name}' is of type {class} and we were unable to convert to {wanted}: {detail}"
            ))
        }
        Mismatch::Choices { got, choices } => ArgError::new(format!(
            "value of {name} must be one or more of: {}. Got no match for: {}",
            choices.join(", "),
            got.join(", ")
        )),
        Mismatch::Choice { got, choices } => ArgError::new(format!(
            "value of {name} must be one of: {}, got: {got}",
            choices.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use windlass_macros::{Args, Choice};

    use super::*;

    /// A thing.
    #[derive(Args, Debug)]
    #[args(mutually_exclusive("name", "list"), required_if("state", "link", "src"))]
    struct Thing {
        /// Its name
        #[arg(alias = "pkg")]
        name: Option<String>,
        /// Where from
        src: Option<String>,
        /// How it should be
        #[arg(default = "present")]
        state: State,
        /// Several
        list: Vec<i64>,
        /// Needed
        #[arg(name = "use")]
        method: String,
    }

    #[derive(Choice, Debug, PartialEq)]
    enum State {
        Present,
        Link,
    }

    fn read_thing(given: Json) -> Result<Thing, String> {
        let Json::Object(given) = given else { unreachable!() };
        parse("thing", &given).map_err(|error| error.message)
    }

    #[test]
    fn the_rules_of_what_is_flattened_hold_for_the_whole() {
        /// More than a thing.
        #[derive(Args, Debug)]
        struct More {
            #[arg(flatten)]
            #[expect(dead_code, reason = "only read")]
            thing: Thing,
        }
        let read = |given: Json| {
            parse::<More>("more", given.as_object().unwrap())
                .map(drop)
                .map_err(|error| error.message)
        };
        assert_eq!(read(json!({"use": "x", "name": "a"})), Ok(()));
        let both = read(json!({"use": "x", "pkg": "a", "list": [1]}));
        assert_eq!(both.unwrap_err(), "parameters are mutually exclusive: name|list");
        let link = read(json!({"use": "x", "state": "link"}));
        assert_eq!(link.unwrap_err(), "state is link but all of the following are missing: src");
    }

    #[test]
    fn what_an_argument_needs_may_not_be_null() {
        /// Something with needs.
        #[derive(Args, Debug)]
        #[args(required_by("what", "where"), required_by("what", "when"))]
        #[expect(dead_code, reason = "only read")]
        struct Needy {
            /// What
            what: Option<String>,
            /// Where
            #[arg(name = "where", alias = "place")]
            place: Option<String>,
            /// When
            when: Option<String>,
        }
        let read = |given: Json| {
            parse::<Needy>("needy", given.as_object().unwrap())
                .map(drop)
                .map_err(|error| error.message)
        };
        assert_eq!(read(json!({"what": null})), Ok(()));
        assert_eq!(read(json!({"what": "a", "place": "b", "when": "c"})), Ok(()));
        let message = read(json!({"what": "a", "where": null})).unwrap_err();
        assert_eq!(message, "missing parameter(s) required by 'what': where, when");
        let message = read(json!({"what": "a", "place": "b", "when": null})).unwrap_err();
        assert_eq!(message, "missing parameter(s) required by 'what': when");
    }

    #[test]
    fn good_arguments_are_read() {
        let thing = read_thing(json!({"pkg": 1, "use": "x"})).unwrap();
        assert_eq!(
            (thing.name.as_deref(), thing.state, thing.method.as_str()),
            (Some("1"), State::Present, "x")
        );
        assert!(thing.list.is_empty() && thing.src.is_none());
    }

    #[test]
    fn bad_arguments_are_named_in_the_words_of_the_reference() {
        let message = |given| read_thing(given).unwrap_err();
        insta::assert_snapshot!(message(json!({"use": "x", "nmae": 1})), @"Unsupported parameters for (thing) module: nmae. Supported parameters include: list, name, src, state, use (pkg).");
        insta::assert_snapshot!(message(json!({"use": "x", "nmae": 1, "list": ["a"]})), @r#"Elements value for option 'list' is of type str and we were unable to convert to int: "'a'" cannot be converted to an int"#);
        insta::assert_snapshot!(message(json!({"use": "x", "nmae": 1, "state": "link"})), @"state is link but all of the following are missing: src");
        insta::assert_snapshot!(message(json!({})), @"missing required arguments: use");
        insta::assert_snapshot!(message(json!({"use": "x", "state": "gone", "list": ["a"]})), @r#"Elements value for option 'list' is of type str and we were unable to convert to int: "'a'" cannot be converted to an int"#);
        insta::assert_snapshot!(message(json!({"use": "x", "state": "gone"})), @"value of state must be one of: present, link, got: gone");
        insta::assert_snapshot!(message(json!({"use": "x", "name": "a", "list": [1]})), @"parameters are mutually exclusive: name|list");
        insta::assert_snapshot!(message(json!({"use": "x", "state": "link"})), @"state is link but all of the following are missing: src");
        insta::assert_snapshot!(message(json!({"use": "x", "list": ["a"]})), @r#"Elements value for option 'list' is of type str and we were unable to convert to int: "'a'" cannot be converted to an int"#);
    }
}
