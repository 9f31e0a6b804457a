//! Values as Python's `pprint` lays them out: on one line where 80 columns suffice.

use crate::value::Value;

const WIDTH: usize = 80;

/// Returns a value laid out for reading.
pub(crate) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, 0, &mut out);
    out
}

/// Writes a value that starts in a column; `after` columns follow it on its last line.
fn write(value: &Value, column: usize, after: usize, out: &mut String) {
    let line = value.to_repr();
    if column + line.chars().count() + after <= WIDTH {
        out.push_str(&line);
        return;
    }
    let inner = column + 1;
    match value {
        Value::Dict(dict) if !dict.is_empty() => {
            out.push('{');
            for (index, (key, item)) in dict.iter().enumerate() {
                if index > 0 {
                    out.push_str(",\n");
                    out.push_str(&" ".repeat(inner));
                }
                let key = key.to_repr();
                out.push_str(&key);
                out.push_str(": ");
                let last = if index + 1 == dict.len() { after + 1 } else { 1 };
                write(item, inner + key.chars().count() + 2, last, out);
            }
            out.push('}');
        }
        Value::List(list) if !list.is_empty() => write_items(list, ["[", "]"], inner, after, out),
        Value::Tuple(list) if !list.is_empty() => {
            let close = if list.len() == 1 { ",)" } else { ")" };
            write_items(list, ["(", close], inner, after, out);
        }
        _ => out.push_str(&line),
    }
}

fn write_items(
    list: &[Value],
    [open, close]: [&str; 2],
    inner: usize,
    after: usize,
    out: &mut String,
) {
    out.push_str(open);
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            out.push_str(",\n");
            out.push_str(&" ".repeat(inner));
        }
        let last = if index + 1 == list.len() { after + 1 } else { 1 };
        write(item, inner, last, out);
    }
    out.push_str(close);
}
