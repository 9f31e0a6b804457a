//! What a JMESPath expression finds in a value.

use super::{Error, Node, functions, is_true, lexer::Comparison};
use crate::{
    template::filters::as_dict,
    value::{Dict, Value},
};

pub(super) type Found = Result<Value, Error>;

/// Returns what an expression finds.
pub(super) fn visit(node: &Node, value: &Value) -> Found {
    Ok(match node {
        Node::Current => value.clone(),
        Node::Literal(value) => value.clone(),
        Node::Field(name) => field(value, name),
        Node::Index(index) => value.as_list().map_or(Value::None, |items| {
            let at = if *index < 0 { *index + length(items) } else { *index };
            usize::try_from(at).ok().and_then(|at| items.get(at)).cloned().unwrap_or_default()
        }),
        Node::Slice(parts) => match value.as_list() {
            Some(items) => slice(items, *parts)?,
            None => Value::None,
        },
        Node::Then(left, right) | Node::Pipe(left, right) => visit(right, &visit(left, value)?)?,
        Node::Projection(left, right) => {
            let base = visit(left, value)?;
            match base.as_list() {
                Some(items) => projected(items.iter(), right)?,
                None => Value::None,
            }
        }
        Node::ValueProjection(left, right) => match as_dict(&visit(left, value)?) {
            Some(dict) => projected(dict.values(), right)?,
            None => Value::None,
        },
        Node::FilterProjection(left, right, condition) => {
            let base = visit(left, value)?;
            let Some(items) = base.as_list() else { return Ok(Value::None) };
            let mut kept = Vec::new();
            for item in items.iter() {
                if is_true(&visit(condition, item)?) {
                    kept.push(item.clone());
                }
            }
            projected(kept.iter(), right)?
        }
        Node::Flatten(inner) => {
            let base = visit(inner, value)?;
            let Some(items) = base.as_list() else { return Ok(Value::None) };
            let mut flat = Vec::new();
            for item in items.iter() {
                match item.as_list() {
                    Some(inner) => flat.extend(inner.iter().cloned()),
                    None => flat.push(item.clone()),
                }
            }
            flat.into()
        }
        Node::Or(left, right) => {
            let left = visit(left, value)?;
            if is_true(&left) { left } else { visit(right, value)? }
        }
        Node::And(left, right) => {
            let left = visit(left, value)?;
            if is_true(&left) { visit(right, value)? } else { left }
        }
        Node::Not(inner) => Value::Bool(!is_true(&visit(inner, value)?)),
        Node::Compare(comparison, left, right) => {
            compare(*comparison, &visit(left, value)?, &visit(right, value)?)?
        }
        Node::List(_) | Node::Dict(_) if matches!(value, Value::None) => Value::None,
        Node::List(items) => {
            let items: Result<Vec<Value>, Error> =
                items.iter().map(|item| visit(item, value)).collect();
            items?.into()
        }
        Node::Dict(entries) => {
            let mut dict = Dict::new();
            for (key, node) in entries {
                dict.insert(key.clone(), visit(node, value)?);
            }
            dict.into()
        }
        Node::Call(name, arguments) => functions::call(name, arguments, value)?,
        Node::Reference(_) => {
            return Err(Error::Python(
                "Type '_Expression' is unsupported for variable storage.".to_owned(),
            ));
        }
    })
}

fn field(value: &Value, name: &Value) -> Value {
    match as_dict(value) {
        Some(dict) => dict.get_value(name).cloned().unwrap_or_default(),
        None => Value::None,
    }
}

fn length(items: &[Value]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

fn slice(items: &[Value], [start, stop, step]: [Option<i64>; 3]) -> Found {
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Error::Python("slice step cannot be zero".to_owned()));
    }
    let length = length(items);
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |bound: Option<i64>, default: i64| match bound {
        None => default,
        Some(at) => (if at < 0 { at.saturating_add(length) } else { at }).clamp(low, high),
    };
    let (start, stop) = if step > 0 {
        (bound(start, low), bound(stop, high))
    } else {
        (bound(start, high), bound(stop, low))
    };
    let (mut at, mut kept) = (start, Vec::new());
    while if step > 0 { at < stop } else { at > stop } {
        kept.extend(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned());
        at = at.saturating_add(step);
    }
    Ok(kept.into())
}

fn projected<'v>(items: impl Iterator<Item = &'v Value>, right: &Node) -> Found {
    let mut found = Vec::new();
    for item in items {
        let value = visit(right, item)?;
        if !matches!(value, Value::None) {
            found.push(value);
        }
    }
    Ok(found.into())
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> Found {
    let is_equal = || {
        let mixes = matches!(left, Value::Bool(_)) != matches!(right, Value::Bool(_));
        !mixes && left == right
    };
    let operator = match comparison {
        Comparison::Equal => return Ok(is_equal().into()),
        Comparison::NotEqual => return Ok((!is_equal()).into()),
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    };
    let has_order = |value: &Value| {
        matches!(value, Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Str(_))
    };
    if !has_order(left) || !has_order(right) {
        return Ok(Value::None);
    }
    let order = left.order(right, operator).map_err(Error::Python)?;
    Ok(Value::Bool(order.is_some_and(|order| match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        _ => order.is_ge(),
    })))
}
