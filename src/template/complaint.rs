//! What is wrong with a template's syntax, in Jinja's words for what minijinja found.

use minijinja::{
    machinery::{Token, tokenize},
    syntax::SyntaxConfig,
};

use super::tree::Place;
use crate::value::Value;

/// Says as Jinja does what minijinja says about a text; what has no counterpart stays.
pub(super) fn in_jinja_words(detail: &str, text: &str, place: Place) -> String {
    if let Some(brackets) = unbalanced(text) {
        return brackets;
    }
    if let Some(name) = detail.strip_prefix("unknown statement ") {
        return format!("Encountered unknown tag '{name}'.");
    }
    let Some(rest) = detail.strip_prefix("unexpected ") else { return detail.to_owned() };
    let found = text.get(place.start as usize..place.end as usize).unwrap_or_default();
    if rest == "end of string" {
        let at = last_token(text);
        let at = at + text[at..].find(['\'', '"']).unwrap_or(0);
        let letter = text.get(at..=at).unwrap_or("'");
        let at = text[..at].chars().count();
        return format!("unexpected char {} at {at}", Value::str(letter).to_repr());
    }
    let token = |name: &str| match name {
        "end of variable block" => "'end of print statement'".to_owned(),
        "end of block" => "'end of statement block'".to_owned(),
        "end of input" => "end of template".to_owned(),
        "identifier" if !found.is_empty() => format!("'{found}'"),
        name => format!("'{}'", name.trim_matches('`')),
    };
    let (got, expected) = match rest.split_once(", expected ") {
        Some((got, expected)) => (got, Some(expected)),
        None => (rest, None),
    };
    if got == "end of input" {
        return match (expected, open_block(text)) {
            (Some("end of block"), Some((name, tags))) => format!(
                "Unexpected end of template. Jinja was looking for the following tags: {tags}. The innermost block that needs to be closed is '{name}'."
            ),
            (Some(expected), _) if expected.starts_with("end of") => {
                format!("unexpected end of template, expected {}.", token(expected))
            }
            _ => "unexpected 'end of template'".to_owned(),
        };
    }
    let before = text.get(..place.start as usize).unwrap_or_default().trim_end();
    let in_statement = before.rfind("{%") > before.rfind("{{");
    let opens = ["{{", "{{-", "{{+"].iter().any(|open| before.ends_with(open))
        || in_statement
            && before
                .rsplit(|c: char| !(c.is_alphanumeric() || c == '='))
                .next()
                .is_some_and(|word| matches!(word, "if" | "elif" | "for" | "set" | "in" | "="));
    if opens && got.starts_with("end of") {
        return format!("Expected an expression, got {}", token(got));
    }
    match expected {
        Some("identifier") => format!("expected token 'name', got {}", token(got)),
        Some("`}`" | "`]`" | "`)`" | "`,`") if got == "end of block" => {
            format!("unexpected {}", token(got))
        }
        Some(expected) => format!("expected token {}, got {}", token(expected), token(got)),
        None => format!("unexpected {}", token(got)),
    }
}

/// Returns where the last token ends that could be read.
fn last_token(text: &str) -> usize {
    let tokens = tokenize(text, false, SyntaxConfig::default());
    let last = tokens.map_while(std::result::Result::ok).last();
    last.map_or(0, |(_, span)| span.end_offset as usize)
}

/// Returns what Jinja's lexer says about a bracket that does not close what is open.
fn unbalanced(text: &str) -> Option<String> {
    let mut open = Vec::new();
    for token in tokenize(text, false, SyntaxConfig::default()) {
        let close = match token.ok()?.0 {
            Token::ParenOpen => {
                open.push(')');
                continue;
            }
            Token::BracketOpen => {
                open.push(']');
                continue;
            }
            Token::BraceOpen => {
                open.push('}');
                continue;
            }
            Token::ParenClose => ')',
            Token::BracketClose => ']',
            Token::BraceClose => '}',
            _ => continue,
        };
        match open.pop() {
            None => return Some(format!("unexpected '{close}'")),
            Some(expected) if expected != close => {
                return Some(format!("unexpected '{close}', expected '{expected}'"));
            }
            Some(_) => (),
        }
    }
    None
}

/// Returns the innermost block that is open at the end, and the tags that could follow in it.
fn open_block(text: &str) -> Option<(String, String)> {
    let mut open: Vec<(String, bool)> = Vec::new();
    let mut starts = false;
    for token in tokenize(text, false, SyntaxConfig::default()) {
        match token.ok()?.0 {
            Token::BlockStart => starts = true,
            Token::Ident(name) if starts => {
                starts = false;
                match name {
                    "if" | "for" | "macro" | "call" | "filter" | "block" | "with" | "set"
                    | "autoescape" => open.push((name.to_owned(), false)),
                    "else" => open.last_mut()?.1 = true,
                    end if end.starts_with("end") => drop(open.pop()),
                    _ => (),
                }
            }
            // A `set` with a value has no end.
            Token::Assign if open.last().is_some_and(|(name, _)| name == "set") => {
                open.pop();
            }
            _ => starts = false,
        }
    }
    let (name, has_else) = open.pop()?;
    let tags = match (name.as_str(), has_else) {
        ("if", false) => "'elif' or 'else' or 'endif'".to_owned(),
        ("for", false) => "'endfor' or 'else'".to_owned(),
        (name, _) => format!("'end{name}'"),
    };
    Some((name, tags))
}
