//! Which keywords must be truths and numbers, and what a value of them is that is none.

use super::Keyword;
use crate::value::Value;

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
        (!fits).then(|| format!("The value {} could not be converted to '{kind}'.", value.to_repr()))
    }
}

fn is_truth(text: &str) -> bool {
    matches!(
        text.trim().to_lowercase().as_str(),
        "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" | "n" | "no" | "off" | "0" | "false" | "f" | "0.0"
    )
}
