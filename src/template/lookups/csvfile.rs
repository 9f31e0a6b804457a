//! `csvfile`: a column of the row of a CSV or TSV file that has a key.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "csvfile",
    aliases: &[],
    summary: "A column of a row of a CSV file",
    examples: &[("{{ lookup('csvfile', 'x', file='/nothing.csv', errors='ignore') }}", "None")],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for term in query.names() {
        let mut words = term.split_whitespace();
        let key = words.next().unwrap_or_default().to_owned();
        let given: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
        let option = |name: &str, default: &str| {
            let inline =
                given.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
            inline.unwrap_or_else(|| query.text(name, default))
        };
        let file = option("file", "ansible.csv");
        let delimiter = match option("delimiter", "TAB").as_str() {
            "TAB" | "\\t" => '\t',
            other => other.chars().next().unwrap_or('\t'),
        };
        let column = |name: &str, default: &str| {
            option(name, default).parse::<usize>().map_err(|error| error.to_string())
        };
        let (col, key_col) = (column("col", "1")?, column("keycol", "0")?);
        let Some(path) = query.find("files", &file) else {
            return Err(format!("csvfile: Could not find file {file}").into());
        };
        let text = std::fs::read_to_string(&path).map_err(|error| format!("csvfile: {error}"))?;
        let row = rows(&text, delimiter).into_iter().find(|row| row.get(key_col) == Some(&key));
        match row {
            Some(row) => match row.get(col) {
                Some(cell) => found.push(Value::str(&**cell)),
                None => return Err("csvfile: list index out of range".into()),
            },
            None => found.extend(
                query.option("default").filter(|value| !matches!(value, Value::None)).cloned(),
            ),
        }
    }
    Ok(found)
}

/// Returns the rows; a quoted cell may hold delimiters, newlines and doubled quotes.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\r' if !quoted => (),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c if c == delimiter && !quoted => row.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}
