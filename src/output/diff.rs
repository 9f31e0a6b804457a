//! Differences as `--diff` shows them: unified, as Python's difflib writes them.

use super::{
    Paint, Palette,
    dump::{Layout, dump_with, dump_yaml},
};
use crate::value::{Dict, Value, difflib};

/// How differences are shown.
#[derive(Clone, Copy)]
pub(super) struct How<'p> {
    /// Lines around what differs.
    pub(super) context: usize,
    pub(super) palette: Option<&'p Palette>,
    /// Columns of YAML, where results are shown as that.
    pub(super) yaml_indent: Option<usize>,
}

/// Returns the text of what a task's `diff` says; nothing where it shows no difference.
pub(super) fn diff_text(diff: &Value, how: How<'_>) -> String {
    let diffs: Vec<&Value> = match diff {
        Value::List(list) => list.iter().collect(),
        one => vec![one],
    };
    let diffs = diffs.into_iter().filter_map(Value::as_dict);
    diffs.map(|diff| one_diff(diff, how)).collect::<Option<String>>().unwrap_or_default()
}

/// Returns nothing where a side is neither text nor a dictionary: the reference fails at it, and shows none.
fn one_diff(diff: &Dict, how: How<'_>) -> Option<String> {
    let mut text = String::new();
    let size = |key: &str| diff.get(key).and_then(Value::as_int);
    if diff.contains_key("dst_binary") {
        text.push_str("diff skipped: destination file appears to be binary\n");
    }
    if diff.contains_key("src_binary") {
        text.push_str("diff skipped: source file appears to be binary\n");
    }
    if let Some(limit) = size("dst_larger") {
        text.push_str(&format!("diff skipped: destination file size is greater than {limit}\n"));
    }
    if let Some(limit) = size("src_larger") {
        text.push_str(&format!("diff skipped: source file size is greater than {limit}\n"));
    }
    if let (Some(before), Some(after)) = (diff.get("before"), diff.get("after")) {
        let header = |key: &str, word: &str| match diff.get(key) {
            Some(Value::Str(header)) if !header.is_empty() => format!("{word}: {header}"),
            _ => word.to_owned(),
        };
        let headers = (header("before_header", "before"), header("after_header", "after"));
        let (before, after) = (side(before, how.yaml_indent)?, side(after, how.yaml_indent)?);
        text.push_str(&unified(&before, &after, &headers, how));
    }
    if let Some(Value::Str(prepared)) = diff.get("prepared") {
        text.push_str(prepared);
    }
    Some(text)
}

/// What one side shows: structures as results are shown.
fn side(value: &Value, yaml_indent: Option<usize>) -> Option<String> {
    Some(match value {
        Value::None => String::new(),
        Value::Str(text) => text.to_string(),
        Value::Dict(dict) => {
            if let Some(indent) = yaml_indent {
                let text = dump_yaml(dict, indent, true);
                return Some(format!("{}\n\n", text.trim_start_matches('\n')));
            }
            let mut text =
                dump_with(dict, Layout { indent: Some(4), sort_keys: true, tight: false });
            text.push('\n');
            text
        }
        _ => return None,
    })
}

fn unified(before: &str, after: &str, headers: &(String, String), how: How<'_>) -> String {
    let How { context, palette, .. } = how;
    let paint = |paint: Paint, line: &str| {
        palette.map_or_else(|| line.to_owned(), |palette| palette.text(paint, line))
    };
    let mut text = String::new();
    for (sign, line) in difflib::unified(before, after, context) {
        if text.is_empty() {
            text.push_str(&paint(Paint::DiffRemove, &format!("--- {}\n", headers.0)));
            text.push_str(&paint(Paint::DiffAdd, &format!("+++ {}\n", headers.1)));
        }
        // Ends of lines are shown as those of the terminal.
        let bare = line.strip_suffix('\n').unwrap_or(&line);
        let bare = bare.strip_suffix('\r').unwrap_or(bare);
        let open = if line.ends_with('\n') { "" } else { "\\ No newline at end of file\n" };
        // The end of a line is in the colour, too, so that a colour without text follows it, as in the reference.
        text.push_str(&match sign {
            '@' => paint(Paint::DiffLines, &format!("{bare}\n{open}")),
            '-' => paint(Paint::DiffRemove, &format!("-{bare}\n{open}")),
            '+' => paint(Paint::DiffAdd, &format!("+{bare}\n{open}")),
            _ => format!(" {bare}\n{open}"),
        });
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOW: How<'_> = How { context: 3, palette: None, yaml_indent: None };

    #[test]
    fn texts_are_compared_line_by_line() {
        let diff = Value::dict([
            ("before", Value::str("a\nb\n")),
            ("after", Value::str("a\nc")),
            ("after_header", Value::str("/x")),
        ]);
        insta::assert_snapshot!(diff_text(&diff, HOW), @r"
        --- before
        +++ after: /x
        @@ -1,2 +1,2 @@
         a
        -b
        +c
        \ No newline at end of file

        ");
        let same = Value::dict([("before", Value::str("a")), ("after", Value::str("a"))]);
        assert_eq!(diff_text(&same, HOW), "");
    }

    #[test]
    fn structures_are_shown_as_results_are() {
        let side =
            |mode: &str| Value::dict([("path", Value::str("/x")), ("mode", Value::str(mode))]);
        let diff = Value::dict([("before", side("0600")), ("after", side("0644"))]);
        insta::assert_snapshot!(diff_text(&diff, How { yaml_indent: Some(4), ..HOW }), @r"
        --- before
        +++ after
        @@ -1,3 +1,3 @@
        -    mode: '0600'
        +    mode: '0644'
             path: /x
         

        ");
    }
}
