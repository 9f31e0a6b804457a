//! Reads keywords: which there may be, which must be truths and numbers, and what a value is that is none.

use super::{
    KEYWORDS, Keyword, Keywords, Levels,
    load::{Loader, is_structure},
};
use crate::{
    diagnostic::{Diagnostic, closest},
    value::Value,
    yaml::Node,
};

impl Keyword {
    /// Returns the kind of value that a keyword must have: `bool`, `int`, `float` or `percent`.
    pub fn kind(self) -> Option<&'static str> {
        Some(match self {
            Keyword::AnyErrorsFatal
            | Keyword::Become
            | Keyword::CheckMode
            | Keyword::Diff
            | Keyword::ForceHandlers
            | Keyword::GatherFacts
            | Keyword::IgnoreErrors
            | Keyword::IgnoreUnreachable
            | Keyword::NoLog
            | Keyword::RunOnce => "bool",
            Keyword::Async
            | Keyword::GatherTimeout
            | Keyword::Poll
            | Keyword::Port
            | Keyword::Retries
            | Keyword::Timeout => "int",
            Keyword::Delay => "float",
            Keyword::MaxFailPercentage => "percent",
            _ => return None,
        })
    }

    /// Returns why a value without templates is none of this keyword's.
    pub fn misfit(self, value: &Value) -> Option<String> {
        let kind = self.kind()?;
        let fits = match (kind, value) {
            (_, Value::None | Value::Omit | Value::Template(_) | Value::Bool(_)) => true,
            ("bool", Value::Int(number)) => matches!(number, 0 | 1),
            ("bool", Value::Float(number)) => matches!(*number, 0.0 | 1.0),
            ("bool", Value::Str(text)) => is_truth(text),
            (_, Value::Int(_)) => true,
            ("int", Value::Float(number)) => number.fract() == 0.0,
            (_, Value::Float(_)) => true,
            ("int", Value::Str(text)) => text.trim().parse::<i64>().is_ok(),
            ("float", Value::Str(text)) => text.trim().parse::<f64>().is_ok(),
            ("percent", Value::Str(text)) => {
                text.trim().trim_end_matches('%').parse::<f64>().is_ok()
            }
            _ => false,
        };
        (!fits)
            .then(|| format!("The value {} could not be converted to '{kind}'.", value.to_repr()))
    }
}

fn is_truth(text: &str) -> bool {
    matches!(
        text.trim().to_lowercase().as_str(),
        "y" | "yes"
            | "on"
            | "1"
            | "true"
            | "t"
            | "1.0"
            | "n"
            | "no"
            | "off"
            | "0"
            | "false"
            | "f"
            | "0.0"
    )
}

impl Loader<'_> {
    /// Reads the keywords of a play, block or task; a word that is none of them is the caller's.
    pub(super) fn keywords(&self, entries: &[(Node, Node)], level: Levels) -> Keywords {
        let mut keywords = Keywords::default();
        for (key, value) in entries {
            let name = key.as_str().unwrap_or_default();
            match Keyword::find(name, level) {
                Some(keyword) if is_structure(keyword) => (),
                Some(keyword) => {
                    let given = value.to_value();
                    // What only a play has is known before its first task.
                    let is_plays = level == Levels::PLAY
                        && !KEYWORDS[keyword as usize].levels.contains(Levels::TASK);
                    if let Some(message) = keyword.misfit(&given).filter(|_| is_plays) {
                        let message = format!("Error processing keyword '{name}': {message}");
                        self.error(Diagnostic::error(&value.span, message));
                    }
                    keywords.set(keyword, given, value.span.clone());
                }
                None if matches!(level, Levels::TASK | Levels::HANDLER | Levels::ROLE) => (),
                None => self.unknown_keyword(key, level),
            }
        }
        keywords
    }

    pub(super) fn unknown_keyword(&self, key: &Node, level: Levels) {
        let name = key.as_str().map_or_else(|| key.span.text().to_owned(), ToOwned::to_owned);
        let class = level.class_name();
        let error = Diagnostic::error(
            &key.span,
            format!("'{name}' is not a valid attribute for a {class}"),
        )
        .label("unknown keyword");
        self.error(match closest(&name, Keyword::names(level)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        });
    }
}
