//! Errors of tasks as the reference prints them: the chain of reasons, each with its place and the lines around it.

use super::Cause;
use crate::diagnostic::{NOT_SHOWN, Span};

/// Lines shown before the one that is meant.
const CONTEXT: usize = 2;
/// Lines are cut to this, with their numbers.
const WIDTH: usize = 120;
const DOTS: &str = "...";

/// Returns the text of `[ERROR]: ...`: the reasons on one line, then each with its place.
pub fn error_text(causes: &[Cause]) -> String {
    let mut text = joined(causes);
    // Reasons that speak of one place are one.
    let parts: Vec<&[Cause]> = causes.chunk_by(same_place).collect();
    if let [only] = parts[..] {
        if let Some(origin) = only.last().and_then(origin) {
            text.push('\n');
            text.push_str(&origin);
        } else if let Some(help) = only.last().and_then(|cause| cause.help) {
            text.push_str(&format!(" {help}"));
        }
        return text;
    }
    for (at, part) in parts.iter().enumerate() {
        text.push_str(if at > 0 { "\n<<< caused by >>>\n\n" } else { "\n\n" });
        let message = joined(part);
        text.push_str(&message);
        if at + 1 < parts.len() && !message.ends_with(['.', '?', '!']) {
            text.push('.');
        }
        text.push('\n');
        if let Some(origin) = part.last().and_then(origin) {
            text.push_str(&origin);
        } else if let Some(help) = part.last().and_then(|cause| cause.help) {
            // Without a place the help stands behind the reason.
            text.pop();
            text.push_str(&format!(" {help}\n"));
        }
        if let Some(cause) = part.last().filter(|cause| !cause.below.is_empty()) {
            text.push_str(&events(&cause.below));
        }
    }
    text
}

/// Several things that happened, each in a frame.
fn events(below: &[String]) -> String {
    let mut text = String::from("\n");
    for (at, message) in (1..).zip(below) {
        text.push_str(&format!("+--[ Sub-Event {at} of {} ]---\n| \n", below.len()));
        for line in message.lines() {
            text.push_str(&format!("| {line}\n"));
        }
        text.push_str("| \n");
    }
    text.push_str("+--[ End Sub-Event ]---\n");
    text
}

fn joined(causes: &[Cause]) -> String {
    let messages: Vec<&str> = causes.iter().map(|cause| cause.message.as_str()).collect();
    messages.join(": ")
}

fn same_place(one: &Cause, other: &Cause) -> bool {
    if other.apart {
        return false;
    }
    match (&one.span, &other.span) {
        (Some(a), Some(b)) => {
            (&a.source.path, a.line, a.column) == (&b.source.path, b.line, b.column)
                && one.origin == other.origin
        }
        _ => false,
    }
}

fn origin(cause: &Cause) -> Option<String> {
    let mut text = place_of(cause)?;
    if let Some(help) = cause.help {
        text.push_str(&format!("\n{help}\n"));
    }
    Some(text)
}

fn place_of(cause: &Cause) -> Option<String> {
    match (&cause.span, &cause.origin) {
        (_, Some(origin)) => Some(format!("Origin: {origin}\n")),
        // What stands on the command line has no lines and columns.
        (Some(span), None) if span.source.path.starts_with('<') => {
            let text = shortened(&span.source.text);
            Some(format!("Origin: {}\n\n{text}\n", span.source.path))
        }
        (Some(span), None) if span.is_file() => {
            let path = std::path::absolute(&*span.source.path).unwrap_or_default();
            Some(format!("Origin: {}\n", path.display()))
        }
        (Some(span), None) if span.source.is_secret => {
            Some(format!("Origin: {}\n\n({NOT_SHOWN})\n", span.origin()))
        }
        (Some(span), None) => Some(format!("Origin: {}\n\n{}", span.origin(), excerpt(span))),
        (None, None) => None,
    }
}

/// As Python's `textwrap.shorten` does: whole words, with a sign that there were more.
pub fn shortened(text: &str) -> String {
    const MORE: &str = " [...]";
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = words.join(" ");
    if whole.chars().count() <= WIDTH {
        return whole;
    }
    let mut kept = String::new();
    for word in words {
        let gap = usize::from(!kept.is_empty());
        if kept.chars().count() + gap + word.chars().count() + MORE.len() > WIDTH {
            break;
        }
        kept.push_str(&" "[..gap]);
        kept.push_str(word);
    }
    (kept + MORE).trim_start().to_owned()
}

/// The line that is meant, two before it, and a caret.
fn excerpt(span: &Span) -> String {
    let line = span.line as usize;
    let lines: Vec<&str> = span
        .source
        .text
        .lines()
        .skip(line.saturating_sub(CONTEXT))
        .take(line.min(CONTEXT) + 1)
        .collect();
    let first = line.saturating_sub(CONTEXT) + 1;
    let width = (line + 1).to_string().len();
    let mut text = String::new();
    for (at, content) in lines.iter().enumerate() {
        let numbered = format!("{:>width$} {content}", first + at);
        // An empty line is its number alone.
        let numbered = if content.is_empty() { numbered.trim_end() } else { &*numbered };
        if numbered.chars().count() > WIDTH {
            text.extend(numbered.chars().take(WIDTH - DOTS.len()));
            text.push_str(DOTS);
        } else {
            text.push_str(numbered);
        }
        text.push('\n');
    }
    let column = span.column as usize;
    text.push_str(&format!("{}^ column {}", " ".repeat(width + 1 + column), column + 1));
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn a_chain_names_every_place() {
        let source = Source::new(
            "/p/site.yml",
            "- hosts: all\n  tasks:\n    - debug:\n        msg: '{{ x }}'\n",
        );
        let cause = |message: &str, line, column| Cause {
            message: message.to_owned(),
            span: Some(Span::new(&source, (line, column), (line, column))),
            ..Cause::default()
        };
        insta::assert_snapshot!(error_text(&[cause("Task failed", 2, 6), cause("'x' is undefined", 3, 13)]), @r"
        Task failed: 'x' is undefined

        Task failed.
        Origin: /p/site.yml:3:7

        1 - hosts: all
        2   tasks:
        3     - debug:
                ^ column 7

        <<< caused by >>>

        'x' is undefined
        Origin: /p/site.yml:4:14

        2   tasks:
        3     - debug:
        4         msg: '{{ x }}'
                       ^ column 14
        ");
    }
}
