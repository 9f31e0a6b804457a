//! What Python says of the arguments of a filter or a test before the function behind it runs.

use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;

use crate::value::Value;

/// A function behind a filter or a test.
#[derive(Default)]
pub(super) struct Signature {
    name: &'static str,
    style: Style,
    /// What comes before the value: an environment, a context.
    hidden: usize,
    /// Names, and whether they have a default; those before the value and itself among them.
    positional: Vec<(&'static str, bool)>,
    only_named: Vec<&'static str>,
    takes_more: bool,
    takes_any_name: bool,
}

/// Who counts the arguments.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Style {
    #[default]
    Function,
    OneArgument,
    Operator,
    BuiltIn,
}

static SIGNATURES: LazyLock<FxHashMap<(&'static str, &'static str), Signature>> =
    LazyLock::new(|| include_str!("signatures.txt").lines().filter_map(read).collect());

/// Returns the function behind a filter or a test.
pub(super) fn find(plugin: (&'static str, &'static str)) -> Option<&'static Signature> {
    SIGNATURES.get(&plugin)
}

/// Reads a line `filter name: function(value, argument, other=)`.
fn read(line: &'static str) -> Option<((&'static str, &'static str), Signature)> {
    let (of, function) = line.split_once(": ").filter(|_| !line.starts_with('#'))?;
    let (name, parameters) = function.trim_end_matches(')').split_once('(')?;
    let style = match name.as_bytes().first()? {
        b'!' => Style::OneArgument,
        b'%' => Style::Operator,
        b'&' => Style::BuiltIn,
        _ => Style::Function,
    };
    let name = name.trim_start_matches(['!', '%', '&']);
    let mut signature = Signature { name, style, ..Signature::default() };
    for parameter in parameters.split(", ") {
        let (name, has_default) = match parameter.strip_suffix('=') {
            Some(name) => (name, true),
            None => (parameter, false),
        };
        let after_star = !signature.only_named.is_empty() || signature.takes_more;
        match (parameter, after_star) {
            ("environment" | "env" | "eval_ctx" | "context", _) => {
                signature.hidden = 1;
                signature.positional.push((name, false));
            }
            (any, _) if any.starts_with("**") => signature.takes_any_name = true,
            ("*", _) => signature.only_named.push(""),
            (more, _) if more.starts_with('*') => signature.takes_more = true,
            (_, true) => signature.only_named.push(name),
            _ => signature.positional.push((name, has_default)),
        }
    }
    Some((of.split_once(' ')?, signature))
}

impl Signature {
    /// Checks how many arguments are given beside the value, and their names.
    ///
    /// # Errors
    ///
    /// Fails in Python's words.
    pub(super) fn check(&self, given: usize, named: &[(Arc<str>, Value)]) -> Result<(), String> {
        let given = given + 1 + self.hidden;
        match self.style {
            Style::Function => self.bind(given, named),
            style => self.count(style, given, named),
        }
    }

    /// Binds arguments as a Python function does: names, then the number of the others, then what is missing.
    fn bind(&self, given: usize, named: &[(Arc<str>, Value)]) -> Result<(), String> {
        let function = self.name;
        let is_short = self.positional.get(given).is_some_and(|(_, has_default)| !has_default);
        if named.is_empty() && given <= self.positional.len() && !is_short {
            return Ok(());
        }
        let mut by_name = vec![false; self.positional.len()];
        for (name, _) in named {
            match self.positional.iter().position(|(known, _)| *known == &**name) {
                Some(at) if at < given => {
                    return Err(format!("{function}() got multiple values for argument '{name}'"));
                }
                Some(at) => by_name[at] = true,
                None if self.takes_any_name || self.only_named.contains(&&**name) => (),
                None => {
                    return Err(format!(
                        "{function}() got an unexpected keyword argument '{name}'"
                    ));
                }
            }
        }
        let most = self.positional.len();
        if given > most && !self.takes_more {
            let least = self.positional.iter().filter(|(_, has_default)| !has_default).count();
            let takes = match least {
                least if least < most => format!("from {least} to {most}"),
                _ => most.to_string(),
            };
            let plural = if most == 1 { "" } else { "s" };
            return Err(format!(
                "{function}() takes {takes} positional argument{plural} but {given} were given"
            ));
        }
        let missing: Vec<String> = self
            .positional
            .iter()
            .zip(&by_name)
            .skip(given)
            .filter(|((_, has_default), by_name)| !has_default && !**by_name)
            .map(|((name, _), _)| format!("'{name}'"))
            .collect();
        let names = match &missing[..] {
            [] => return Ok(()),
            [one] => one.clone(),
            [first, second] => format!("{first} and {second}"),
            [first @ .., last] => format!("{}, and {last}", first.join(", ")),
        };
        let (count, plural) = (missing.len(), if missing.len() == 1 { "" } else { "s" });
        Err(format!("{function}() missing {count} required positional argument{plural}: {names}"))
    }

    /// Counts arguments in the words of functions that are not written in Python.
    fn count(&self, style: Style, given: usize, named: &[(Arc<str>, Value)]) -> Result<(), String> {
        let (function, wanted) = (self.name, self.positional.len());
        match style {
            Style::Operator if !named.is_empty() => {
                Err(format!("_operator.{function}() takes no keyword arguments"))
            }
            Style::Operator if given != wanted => {
                Err(format!("{function} expected {wanted} arguments, got {given}"))
            }
            Style::OneArgument if !named.is_empty() => {
                Err(format!("{function}() takes no keyword arguments"))
            }
            Style::OneArgument if given != 1 => {
                Err(format!("{function}() takes exactly one argument ({given} given)"))
            }
            Style::BuiltIn if given + named.len() > wanted => {
                let given = given + named.len();
                Err(format!("{function}() takes at most {wanted} arguments ({given} given)"))
            }
            Style::BuiltIn => {
                let is_given = |at: usize, name: &str| {
                    at < given || named.iter().any(|(known, _)| &**known == name)
                };
                let missing = self.positional.iter().enumerate();
                let mut missing = missing
                    .filter(|(at, (name, has_default))| !has_default && !is_given(*at, name));
                match missing.next() {
                    Some((at, (name, _))) => Err(format!(
                        "{function}() missing required argument '{name}' (pos {})",
                        at + 1
                    )),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod unit_tests {
    use super::{SIGNATURES, Style, find};
    use crate::{
        template::{filters, tests},
        value::Value,
    };

    #[test]
    fn every_signature_is_that_of_a_filter_or_a_test() {
        for (kind, name) in SIGNATURES.keys() {
            match *kind {
                "filter" => assert!(filters::find(name).is_some(), "{name}"),
                _ => assert!(tests::find(name).is_some(), "{name}"),
            }
        }
    }

    #[test]
    fn what_a_function_takes_is_told_as_python_tells_it() {
        let named = |name: &str| vec![(name.into(), Value::None)];
        let told = |unit, given, named: &[_]| find(unit).unwrap().check(given, named).unwrap_err();
        assert_eq!(
            told(("filter", "replace"), 0, &[]),
            "do_replace() missing 2 required positional arguments: 'old' and 'new'"
        );
        assert_eq!(
            told(("filter", "batch"), 3, &[]),
            "do_batch() takes from 2 to 3 positional arguments but 4 were given"
        );
        assert_eq!(
            told(("filter", "batch"), 1, &named("linecount")),
            "do_batch() got multiple values for argument 'linecount'"
        );
        assert_eq!(told(("test", "eq"), 0, &[]), "eq expected 2 arguments, got 1");
        assert_eq!(
            told(("filter", "length"), 1, &[]),
            "len() takes exactly one argument (2 given)"
        );
        let map = find(("filter", "map"));
        assert!(map.is_none_or(|map| map.check(9, &named("attribute")).is_ok()));
        assert!(SIGNATURES.values().any(|signature| signature.style == Style::BuiltIn));
    }
}
