//! `csvfile`: a column of the row of a CSV or TSV file that has a key.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "csvfile",
    aliases: &[],
    summary: "A column of a row of a CSV file",
    examples: &[
        ("{{ lookup('csvfile', 'x', file='/nothing.csv', errors='ignore') }}", "None"),
        ("{{ lookup('csvfile', 'root', file='/etc/passwd', delimiter=':', col=5) }}", "/root"),
    ],
    run,
};

/// What a term may say itself.
const OPTIONS: [&str; 6] = ["col", "default", "delimiter", "encoding", "file", "keycol"];

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    if query.terms.is_empty() {
        return Err("Search key is required but was not found".into());
    }
    for term in query.names() {
        let term = query.inline(&term, &OPTIONS)?;
        let file = term.text("file", "ansible.csv");
        let written = term.text("delimiter", "TAB");
        let mut letters = written.chars();
        let delimiter = match (written.as_str(), letters.next(), letters.next()) {
            ("TAB" | "\\t", ..) => '\t',
            (_, Some(one), None) => one,
            _ => return Err("\"delimiter\" must be a 1-character string".into()),
        };
        let column = |name: &str, default: &str| {
            let text = term.text(name, default);
            text.trim()
                .parse::<usize>()
                .map_err(|_| query.wrong_value(name, "int", &text.as_str().into()))
        };
        let (col, key_col) = (column("col", "1")?, column("keycol", "0")?);
        let Some(path) = query.find_or_warn("files", &file) else {
            return Err("expected str, bytes or os.PathLike object, not NoneType".into());
        };
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        let text = crate::template::decode(&bytes, &term.text("encoding", "utf-8"))?;
        let row =
            rows(&text, delimiter).into_iter().find(|row| row.get(key_col) == Some(&term.key));
        match row {
            Some(row) => match row.get(col) {
                Some(cell) => found.push(Value::str(&**cell)),
                None => return Err("list index out of range".into()),
            },
            None => match term.option("default") {
                None | Some(Value::None) => (),
                Some(Value::List(values)) => found.extend(values.iter().cloned()),
                Some(value) => found.push(value),
            },
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
