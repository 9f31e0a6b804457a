//! `to_prettytable`: a list of dictionaries as a table of letters.

use super::{Filter, unhashable};
use crate::{
    template::filters::{Answer, Invocation, Refusal, as_dict},
    value::{Dict, Value},
};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_prettytable",
    aliases: &[],
    summary: "A list of dictionaries as a table of letters",
    params: &["*", "**"],
    examples: &[
        (
            "{{ [{'a':1,'b':none},{'a':2}] | community.general.to_prettytable }}",
            "+---+------+\n| a |  b   |\n+---+------+\n| 1 | None |\n| 2 |      |\n+---+------+",
        ),
        (
            "{{ [{'a':1,'b':2}] | community.general.to_prettytable('b') }}",
            "+---+\n| b |\n+---+\n| 2 |\n+---+",
        ),
        (
            "{{ [{'a':'x'}] | community.general.to_prettytable(header_names=['long'], column_alignments={'long':'right'}) }}",
            "+------+\n| long |\n+------+\n|    x |\n+------+",
        ),
        ("{{ [] | community.general.to_prettytable }}", "++\n++"),
        (
            "{{ [1] | community.general.to_prettytable }}",
            "The filter plugin 'community.general.to_prettytable' failed: Expected all items in the list to be dictionaries, got a int",
        ),
    ],
    takes_undefined: false,
    call: |call| answer(call),
};

const ALIGNMENTS: [&str; 6] = ["c", "center", "l", "left", "r", "right"];

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Str(_) => "string",
        other => unhashable(other).unwrap_or(other.type_name()),
    }
}

/// Returns the items of an option, which must be texts.
fn names(value: &Value, what: &str, one: &str) -> Result<Vec<String>, Refusal> {
    let Value::List(items) = value else {
        return Err(format!("Expected a list of {what}, got a {}", kind(value)).into());
    };
    let text = |item: &Value| match item {
        Value::Str(text) => Ok(text.to_string()),
        other => Err(format!("Expected a string for {one}, got a {}", kind(other)).into()),
    };
    items.iter().map(text).collect()
}

fn answer(call: &mut Invocation<'_, '_>) -> Answer {
    let rows = rows(&call.value)?;
    let known = ["column_order", "header_names", "column_alignments"];
    let unknown =
        call.keywords.iter().map(|(name, _)| &**name).filter(|name| !known.contains(name));
    let unknown: Vec<&str> = unknown.collect();
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        return Err(format!("Unknown parameter(s) for to_prettytable filter: {unknown}").into());
    }
    let given = |name: &str| call.keyword(name).filter(|value| !matches!(value, Value::None));
    if !call.rest.is_empty() && given("column_order").is_some() {
        return Err(
            "Cannot use both positional arguments and the 'column_order' keyword argument".into()
        );
    }
    let positional = Value::list(call.rest.iter().cloned());
    let order = given("column_order").unwrap_or(&positional);
    let order = names(order, "column names", "column name")?;
    let headers = match given("header_names") {
        Some(headers) => names(headers, "header names", "header name")?,
        None => Vec::new(),
    };
    let alignments = match call.keyword("column_alignments") {
        Some(alignments) => aligned(alignments)?,
        None => Vec::new(),
    };
    check(&rows, &order, &headers, alignments.len())?;
    let fields = match rows.first() {
        _ if !order.is_empty() => order.clone(),
        Some(first) => first.keys().map(Value::to_text).collect(),
        None => headers.clone(),
    };
    let titles = if headers.is_empty() { &fields } else { &headers };
    let twice = titles.iter().enumerate().any(|(at, name)| titles[..at].contains(name));
    if twice {
        return Err("Field names must be unique".into());
    }
    if titles.len() != fields.len() {
        let (actual, expected) = (fields.len(), titles.len());
        return Err(format!(
            "Row has incorrect number of values, (actual) {actual}!={expected} (expected)"
        )
        .into());
    }
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| fields.iter().map(|field| cell(row, field)).collect()).collect();
    let sides: Vec<char> = titles
        .iter()
        .map(|title| {
            alignments.iter().find(|(name, _)| name == title).map_or('c', |(_, side)| *side)
        })
        .collect();
    Ok(drawn(titles, &cells, &sides).into())
}

fn rows(value: &Value) -> Result<Vec<std::sync::Arc<Dict>>, Refusal> {
    let Value::List(rows) = value else {
        return Err(format!("Expected a list of dictionaries, got a {}", kind(value)).into());
    };
    let row = |row: &Value| {
        as_dict(row).ok_or_else(|| {
            let found = kind(row);
            format!("Expected all items in the list to be dictionaries, got a {found}").into()
        })
    };
    rows.iter().map(row).collect()
}

/// Returns the side that each column keeps to.
fn aligned(value: &Value) -> Result<Vec<(String, char)>, Refusal> {
    let Value::Dict(sides) = value else {
        let found = kind(value);
        return Err(format!("Expected a dictionary for column_alignments, got a {found}").into());
    };
    let mut found = Vec::new();
    for (name, side) in sides.iter() {
        let text = |what: &str, value: &Value| match value {
            Value::Str(text) => Ok(text.to_string()),
            other => Err(Refusal::Message(format!(
                "Expected a string for column_alignments {what}, got a {}",
                kind(other)
            ))),
        };
        let (name, side) = (text("key", name)?, text("value", side)?);
        let lower = side.to_lowercase();
        if !ALIGNMENTS.contains(&lower.as_str()) {
            let known = ALIGNMENTS.join(", ");
            return Err(format!(
                "Invalid alignment '{side}' in 'column_alignments'. Valid alignments are: {known}"
            )
            .into());
        }
        found.push((name, lower.chars().next().unwrap_or('c')));
    }
    Ok(found)
}

/// Refuses more columns than there are.
fn check(
    rows: &[std::sync::Arc<Dict>],
    order: &[String],
    headers: &[String],
    alignments: usize,
) -> Result<(), Refusal> {
    if let Some(most) = rows.iter().map(|row| row.len()).max() {
        let counts = [
            ("column_order", order.len()),
            ("header_names", headers.len()),
            ("column_alignments", alignments),
        ];
        if let Some((name, count)) = counts.into_iter().find(|(_, count)| *count > most) {
            return Err(format!(
                "'{name}' has more elements ({count}) than available fields in data ({most})"
            )
            .into());
        }
    }
    if !order.is_empty() && !headers.is_empty() && order.len() != headers.len() {
        return Err(
            "'column_order' and 'header_names' must have the same number of elements".into()
        );
    }
    Ok(())
}

/// Returns what a row has under a name; keys that are no texts are called as they are written, in any case.
fn cell(row: &Dict, field: &str) -> String {
    let by = |is: &dyn Fn(&Value) -> bool| row.iter().find(|(key, _)| is(key));
    let found = row.get(field).or_else(|| {
        let lower = field.to_lowercase();
        by(&|key| key.to_text() == field)
            .or_else(|| by(&|key| key.to_text().to_lowercase() == lower))
            .map(|(_, value)| value)
    });
    found.map(Value::to_text).unwrap_or_default()
}

/// Returns how many columns of a terminal a text takes.
fn width(text: &str) -> usize {
    let is_wide = |c: char| {
        matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
    };
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn drawn(titles: &[String], cells: &[Vec<String>], sides: &[char]) -> String {
    let widest = |text: &String| text.split('\n').map(width).max().unwrap_or(0);
    let widths: Vec<usize> = (0..titles.len())
        .map(|at| {
            let column = cells.iter().filter_map(|row| row.get(at)).map(widest).max();
            column.unwrap_or(0).max(widest(&titles[at]))
        })
        .collect();
    let rule: String = if widths.is_empty() {
        "++".to_owned()
    } else {
        let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
        format!("+{}+", dashes.join("+"))
    };
    let row = |cells: &[String]| {
        let height = cells.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(0);
        let line = |at: usize| {
            let parts: Vec<String> = cells
                .iter()
                .zip(widths.iter().zip(sides))
                .map(|(cell, (width, side))| {
                    let line = cell.split('\n').nth(at).unwrap_or_default();
                    format!(" {} ", justified(line, *width, *side))
                })
                .collect();
            format!("|{}|", parts.join("|"))
        };
        (0..height).map(line).collect::<Vec<_>>()
    };
    let mut lines = vec![rule.clone()];
    lines.extend(row(titles));
    if !titles.is_empty() {
        lines.push(rule.clone());
    }
    lines.extend(cells.iter().flat_map(|cells| row(cells)));
    lines.push(rule);
    lines.join("\n")
}

fn justified(text: &str, width: usize, side: char) -> String {
    let own = self::width(text);
    let excess = width.saturating_sub(own);
    let (left, right) = match side {
        'l' => (0, excess),
        'r' => (excess, 0),
        // What cannot be halved stands at the right of a text of odd length.
        _ if excess % 2 == 1 && own.is_multiple_of(2) => (excess / 2 + 1, excess / 2),
        _ => (excess / 2, excess - excess / 2),
    };
    format!("{}{text}{}", " ".repeat(left), " ".repeat(right))
}
