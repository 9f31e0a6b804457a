//! Tests (`is`), one file each.
//!
//! Invariant: a test answers yes or no; it looks at files only where that is its purpose, and changes nothing.

use std::sync::{Arc, LazyLock};

use super::{
    TemplateError,
    evaluator::{Evaluator, Passed},
    filters::{Invocation, Refusal},
    formatting, plugins, registry,
    tree::Comparison,
    units::{Table, called, unit},
};
use crate::value::{Dict, Operator, Value};

mod ansible_utils;
mod community_general;
mod protomatter;

registry! { Test:
    abs,
    all,
    any,
    boolean,
    callable,
    changed,
    contains,
    defined,
    directory,
    divisibleby,
    eq,
    escaped,
    even,
    exists,
    failed,
    r#false,
    falsy,
    file,
    filter,
    finished,
    float,
    ge,
    gt,
    r#in,
    integer,
    iterable,
    le,
    link,
    link_exists,
    lower,
    lt,
    mapping,
    r#match,
    mount,
    nan,
    ne,
    none,
    number,
    odd,
    reachable,
    regex,
    same_file,
    sameas,
    search,
    sequence,
    skipped,
    started,
    string,
    subset,
    succeeded,
    superset,
    test,
    timedout,
    r#true,
    truthy,
    undefined,
    unreachable,
    upper,
    uri,
    url,
    urn,
    vault_encrypted,
    vaulted_file,
    version,
}

/// A test as templates, `windlass doc` and the unit tests see it.
pub struct Test {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// First line of the documentation page; no full stop.
    pub summary: &'static str,
    /// Names of the arguments after the input; `*` takes further positional ones.
    pub params: &'static [&'static str],
    /// Template and what the reference gives for it.
    pub examples: &'static [(&'static str, &'static str)],
    /// Whether an undefined input is the test's own business.
    pub(crate) takes_undefined: bool,
    pub(crate) call: fn(&mut Invocation<'_, '_>) -> Verdict,
}

/// What a test says.
pub(crate) type Verdict = Result<bool, Refusal>;

unit!(Test);

static TABLE: LazyLock<Table<Test>> = LazyLock::new(|| {
    Table::of(&[ALL, community_general::ALL, ansible_utils::ALL, protomatter::ALL])
});

/// Returns the test of this name, short or with its collection.
pub fn find(name: &str) -> Option<&'static Test> {
    TABLE.find(name)
}

/// Returns every test, for `windlass doc -l`.
pub fn all() -> impl Iterator<Item = &'static Test> {
    TABLE.all()
}

/// Applies a test.
pub(crate) fn apply(
    eval: &Evaluator<'_>,
    (test, called): (&'static Test, &'static str),
    input: Value,
    passed: Passed,
) -> Result<bool, TemplateError> {
    // The signs are Python's functions, which have names of their own.
    let is_sign = !called.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let plugin = ("test", if is_sign { test.name } else { called });
    let invocation =
        Invocation::bind(eval, plugin, test.params, test.takes_undefined, input, passed);
    let verdict = invocation.and_then(|mut invocation| {
        let verdict = (test.call)(&mut invocation);
        invocation.given(verdict.map_err(|refusal| refusal.into_error(plugin)))
    });
    verdict.map_err(TemplateError::of_plugin)
}

/// Returns our test of this name, unless somebody else's stands before it.
pub(crate) fn ours(name: &str) -> Option<&'static Test> {
    find(name).filter(|_| !plugins::stands_before(plugins::Kind::Test, name))
}

/// Looks at the items one after another until one has the truth that is looked for.
fn has_item(call: &Invocation<'_, '_>, wanted: bool) -> Verdict {
    for item in call.items()?.iter() {
        if let Value::Undefined(undefined) = item {
            return Err(Refusal::Undefined(Arc::clone(undefined)));
        }
        if item.is_true() == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns what Python's `%` gives, which fills in the places of a text.
fn remainder(value: &Value, divisor: &Value) -> Result<Value, String> {
    match value {
        Value::Str(format) => formatting::percent(format, divisor).map(Value::from),
        _ => Operator::Rem.apply(value, divisor),
    }
}

/// Refuses lists of what sets cannot hold.
fn hashable(items: &[Value]) -> Result<(), Refusal> {
    match items.iter().find_map(Value::unhashable) {
        Some(found) => Err(format!("unhashable type: '{found}'").into()),
        None => Ok(()),
    }
}

/// Returns whether the input is a name that `exists` knows; what is no text is always said to be one.
fn is_name(call: &Invocation<'_, '_>, exists: fn(&str) -> bool) -> Verdict {
    match (&call.value, call.value.unhashable()) {
        (_, Some(found)) => Err(format!("unhashable type: '{found}'").into()),
        (Value::Str(name), None) => Ok(exists(name)),
        _ => Ok(true),
    }
}

/// Returns whether there is a test of this name, ours or somebody else's.
pub(crate) fn exists(name: &str) -> bool {
    find(name).is_some() || plugins::has(plugins::Kind::Test, name)
}

/// Applies the test of this name.
pub(crate) fn apply_by_name(
    eval: &Evaluator<'_>,
    name: &str,
    input: Value,
    passed: Passed,
) -> Result<bool, TemplateError> {
    match ours(name) {
        Some(test) => apply(eval, (test, called(test, name)), input, passed),
        None => plugins::call(eval, plugins::Kind::Test, &name.into(), Some(input), passed)
            .map(|value| value.is_true()),
    }
}

/// Returns a task's result, which the tests of results need.
pub(crate) fn result(call: &Invocation<'_, '_>, name: &str) -> Result<Arc<Dict>, Refusal> {
    call.dict().ok_or_else(|| Refusal::Message(format!("The '{name}' test expects a dictionary")))
}

/// Returns a value's truth, perhaps with the words for true and false as YAML has them.
pub(crate) fn truth(value: &Value, convert: bool) -> bool {
    match value {
        Value::Str(text) if convert => match text.to_lowercase().as_str() {
            "no" | "n" | "false" | "f" | "off" | "0" => false,
            _ => !text.is_empty(),
        },
        other => other.is_true(),
    }
}

/// Returns the pattern that a test's first argument is.
pub(crate) fn pattern(
    call: &Invocation<'_, '_>,
    ignore_case: usize,
    multi_line: usize,
) -> Result<Arc<windlass_modules::pattern::Pattern>, Refusal> {
    let (ignore, multi) = (call.flag(ignore_case, false), call.flag(multi_line, false));
    Ok(super::regex::pattern(&call.pattern(0)?, ignore, multi)?)
}

/// Returns whether a comparison of the value with the argument holds.
fn compared(call: &Invocation<'_, '_>, comparison: Comparison) -> Verdict {
    Ok(call.eval.compared(comparison, &call.value, call.required(0, "other")?)?)
}

/// Returns what follows a URI's scheme, when it has one that is allowed.
pub(crate) fn uri_parts<'t>(text: &'t str, schemes: Option<&Value>) -> Option<&'t str> {
    let (scheme, rest) = text.split_once(':')?;
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    let scheme = scheme.to_lowercase();
    let allowed = match schemes {
        Some(Value::List(list)) => list.iter().any(|known| known.to_text() == scheme),
        Some(other) => other.to_text() == scheme,
        None => true,
    };
    (valid && allowed && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod examples {
    #[test]
    fn examples_hold() {
        crate::template::units::check_examples(&super::TABLE);
    }
}
