//! JMESPath's functions, and the checks of their arguments.

use num_traits::{FromPrimitive, ToPrimitive};

use super::{
    Error, Node,
    interpreter::{Found, visit},
};
use crate::{
    template::{filters::as_dict, json, sequence::sort_by_key},
    value::{Operator, Value},
};

/// A function: its name, what each argument may be, whether the last may come more than once.
struct Signature(&'static str, &'static [&'static [&'static str]], bool);

const ANY: &[&str] = &[];
const NUMBER: &[&str] = &["number"];
const STRING: &[&str] = &["string"];
const ARRAY: &[&str] = &["array"];
const OBJECT: &[&str] = &["object"];
const REFERENCE: &[&str] = &["expref"];
const SORTABLE: &[&str] = &["array-string", "array-number"];
const EXTREME: &[&str] = &["array-number", "array-string"];

const SIGNATURES: &[Signature] = &[
    Signature("abs", &[NUMBER], false),
    Signature("avg", &[&["array-number"]], false),
    Signature("ceil", &[NUMBER], false),
    Signature("contains", &[&["array", "string"], ANY], false),
    Signature("ends_with", &[STRING, STRING], false),
    Signature("floor", &[NUMBER], false),
    Signature("join", &[STRING, &["array-string"]], false),
    Signature("keys", &[OBJECT], false),
    Signature("length", &[&["string", "array", "object"]], false),
    Signature("map", &[REFERENCE, ARRAY], false),
    Signature("max", &[EXTREME], false),
    Signature("max_by", &[ARRAY, REFERENCE], false),
    Signature("merge", &[OBJECT], true),
    Signature("min", &[EXTREME], false),
    Signature("min_by", &[ARRAY, REFERENCE], false),
    Signature("not_null", &[ANY], true),
    Signature("reverse", &[&["array", "string"]], false),
    Signature("sort", &[SORTABLE], false),
    Signature("sort_by", &[ARRAY, REFERENCE], false),
    Signature("starts_with", &[STRING, STRING], false),
    Signature("sum", &[&["array-number"]], false),
    Signature("to_array", &[ANY], false),
    Signature("to_number", &[ANY], false),
    Signature("to_string", &[ANY], false),
    Signature("type", &[ANY], false),
    Signature("values", &[OBJECT], false),
];

/// An argument: a value, or an expression that the function evaluates.
enum Argument<'n> {
    Value(Value),
    Reference(&'n Node),
}

/// Calls a function.
pub(super) fn call(name: &str, arguments: &[Node], value: &Value) -> Found {
    let mut given = Vec::with_capacity(arguments.len());
    for argument in arguments {
        given.push(match argument {
            Node::Reference(inner) => Argument::Reference(inner),
            other => Argument::Value(visit(other, value)?),
        });
    }
    let Some(Signature(_, wanted, variadic)) = SIGNATURES.iter().find(|known| known.0 == name)
    else {
        return Err(Error::JmesPath(format!("Unknown function: {name}()")));
    };
    let (expected, found) = (wanted.len(), given.len());
    if found < expected || found > expected && !variadic {
        let least = if *variadic { "at least " } else { "" };
        let plural = if expected == 1 { "" } else { "s" };
        return Err(Error::JmesPath(format!(
            "Expected {least}{expected} argument{plural} for function {name}(), received {found}"
        )));
    }
    for (index, argument) in given.iter().enumerate() {
        check(name, wanted[index.min(expected - 1)], argument)?;
    }
    run(name, &given)
}

fn kind(argument: &Argument<'_>) -> &'static str {
    match argument {
        Argument::Reference(_) => "expref",
        Argument::Value(value) => kind_of(value),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::List(_) | Value::Tuple(_) => "array",
        Value::Dict(_) => "object",
        _ => "null",
    }
}

fn refused(function: &str, value: &Value, wanted: &[&str], received: &str) -> Error {
    let wanted: Vec<String> = wanted.iter().map(|name| format!("'{name}'")).collect();
    Error::JmesPath(format!(
        "In function {function}(), invalid type for value: {}, expected one of: [{}], received: \"{received}\"",
        value.to_text(),
        wanted.join(", ")
    ))
}

/// Containers have a name of the reference's own, which Python's implementation does not know.
fn received(kind: &'static str) -> &'static str {
    if matches!(kind, "array" | "object") { "unknown" } else { kind }
}

fn check(function: &str, wanted: &[&str], argument: &Argument<'_>) -> Result<(), Error> {
    let found = kind(argument);
    if wanted.is_empty() || wanted.contains(&found) {
        return Ok(());
    }
    let value = match argument {
        Argument::Value(value) => value.clone(),
        Argument::Reference(_) => Value::str("&"),
    };
    let items = match value.as_list() {
        Some(items) if wanted.iter().any(|kind| kind.starts_with("array-")) => items,
        _ => return Err(refused(function, &value, wanted, received(found))),
    };
    let inner: Vec<&str> = wanted.iter().filter_map(|kind| kind.strip_prefix("array-")).collect();
    let Some(first) = items.first().map(kind_of) else { return Ok(()) };
    for item in items.iter() {
        let kind = kind_of(item);
        if !inner.contains(&kind) || kind != first {
            return Err(refused(function, item, wanted, item.type_name()));
        }
    }
    Ok(())
}

#[expect(clippy::too_many_lines, reason = "one arm for each function")]
fn run(name: &str, given: &[Argument<'_>]) -> Found {
    let value = |index: usize| match given.get(index) {
        Some(Argument::Value(value)) => value.clone(),
        _ => Value::None,
    };
    let items =
        |index: usize| value(index).as_list().map(|items| items.to_vec()).unwrap_or_default();
    let text = |index: usize| value(index).to_text();
    let reference = |index: usize| match given.get(index) {
        Some(Argument::Reference(node)) => *node,
        _ => &Node::Current,
    };
    Ok(match name {
        "abs" => match value(0) {
            Value::Float(number) => number.abs().into(),
            other
                if other
                    .order(&Value::Int(0), "<")
                    .is_ok_and(|order| order.is_some_and(std::cmp::Ordering::is_lt)) =>
            {
                crate::value::negate(&other).map_err(Error::Python)?
            }
            other => other,
        },
        "avg" => {
            let items = items(0);
            if items.is_empty() {
                return Ok(Value::None);
            }
            Operator::Div.apply(&sum(&items)?, &Value::from(items.len())).map_err(Error::Python)?
        }
        "sum" => sum(&items(0))?,
        "ceil" => whole(value(0), f64::ceil),
        "floor" => whole(value(0), f64::floor),
        "contains" => match value(0) {
            Value::Str(text) => match value(1) {
                Value::Str(part) => text.contains(&*part).into(),
                other => {
                    return Err(Error::Python(format!(
                        "'in <string>' requires string as left operand, not {}",
                        other.type_name()
                    )));
                }
            },
            list => list.as_list().is_some_and(|items| items.contains(&value(1))).into(),
        },
        "ends_with" => text(0).ends_with(&text(1)).into(),
        "starts_with" => text(0).starts_with(&text(1)).into(),
        "join" => {
            let texts: Vec<String> = items(1).iter().map(Value::to_text).collect();
            texts.join(&text(0)).into()
        }
        "keys" => as_dict(&value(0)).map(|dict| Value::list(dict.keys().cloned())).into(),
        "values" => as_dict(&value(0)).map(|dict| Value::list(dict.values().cloned())).into(),
        "length" => match value(0) {
            Value::Str(text) => text.chars().count().into(),
            Value::Dict(dict) => dict.len().into(),
            list => list.as_list().map(|items| items.len()).into(),
        },
        "map" => {
            let mapped: Result<Vec<Value>, Error> =
                items(1).iter().map(|item| visit(reference(0), item)).collect();
            mapped?.into()
        }
        "max" | "min" => {
            let keyed = items(0).into_iter().map(|item| (item.clone(), item)).collect();
            extreme(keyed, name == "max")?
        }
        "max_by" | "min_by" => {
            let keyed = keyed(name, &items(0), reference(1), &["number", "string"], false)?;
            extreme(keyed, name == "max_by")?
        }
        "sort" => {
            let keyed = items(0).into_iter().map(|item| (item.clone(), item)).collect();
            sort_by_key(keyed, false).map_err(Error::Python)?.into()
        }
        "sort_by" => {
            let keyed = keyed(name, &items(0), reference(1), &["string", "number"], true)?;
            sort_by_key(keyed, false).map_err(Error::Python)?.into()
        }
        "merge" => {
            let mut merged = crate::value::Dict::new();
            for index in 0..given.len() {
                if let Some(dict) = as_dict(&value(index)) {
                    merged.extend(dict.iter().map(|(key, value)| (key.clone(), value.clone())));
                }
            }
            merged.into()
        }
        "not_null" => {
            (0..given.len()).map(value).find(|value| !matches!(value, Value::None)).into()
        }
        "reverse" => match value(0) {
            Value::Str(text) => text.chars().rev().collect::<String>().into(),
            _ => Value::list(items(0).into_iter().rev()),
        },
        "to_array" => match value(0) {
            list @ Value::List(_) => list,
            one => Value::list([one]),
        },
        "to_number" => match value(0) {
            Value::Str(text) => match text.trim().parse::<i64>() {
                Ok(number) => number.into(),
                Err(_) => text.trim().parse::<f64>().ok().into(),
            },
            number if kind_of(&number) == "number" => number,
            _ => Value::None,
        },
        "to_string" => match value(0) {
            text @ Value::Str(_) => text,
            other => {
                let style = json::Style {
                    item_separator: Some(",".to_owned()),
                    key_separator: ":".to_owned(),
                    ..json::Style::default()
                };
                json::write(&other, &style).map_err(Error::Python)?.into()
            }
        },
        "type" => match given.first() {
            Some(Argument::Value(value)) => kind_of(value).into(),
            _ => Value::None,
        },
        _ => Value::None,
    })
}

fn sum(items: &[Value]) -> Found {
    let mut sum = Value::Int(0);
    for item in items {
        sum = Operator::Add.apply(&sum, item).map_err(Error::Python)?;
    }
    Ok(sum)
}

fn whole(value: Value, round: fn(f64) -> f64) -> Value {
    match value {
        Value::Float(number) => {
            let number = round(number);
            match number.to_i64() {
                Some(number) => number.into(),
                None => num_bigint::BigInt::from_f64(number).into(),
            }
        }
        other => other,
    }
}

/// Returns items with their keys, which are all numbers or all texts.
fn keyed(
    function: &str,
    items: &[Value],
    key: &Node,
    wanted: &[&str],
    names_item: bool,
) -> Result<Vec<(Value, Value)>, Error> {
    let mut keyed: Vec<(Value, Value)> = Vec::with_capacity(items.len());
    for item in items {
        let value = visit(key, item)?;
        let kind = kind_of(&value);
        let wanted: &[&str] = match keyed.first() {
            Some((first, _)) => &[kind_of(first)],
            None => wanted,
        };
        if !wanted.contains(&kind) {
            let shown = if names_item && keyed.is_empty() { item } else { &value };
            return Err(refused(function, shown, wanted, received(kind)));
        }
        keyed.push((value, item.clone()));
    }
    Ok(keyed)
}

fn extreme(keyed: Vec<(Value, Value)>, largest: bool) -> Found {
    let mut best: Option<(Value, Value)> = None;
    for (key, item) in keyed {
        let better = match &best {
            None => true,
            Some((known, _)) => {
                let order = key.order(known, "<").map_err(Error::Python)?;
                order.is_some_and(|order| if largest { order.is_gt() } else { order.is_lt() })
            }
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(best.map(|(_, item)| item).into())
}
