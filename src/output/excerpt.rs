//! Errors of tasks as the reference prints them: the chain of reasons, each with its place and the lines around it.

use super::Cause;
use crate::diagnostic::Span;

/// Lines shown before the one that is meant.
const CONTEXT: usize = 2;
/// Lines longer than this are cut.
const WIDTH: usize = 120;

/// Returns the text of `[ERROR]: ...`: the reasons on one line, then each with its place.
pub fn error_text(causes: &[Cause]) -> String {
    let messages: Vec<&str> = causes.iter().map(|cause| cause.message.as_str()).collect();
    let mut text = messages.join(": ");
    match causes {
        [] => (),
        [only] => {
            if let Some(origin) = origin(only) {
                text.push('\n');
                text.push_str(&origin);
            }
        }
        many => {
            text.push('\n');
            for (at, cause) in many.iter().enumerate() {
                if at > 0 {
                    text.push_str("\n<<< caused by >>>\n");
                }
                text.push('\n');
                text.push_str(&cause.message);
                if at + 1 < many.len() && !cause.message.ends_with(['.', '?', '!']) {
                    text.push('.');
                }
                text.push('\n');
                if let Some(origin) = origin(cause) {
                    text.push_str(&origin);
                }
            }
        }
    }
    text
}

fn origin(cause: &Cause) -> Option<String> {
    match (&cause.span, &cause.origin) {
        (_, Some(origin)) => Some(format!("Origin: {origin}\n")),
        (Some(span), None) => Some(format!("Origin: {}\n\n{}", place(span), excerpt(span))),
        (None, None) => None,
    }
}

fn place(span: &Span) -> String {
    let path = std::path::absolute(&*span.source.path).unwrap_or_default();
    format!("{}:{}:{}", path.display(), span.line + 1, span.column + 1)
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
        let cut: String = content.chars().take(WIDTH).collect();
        let dots = if content.chars().count() > WIDTH { "..." } else { "" };
        text.push_str(format!("{:>width$} {cut}{dots}", first + at).trim_end());
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
            origin: None,
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
