//! From a template's text to tokens, by Jinja's rules: delimiters, whitespace control, raw blocks, line statements.

use super::{
    env::FileOptions,
    methods::is_space,
    tree::{Kind, Place},
};
use crate::value::Value;

/// What a template's text is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    Data(&'t str),
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name(&'t str),
    /// A literal without its quotes, with its escapes.
    Text(&'t str),
    Integer(&'t str),
    Float(&'t str),
    Operator(&'static str),
    End,
    /// What could not be read: an error once the parser comes here.
    Wrong(String),
}

impl Token<'_> {
    /// Returns the token in Jinja's words.
    pub(super) fn described(&self) -> &str {
        match self {
            Token::Data(_) => "template data / text",
            Token::VariableBegin => "begin of print statement",
            Token::VariableEnd => "end of print statement",
            Token::BlockBegin => "begin of statement block",
            Token::BlockEnd => "end of statement block",
            Token::Name(name) => name,
            Token::Text(_) => "string",
            Token::Integer(_) => "integer",
            Token::Float(_) => "float",
            Token::Operator(operator) => operator,
            Token::End => "end of template",
            Token::Wrong(message) => message,
        }
    }
}

/// Operators, the longest first.
const OPERATORS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

/// What begins where the plain text ends.
#[derive(Clone, Copy, PartialEq)]
enum Begin {
    Variable,
    Block,
    Comment,
    LineStatement,
    LineComment,
}

/// How a tag ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Variable,
    Block,
    Line,
    Text,
}

struct Lexer<'t, 'o> {
    text: &'t str,
    at: usize,
    options: &'o FileOptions,
    /// Delimiters in the order in which they are tried: the longest first.
    begins: Vec<(Begin, &'o str)>,
    tokens: Vec<(Token<'t>, Place)>,
    /// Whether what was read last ended with a newline.
    line_starts: bool,
}

/// Returns the tokens of a template, or of a bare expression.
pub(super) fn tokens<'t>(
    text: &'t str,
    options: &FileOptions,
    kind: Kind,
) -> Vec<(Token<'t>, Place)> {
    let mut begins = vec![
        (Begin::Variable, options.variable_start.as_str()),
        (Begin::Comment, &options.comment_start),
    ];
    if let Some(prefix) = &options.line_statement_prefix {
        begins.push((Begin::LineStatement, prefix));
    }
    if let Some(prefix) = &options.line_comment_prefix {
        begins.push((Begin::LineComment, prefix));
    }
    begins.push((Begin::Block, &options.block_start));
    begins.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    let mut lexer = Lexer { text, at: 0, options, begins, tokens: Vec::new(), line_starts: true };
    let read = match kind {
        Kind::Expression => lexer.tag(End::Text),
        _ => lexer.template(),
    };
    let (token, at) = match read {
        Ok(()) => (Token::End, text.len()),
        Err(message) => (Token::Wrong(message), lexer.at),
    };
    let mut tokens = lexer.tokens;
    tokens.push((token, place(at, text.len().min(at + 1))));
    tokens
}

fn place(start: usize, end: usize) -> Place {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Place { start: narrow(start), end: narrow(end) }
}

impl<'t> Lexer<'t, '_> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn push(&mut self, token: Token<'t>, end: usize) {
        self.tokens.push((token, place(self.at, end)));
        self.move_to(end);
    }

    fn move_to(&mut self, end: usize) {
        if end > self.at {
            self.line_starts = self.text[..end].ends_with('\n');
        }
        self.at = end;
    }

    fn template(&mut self) -> Result<(), String> {
        loop {
            let Some((at, begin, length)) = self.next_begin() else {
                let end = self.text.len();
                if end > self.at {
                    self.push(Token::Data(self.rest()), end);
                }
                return Ok(());
            };
            let data = &self.text[self.at..at];
            let mut after = at + length;
            let sign = self.text[after..].chars().next().filter(|sign| matches!(sign, '-' | '+'));
            after += usize::from(sign.is_some());
            let raw = if begin == Begin::Block { self.raw_begin(after) } else { None };
            let data = self.before_tag(data, sign, begin == Begin::Variable);
            if !data.is_empty() {
                self.tokens.push((Token::Data(data), place(self.at, self.at + data.len())));
            }
            self.move_to(at);
            if let Some(body) = raw {
                self.move_to(body);
                self.raw()?;
                continue;
            }
            match begin {
                Begin::Variable => {
                    self.push(Token::VariableBegin, after);
                    self.tag(End::Variable)?;
                }
                Begin::Block => {
                    self.push(Token::BlockBegin, after);
                    self.tag(End::Block)?;
                }
                Begin::LineStatement => {
                    self.push(Token::BlockBegin, after);
                    self.tag(End::Line)?;
                }
                Begin::Comment => {
                    self.move_to(after);
                    let end = self.options.comment_end.as_str();
                    let Some(found) = self.rest().find(end) else {
                        return Err("Missing end of comment tag".to_owned());
                    };
                    let end = self.tag_end(after + found, end, self.options.trim_blocks);
                    self.move_to(end);
                }
                Begin::LineComment => {
                    let line = self.text[after..].find('\n');
                    self.move_to(line.map_or(self.text.len(), |at| after + at));
                }
            }
        }
    }

    /// Finds the next tag: where it stands, what it is, and how long its opening is.
    fn next_begin(&self) -> Option<(usize, Begin, usize)> {
        let bytes = self.text.as_bytes();
        let by_line = self
            .begins
            .iter()
            .any(|(begin, _)| matches!(begin, Begin::LineStatement | Begin::LineComment));
        let first_of = |text: &str| text.as_bytes().first().copied();
        let common = self.begins.first().and_then(|(_, text)| first_of(text));
        let common = common
            .filter(|common| self.begins.iter().all(|(_, text)| first_of(text) == Some(*common)));
        let mut at = self.at;
        loop {
            if by_line {
                // Each place may begin one.
            } else if let Some(common) = common {
                at += bytes.get(at..)?.iter().position(|byte| *byte == common)?;
            } else {
                let first =
                    |byte: &u8| self.begins.iter().any(|(_, text)| first_of(text) == Some(*byte));
                at += bytes.get(at..)?.iter().position(first)?;
            }
            if at > bytes.len() {
                return None;
            }
            if self.text.is_char_boundary(at) {
                for (begin, text) in &self.begins {
                    if let Some(length) = self.begins_here(at, *begin, text) {
                        return Some((at, *begin, length));
                    }
                }
            }
            at += 1;
        }
    }

    fn begins_here(&self, at: usize, begin: Begin, text: &str) -> Option<usize> {
        let rest = &self.text[at..];
        match begin {
            Begin::LineStatement | Begin::LineComment => {
                let before = self.text[..at].chars().next_back();
                let line_starts = before.is_none_or(|c| c == '\n');
                let inside = begin == Begin::LineComment && before.is_some_and(|c| !is_space(c));
                if !line_starts && !inside {
                    return None;
                }
                let body = rest.trim_start_matches([' ', '\t', '\u{b}']);
                body.starts_with(text).then(|| rest.len() - body.len() + text.len())
            }
            _ => rest.starts_with(text).then_some(text.len()),
        }
    }

    /// Returns the text before a tag without the whitespace that the tag takes away.
    fn before_tag(&self, data: &'t str, sign: Option<char>, is_variable: bool) -> &'t str {
        match sign {
            Some('-') => data.trim_end_matches(is_space),
            None if self.options.lstrip_blocks && !is_variable => {
                let line = data.rfind('\n').map_or(0, |at| at + 1);
                let blank = data[line..].chars().all(is_space);
                if blank && (line > 0 || self.line_starts) { &data[..line] } else { data }
            }
            _ => data,
        }
    }

    /// Returns where the text of a raw block begins, when this is one.
    fn raw_begin(&self, after: usize) -> Option<usize> {
        let rest = self.text[after..].trim_start_matches(is_space).strip_prefix("raw")?;
        let rest = rest.trim_start_matches(is_space);
        let (rest, strips) = match rest.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let rest = rest.strip_prefix(self.options.block_end.as_str())?;
        let rest = if strips { rest.trim_start_matches(is_space) } else { rest };
        Some(self.text.len() - rest.len())
    }

    fn raw(&mut self) -> Result<(), String> {
        let start = self.options.block_start.as_str();
        for (found, _) in self.rest().match_indices(start) {
            let tag = self.at + found;
            let mut after = tag + start.len();
            let sign = self.text[after..].chars().next().filter(|sign| matches!(sign, '-' | '+'));
            after += usize::from(sign.is_some());
            let rest = self.text[after..].trim_start_matches(is_space);
            let Some(rest) = rest.strip_prefix("endraw") else { continue };
            let rest = rest.trim_start_matches(is_space);
            let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
            if !rest.starts_with(&self.options.block_end) {
                continue;
            }
            let end = self.text.len() - rest.len();
            let data = self.before_tag(&self.text[self.at..tag], sign, false);
            if !data.is_empty() {
                self.tokens.push((Token::Data(data), place(self.at, self.at + data.len())));
            }
            let end = self.tag_end(end, &self.options.block_end, self.options.trim_blocks);
            self.move_to(end);
            return Ok(());
        }
        // Jinja does not look any further at the end of the text.
        if self.rest().is_empty() {
            return Ok(());
        }
        Err("Missing end of raw directive".to_owned())
    }

    /// Returns where the text goes on after a closing delimiter, which may take whitespace with it.
    fn tag_end(&self, at: usize, delimiter: &str, trims: bool) -> usize {
        let rest = &self.text[at + delimiter.len()..];
        let rest = match self.text[..at].chars().next_back() {
            Some('-') if at > self.at => rest.trim_start_matches(is_space),
            Some('+') if at > self.at => rest,
            _ if trims => rest.strip_prefix('\n').unwrap_or(rest),
            _ => rest,
        };
        self.text.len() - rest.len()
    }

    /// Reads what stands in a tag, and its end.
    fn tag(&mut self, end: End) -> Result<(), String> {
        let mut open: Vec<&'static str> = Vec::new();
        loop {
            if open.is_empty()
                && let Some(after) = self.ends_here(end)
            {
                let token = if end == End::Variable { Token::VariableEnd } else { Token::BlockEnd };
                if end != End::Text {
                    self.push(token, after);
                }
                return Ok(());
            }
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                return Ok(());
            };
            if is_space(first) {
                let length = rest.len() - rest.trim_start_matches(is_space).len();
                self.move_to(self.at + length);
                continue;
            }
            if first.is_ascii_digit() {
                let after_dot = self.text[..self.at].ends_with('.');
                if let Some(length) = float_length(rest).filter(|_| !after_dot) {
                    self.push(Token::Float(&rest[..length]), self.at + length);
                } else {
                    let length = integer_length(rest);
                    self.push(Token::Integer(&rest[..length]), self.at + length);
                }
                continue;
            }
            if first.is_alphanumeric() || first == '_' {
                let in_name = |c: char| c.is_alphanumeric() || c == '_';
                let length = rest.find(|c| !in_name(c)).unwrap_or(rest.len());
                self.push(Token::Name(&rest[..length]), self.at + length);
                continue;
            }
            if matches!(first, '\'' | '"')
                && let Some(length) = literal_length(rest, first)
            {
                self.push(Token::Text(&rest[1..length - 1]), self.at + length);
                continue;
            }
            let byte = rest.as_bytes()[0];
            let fits = |text: &&&str| text.as_bytes()[0] == byte && rest.starts_with(**text);
            match OPERATORS.iter().find(fits).copied() {
                None => {
                    let at = self.text[..self.at].chars().count();
                    let found = Value::str(first.to_string()).to_repr();
                    return Err(format!("unexpected char {found} at {at}"));
                }
                Some(operator) => {
                    match operator {
                        "(" => open.push(")"),
                        "[" => open.push("]"),
                        "{" => open.push("}"),
                        ")" | "]" | "}" => match open.pop() {
                            None => return Err(format!("unexpected '{operator}'")),
                            Some(expected) if expected != operator => {
                                return Err(format!(
                                    "unexpected '{operator}', expected '{expected}'"
                                ));
                            }
                            Some(_) => (),
                        },
                        _ => (),
                    }
                    self.push(Token::Operator(operator), self.at + operator.len());
                }
            }
        }
    }

    /// Returns where the text goes on, when the tag ends here.
    fn ends_here(&self, end: End) -> Option<usize> {
        let rest = self.rest();
        let (delimiter, trims, signs): (&str, bool, &[char]) = match end {
            End::Variable => (&self.options.variable_end, false, &['-']),
            End::Block => (&self.options.block_end, self.options.trim_blocks, &['-', '+']),
            End::Line => {
                let blank = rest.len() - rest.trim_start_matches(is_space).len();
                if blank == rest.len() {
                    return Some(self.text.len());
                }
                return rest[..blank].rfind('\n').map(|at| self.at + at + 1);
            }
            End::Text => return rest.is_empty().then_some(self.at),
        };
        let signed = rest.strip_prefix(signs).unwrap_or(rest);
        if signed.len() < rest.len() && signed.starts_with(delimiter) {
            let after = &signed[delimiter.len()..];
            let after = match rest.as_bytes()[0] {
                b'-' => after.trim_start_matches(is_space),
                _ => after,
            };
            return Some(self.text.len() - after.len());
        }
        let after = rest.strip_prefix(delimiter)?;
        let after = if trims { after.strip_prefix('\n').unwrap_or(after) } else { after };
        Some(self.text.len() - after.len())
    }
}

/// Returns how long a run of digits is, which single underscores may part.
fn digits(text: &str, is_digit: impl Fn(u8) -> bool) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while length < bytes.len() {
        let next = bytes.get(length + 1).copied().unwrap_or_default();
        match bytes[length] {
            b'_' if length > 0 && is_digit(next) => length += 2,
            byte if is_digit(byte) => length += 1,
            _ => break,
        }
    }
    length
}

fn float_length(text: &str) -> Option<usize> {
    let decimal = |byte: u8| byte.is_ascii_digit();
    let whole = digits(text, decimal);
    let mut length = whole;
    if let Some(fraction) = text[length..].strip_prefix('.') {
        match digits(fraction, decimal) {
            0 => (),
            count => length += 1 + count,
        }
    }
    if let Some(exponent) = text[length..].strip_prefix(['e', 'E']) {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let count = digits(unsigned, decimal);
        if count > 0 {
            length += 1 + (exponent.len() - unsigned.len()) + count;
        }
    }
    (length > whole).then_some(length)
}

fn integer_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes[0] != b'0' {
        return digits(text, |byte| byte.is_ascii_digit());
    }
    let is_digit: fn(u8) -> bool = match bytes.get(1).map(u8::to_ascii_lowercase) {
        Some(b'x') => |byte| byte.is_ascii_hexdigit(),
        Some(b'o') => |byte| (b'0'..=b'7').contains(&byte),
        Some(b'b') => |byte| matches!(byte, b'0' | b'1'),
        _ => return digits(text, |byte| byte == b'0'),
    };
    let rest = &text[2..];
    let start = usize::from(rest.starts_with('_'));
    match digits(&rest[start..], is_digit) {
        0 => 1,
        count => 2 + start + count,
    }
}

fn literal_length(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next()?;
        } else if letter == quote {
            return Some(at + 1);
        }
    }
    None
}
