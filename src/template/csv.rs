//! CSV as Python's `csv.reader` reads it.

/// How rows and cells are told apart.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    pub(crate) delimiter: char,
    pub(crate) skip_initial_space: bool,
    /// Whether bad quoting is an error.
    pub(crate) strict: bool,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect { delimiter: ',', skip_initial_space: false, strict: false }
    }
}

enum State {
    /// Before the first letter of a cell.
    Start,
    Plain,
    Quoted,
    /// After a quote within quotes: the end, or half of a doubled one.
    QuoteInQuoted,
}

/// Returns the rows; empty lines are rows without cells.
pub(crate) fn rows(text: &str, dialect: Dialect) -> Result<Vec<Vec<String>>, String> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut state = State::Start;
    let mut letters = text.chars().peekable();
    // Whether anything of the current row was seen.
    let mut begun = false;
    while let Some(letter) = letters.next() {
        let ends_line = matches!(letter, '\n' | '\r');
        match state {
            State::Quoted if letter == '"' => {
                state = State::QuoteInQuoted;
                continue;
            }
            State::Quoted => {
                cell.push(letter);
                continue;
            }
            State::QuoteInQuoted if letter == '"' => {
                cell.push('"');
                state = State::Quoted;
                continue;
            }
            State::QuoteInQuoted if letter != dialect.delimiter && !ends_line => {
                if dialect.strict {
                    return Err(format!("'{}' expected after '\"'", dialect.delimiter));
                }
                cell.push(letter);
                state = State::Plain;
                continue;
            }
            State::Start if letter == '"' => {
                (state, begun) = (State::Quoted, true);
                continue;
            }
            State::Start if letter == ' ' && dialect.skip_initial_space => {
                begun = true;
                continue;
            }
            _ => (),
        }
        if ends_line {
            if letter == '\r' && letters.peek() == Some(&'\n') {
                letters.next();
            }
            if begun {
                row.push(std::mem::take(&mut cell));
            }
            rows.push(std::mem::take(&mut row));
            (state, begun) = (State::Start, false);
        } else if letter == dialect.delimiter {
            row.push(std::mem::take(&mut cell));
            (state, begun) = (State::Start, true);
        } else {
            cell.push(letter);
            (state, begun) = (State::Plain, true);
        }
    }
    if matches!(state, State::Quoted) && dialect.strict {
        return Err("unexpected end of data".to_owned());
    }
    if begun {
        row.push(cell);
        rows.push(row);
    }
    Ok(rows)
}
