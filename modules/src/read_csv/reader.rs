//! Rows of a text, as Python's reader finds them.

pub(super) struct Dialect {
    pub(super) delimiter: char,
    pub(super) skips_blanks: bool,
    pub(super) strict: bool,
}

/// Where in a value the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted value.
    Quote,
}

impl Dialect {
    /// Returns the rows; one that cannot be read is the last. A line without anything is an empty row.
    pub(super) fn rows(&self, text: &str) -> Vec<Result<Vec<String>, String>> {
        let (mut rows, mut row, mut value) = (Vec::new(), Vec::new(), String::new());
        let mut state = State::Start;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            state = match (state, c) {
                (State::Quoted, '"') => State::Quote,
                (State::Quote, '"') => {
                    value.push('"');
                    State::Quoted
                }
                (State::Quoted, c) => {
                    value.push(c);
                    State::Quoted
                }
                (state, '\r' | '\n') => {
                    if c == '\r' && chars.next_if_eq(&'\n').is_none() && chars.peek().is_some() {
                        let reason = "new-line character seen in unquoted field - do you need to open the file with newline=''?";
                        rows.push(Err(reason.to_owned()));
                        return rows;
                    }
                    if !row.is_empty() || state != State::Start {
                        row.push(std::mem::take(&mut value));
                    }
                    rows.push(Ok(std::mem::take(&mut row)));
                    State::Start
                }
                (_, c) if c == self.delimiter => {
                    row.push(std::mem::take(&mut value));
                    State::Start
                }
                (State::Start, '"') => State::Quoted,
                (State::Start, ' ') if self.skips_blanks => State::Start,
                (State::Quote, _) if self.strict => {
                    rows.push(Err(format!("'{}' expected after '\"'", self.delimiter)));
                    return rows;
                }
                (_, c) => {
                    value.push(c);
                    State::Plain
                }
            };
        }
        if state == State::Quoted && self.strict {
            rows.push(Err("unexpected end of data".to_owned()));
        } else if !row.is_empty() || state != State::Start {
            row.push(value);
            rows.push(Ok(row));
        }
        rows
    }
}
