//! What is wrong with YAML, in `PyYAML`'s own words: for texts that templates read, where the reference guesses nothing.

use std::sync::Arc;

use libyaml_safer::{Encoding, ErrorKind, Event, EventData, Parser};

use super::{
    compose::{place, with_last_break},
    guard::guarded,
};
use crate::diagnostic::{Diagnostic, Source};

/// Returns what is wrong with a text that is no file, in `PyYAML`'s own words; the text has been refused with `refusal`.
pub fn words_of(refusal: &Diagnostic, source: &Arc<Source>) -> String {
    let at = |(line, column): (u32, u32)| {
        format!("  in \"{}\", line {}, column {}", source.path, line + 1, column + 1)
    };
    let text = with_last_break(&source.text);
    let mut input = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    parser.set_encoding(Encoding::Utf8);
    let error = loop {
        match guarded(|| parser.parse()) {
            Some(Ok(Event { data: EventData::StreamEnd, .. })) | None => break None,
            Some(Ok(_)) => (),
            Some(Err(error)) => break Some(error),
        }
    };
    let Some(error) = error else {
        if let (true, Some(span)) = (refusal.message.ends_with("a template block."), &refusal.span)
        {
            // A mapping in braces right behind a brace is a key, and none that can be one.
            return format!(
                "while constructing a mapping\n{}\nfound unhashable key\n{}",
                at((span.line, span.column)),
                at((span.line, span.column + 1))
            );
        }
        let words = refusal.message.replace('`', "'");
        let words = match words.strip_prefix("YAML parsing failed: ") {
            Some(rest) => rest[..1].to_lowercase() + rest[1..].trim_end_matches('.'),
            None => words,
        };
        let place = refusal.span.as_ref().map(|span| at((span.line, span.column)));
        return std::iter::once(words).chain(place).collect::<Vec<_>>().join("\n");
    };
    if error.kind() == ErrorKind::Reader {
        let refused =
            |c: &char| !matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..);
        let found = text.chars().enumerate().find(|(_, c)| refused(c));
        let (at, letter) = found.unwrap_or_default();
        return format!(
            "unacceptable character #x{:04x}: {}\n  in \"{}\", position {at}",
            u32::from(letter),
            error.problem(),
            source.path
        );
    }
    let problem_at = place(error.problem_mark().unwrap_or_default());
    let mut lines = Vec::new();
    if let Some(context) = error.context().filter(|context| !context.is_empty()) {
        lines.push(context.to_owned());
        let context_at = error.context_mark().map(place);
        lines.extend(context_at.filter(|place| *place != problem_at).map(at));
    }
    lines.push(error.problem().to_owned());
    lines.push(at(problem_at));
    lines.join("\n")
}
