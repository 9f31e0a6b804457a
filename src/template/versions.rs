//! Versions, compared as distutils, semantic versioning and PEP 440 compare them.

use std::cmp::Ordering;

use super::{
    filters::{Invocation, Refusal},
    tests::Verdict,
};
use crate::value::Value;

/// The test `version`.
pub(crate) fn test(call: &mut Invocation<'_, '_>) -> Verdict {
    let operator = call.text(1, "eq");
    let holds: fn(Ordering) -> bool = match &*operator {
        "==" | "=" | "eq" => Ordering::is_eq,
        "<" | "lt" => Ordering::is_lt,
        "<=" | "le" => Ordering::is_le,
        ">" | "gt" => Ordering::is_gt,
        ">=" | "ge" => Ordering::is_ge,
        "!=" | "<>" | "ne" => Ordering::is_ne,
        other => {
            return Err(format!(
                "Invalid operator type ({other}). Must be one of '==', '=', 'eq', '<', 'lt', '<=', 'le', '>', 'gt', '>=', 'ge', '!=', '<>', 'ne'"
            )
            .into());
        }
    };
    let (strict, kind) = (call.some(2).map(Value::is_true), call.some(3).map(Value::to_text));
    if strict.is_some() && kind.is_some() {
        return Err("Cannot specify both 'strict' and 'version_type'".into());
    }
    let kind = match (strict, kind) {
        (_, Some(kind)) => kind,
        (Some(true), None) => "strict".to_owned(),
        _ => "loose".to_owned(),
    };
    if let Some(undefined) = call.value.first_undefined() {
        let message = &undefined.message;
        return Err(Refusal::Apart(format!("Version comparison failed: {message}")));
    }
    let (left, right) = (call.input_text(), call.required(0, "version")?.to_text());
    if left.is_empty() || !call.value.is_true() {
        return Err("Input version value cannot be empty".into());
    }
    if right.is_empty() || !call.required(0, "version")?.is_true() {
        return Err("Version parameter to compare against cannot be empty".into());
    }
    let order = match kind.as_str() {
        "loose" => loose(&left, &right),
        "strict" => both(&left, &right, strict_key),
        "semver" | "semantic" => both(&left, &right, semantic_key),
        "pep440" => both(&left, &right, pep440_key),
        other => {
            return Err(format!(
                "Invalid version type ({other}). Must be one of 'loose', 'strict', 'semver', 'semantic', 'pep440'"
            )
            .into());
        }
    };
    order
        .map(holds)
        .map_err(|message| Refusal::Apart(format!("Version comparison failed: {message}")))
}

fn both<K: Ord>(
    left: &str,
    right: &str,
    key: fn(&str) -> Result<K, String>,
) -> Result<Ordering, String> {
    Ok(key(left)?.cmp(&key(right)?))
}

/// Numbers and words, compared one by one; a number and a word have no order.
pub(crate) fn loose(left: &str, right: &str) -> Result<Ordering, String> {
    let (left, right) = (Value::from(components(left)), Value::from(components(right)));
    left.order(&right, "<").map(|order| order.unwrap_or(Ordering::Equal))
}

/// Returns a version's numbers and words, as distutils' `LooseVersion` cuts it.
pub(crate) fn components(version: &str) -> Vec<Value> {
    let mut parts: Vec<Value> = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let kind = |c: char| {
            if c.is_ascii_digit() {
                0
            } else if c.is_ascii_lowercase() {
                1
            } else if c == '.' {
                2
            } else {
                3
            }
        };
        let class = kind(first);
        let end = rest.find(|c| kind(c) != class).unwrap_or(rest.len());
        let (part, tail) = if class == 2 { rest.split_at(1) } else { rest.split_at(end) };
        match class {
            0 => parts
                .push(super::numbers::parse_int(part, 10).map_or(Value::str(part), Value::from)),
            2 => (),
            _ => parts.push(Value::str(part)),
        }
        rest = tail;
    }
    parts
}

/// The numbers of a strict version, and its pre-release.
type Strict = (Vec<u64>, Option<(char, u64)>);

/// Orders a pre-release before its release.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct StrictKey(Vec<u64>, bool, Option<(char, u64)>);

fn strict_key(version: &str) -> Result<StrictKey, String> {
    let invalid = || format!("invalid version number '{version}'");
    let (numbers, pre): Strict = match version.find(['a', 'b']) {
        Some(at) => {
            let letter = if version[at..].starts_with('a') { 'a' } else { 'b' };
            let number = version[at + 1..].parse().map_err(|_| invalid())?;
            (numbers(&version[..at]).ok_or_else(invalid)?, Some((letter, number)))
        }
        None => (numbers(version).ok_or_else(invalid)?, None),
    };
    if !(2..=3).contains(&numbers.len()) {
        return Err(invalid());
    }
    let mut numbers = numbers;
    numbers.resize(3, 0);
    Ok(StrictKey(numbers, pre.is_none(), pre))
}

fn numbers(text: &str) -> Option<Vec<u64>> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split('.').map(|part| part.parse().ok().filter(|_| is_number(part))).collect()
}

/// A part of a pre-release: numbers come before words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

/// Orders a pre-release before its release, and does not look at the build.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct SemanticKey(Vec<u64>, bool, Vec<Identifier>);

fn semantic_key(version: &str) -> Result<SemanticKey, String> {
    let invalid = || format!("invalid semantic version '{version}'");
    let (version, _build) = version.split_once('+').unwrap_or((version, ""));
    let (core, pre) = match version.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (version, None),
    };
    let core = numbers(core).filter(|core| core.len() == 3).ok_or_else(invalid)?;
    let mut identifiers = Vec::new();
    for part in pre.into_iter().flat_map(|pre| pre.split('.')) {
        let valid = !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !valid {
            return Err(invalid());
        }
        identifiers.push(match part.parse() {
            Ok(number) => Identifier::Number(number),
            Err(_) => Identifier::Word(part.to_owned()),
        });
    }
    Ok(SemanticKey(core, pre.is_none(), identifiers))
}

/// Epoch, release, then: development of nothing else, pre-releases, the release, post-releases; development before each; local.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pep440Key {
    epoch: u64,
    release: Vec<u64>,
    pre: (u8, u64),
    post: Option<u64>,
    dev: (bool, u64),
    local: Option<Vec<(u64, String)>>,
}

fn pep440_key(version: &str) -> Result<Pep440Key, String> {
    let pattern = super::regex::pattern(
        r"^\s*v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)(?:[-_.]?(?P<pre>alpha|beta|preview|pre|a|b|c|rc)[-_.]?(?P<pren>[0-9]+)?)?(?:-(?P<post1>[0-9]+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<postn>[0-9]+)?)?(?:[-_.]?(?P<dev>dev)[-_.]?(?P<devn>[0-9]+)?)?(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*\Z",
        true,
        false,
    )?;
    let Some(found) = pattern.search(version)? else {
        return Err(format!("Invalid version: '{version}'"));
    };
    let text = |name: &str| found.name(name).map(|group| group.as_str().to_lowercase());
    let number = |name: &str| text(name).and_then(|digits| digits.parse::<u64>().ok());
    let mut release = numbers(&text("release").unwrap_or_default()).unwrap_or_default();
    while release.len() > 1 && release.last() == Some(&0) {
        release.pop();
    }
    let post = number("post1").or_else(|| text("post").map(|_| number("postn").unwrap_or(0)));
    let dev = text("dev").map(|_| number("devn").unwrap_or(0));
    let pre = match text("pre").as_deref() {
        Some("a" | "alpha") => (1, number("pren").unwrap_or(0)),
        Some("b" | "beta") => (2, number("pren").unwrap_or(0)),
        Some(_) => (3, number("pren").unwrap_or(0)),
        None if post.is_none() && dev.is_some() => (0, 0),
        None => (4, 0),
    };
    let local = text("local").map(|local| {
        let parts = local.split(['-', '_', '.']);
        parts
            .map(|part| match part.parse::<u64>() {
                Ok(number) => (number + 1, String::new()),
                Err(_) => (0, part.to_owned()),
            })
            .collect()
    });
    Ok(Pep440Key {
        epoch: number("epoch").unwrap_or(0),
        release,
        pre,
        post,
        dev: dev.map_or((true, 0), |number| (false, number)),
        local,
    })
}
