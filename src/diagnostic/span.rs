//! A range of characters in one file.

use std::{fmt, ops::Range, sync::Arc};

/// A text that was read, and what its user calls it.
#[derive(Debug)]
pub struct Source {
    /// Path as it is shown: the way the user named it.
    pub path: Box<str>,
    pub text: Box<str>,
    /// Whether it came out of a vault: then nobody is shown it.
    pub is_secret: bool,
}

impl Source {
    pub fn new(path: impl Into<Box<str>>, text: impl Into<Box<str>>) -> Arc<Source> {
        Arc::new(Source { path: path.into(), text: text.into(), is_secret: false })
    }

    /// Returns the text of a file, which is a secret where it came out of a vault.
    pub fn opened(
        path: impl Into<Box<str>>,
        text: impl Into<Box<str>>,
        is_secret: bool,
    ) -> Arc<Source> {
        Arc::new(Source { path: path.into(), text: text.into(), is_secret })
    }
}

/// A range of characters in a source; lines and columns count from 0.
#[derive(Clone)]
pub struct Span {
    pub source: Arc<Source>,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// Said instead of a text that is a secret.
pub const NOT_SHOWN: &str = "source not shown: content encrypted";

impl Span {
    /// Returns the place as results name it: with the absolute path of its file.
    pub fn origin(&self) -> String {
        format!("{}:{}", self.origin_line(), self.column + 1)
    }

    /// Returns the absolute path of its file, and the line.
    pub fn origin_line(&self) -> String {
        let path = std::path::absolute(&*self.source.path).unwrap_or_default();
        format!("{}:{}", path.display(), self.line + 1)
    }

    /// Returns the range from one (line, column) to before another.
    pub fn new(source: &Arc<Source>, start: (u32, u32), end: (u32, u32)) -> Span {
        Span {
            source: Arc::clone(source),
            line: start.0,
            column: start.1,
            end_line: end.0,
            end_column: end.1,
        }
    }

    /// Returns the range from the quote on that stands before it, where there is one.
    #[must_use]
    pub fn with_quote(mut self) -> Span {
        let before = self.source.text[..self.byte_range().start].chars().next_back();
        if matches!(before, Some('"' | '\'')) {
            self.column -= 1;
        }
        self
    }

    /// Returns whether both begin at one place.
    pub fn begins_at(&self, other: &Span) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
            && (self.line, self.column) == (other.line, other.column)
    }

    /// Returns the whole of a file that is a template: its place is the file, not a line.
    pub fn file(source: &Arc<Source>) -> Span {
        Span::new(source, (0, 0), (u32::MAX, 0))
    }

    pub fn is_file(&self) -> bool {
        self.end_line == u32::MAX
    }

    /// Returns the range as bytes of the text; what lies outside is the nearest place inside.
    pub fn byte_range(&self) -> Range<usize> {
        let text = &self.source.text;
        let start = offset(text, self.line, self.column);
        let end = offset(text, self.end_line, self.end_column).max(start);
        // A block scalar's range ends at the start of the next line: the caret stays on its own lines.
        let end = start + text[start..end].trim_end().len();
        start..end
    }

    /// Returns the text of the range.
    pub fn text(&self) -> &str {
        &self.source.text[self.byte_range()]
    }

    /// Returns where a text stands at or after the beginning of this range.
    pub fn find(&self, text: &str) -> Option<Span> {
        let from = self.byte_range().start;
        let at = from + self.source.text[from..].find(text)?;
        let place = |at: usize| {
            let before = &self.source.text[..at];
            let line = before.matches('\n').count();
            let column = before[before.rfind('\n').map_or(0, |end| end + 1)..].chars().count();
            Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
        };
        Some(Span::new(&self.source, place(at)?, place(at + text.len())?))
    }

    /// Returns the first place of the range as an empty range.
    #[must_use]
    pub fn start(&self) -> Span {
        Span { end_line: self.line, end_column: self.column, ..self.clone() }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.path, self.line + 1, self.column + 1)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn offset(text: &str, line: u32, column: u32) -> usize {
    let mut start = 0;
    for _ in 0..line {
        match text[start..].find('\n') {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let rest = &text[start..];
    let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let column = column as usize;
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}
