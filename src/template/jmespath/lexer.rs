//! A JMESPath expression in tokens.

use crate::value::Value;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A token's kind, and what it carries.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Unquoted,
    Quoted(String),
    Literal(Value),
    Number(i64),
    Compare(Comparison),
    Dot,
    Star,
    Comma,
    Colon,
    Pipe,
    Or,
    And,
    Not,
    Current,
    Reference,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    LeftParen,
    RightParen,
    Flatten,
    Filter,
    End,
}

impl Kind {
    /// Returns the name that errors have for it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Kind::Unquoted => "unquoted_identifier",
            Kind::Quoted(_) => "quoted_identifier",
            Kind::Literal(_) => "literal",
            Kind::Number(_) => "number",
            Kind::Compare(Comparison::Equal) => "eq",
            Kind::Compare(Comparison::NotEqual) => "ne",
            Kind::Compare(Comparison::Less) => "lt",
            Kind::Compare(Comparison::LessOrEqual) => "lte",
            Kind::Compare(Comparison::Greater) => "gt",
            Kind::Compare(Comparison::GreaterOrEqual) => "gte",
            Kind::Dot => "dot",
            Kind::Star => "star",
            Kind::Comma => "comma",
            Kind::Colon => "colon",
            Kind::Pipe => "pipe",
            Kind::Or => "or",
            Kind::And => "and",
            Kind::Not => "not",
            Kind::Current => "current",
            Kind::Reference => "expref",
            Kind::LeftBracket => "lbracket",
            Kind::RightBracket => "rbracket",
            Kind::LeftBrace => "lbrace",
            Kind::RightBrace => "rbrace",
            Kind::LeftParen => "lparen",
            Kind::RightParen => "rparen",
            Kind::Flatten => "flatten",
            Kind::Filter => "filter",
            Kind::End => "eof",
        }
    }

    /// Returns how strongly it binds what stands to its left.
    pub(super) fn power(&self) -> u8 {
        match self {
            Kind::Pipe => 1,
            Kind::Or => 2,
            Kind::And => 3,
            Kind::Compare(_) => 5,
            Kind::Flatten => 9,
            Kind::Star => 20,
            Kind::Filter => 21,
            Kind::Dot => 40,
            Kind::Not => 45,
            Kind::LeftBrace => 50,
            Kind::LeftBracket => 55,
            Kind::LeftParen => 60,
            _ => 0,
        }
    }
}

/// A token, where it stands (in letters), and its text.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
    pub(super) text: String,
}

/// Returns an expression's tokens, the last being its end.
pub(super) fn tokens(expression: &str) -> Result<Vec<Token>, String> {
    let letters: Vec<char> = expression.chars().collect();
    let mut lexer = Lexer { expression, letters, at: 0 };
    let mut tokens = Vec::new();
    while let Some(&letter) = lexer.letters.get(lexer.at) {
        if matches!(letter, ' ' | '\t' | '\n' | '\r') {
            lexer.at += 1;
            continue;
        }
        let at = lexer.at;
        let kind = lexer.token(letter)?;
        let text = match &kind {
            Kind::Quoted(text) => text.clone(),
            Kind::Literal(value) => value.to_text(),
            _ => lexer.letters[at..lexer.at].iter().collect(),
        };
        tokens.push(Token { kind, at, text });
    }
    tokens.push(Token { kind: Kind::End, at: lexer.letters.len(), text: String::new() });
    Ok(tokens)
}

struct Lexer<'e> {
    expression: &'e str,
    letters: Vec<char>,
    at: usize,
}

impl Lexer<'_> {
    fn fail<T>(&self, at: usize, message: &str) -> Result<T, String> {
        let expression = self.expression;
        Err(format!("Bad jmespath expression: {message}:\n{expression}\n{}^", " ".repeat(at)))
    }

    /// Takes the next letter when it is this one.
    fn takes(&mut self, letter: char) -> bool {
        let is_next = self.letters.get(self.at) == Some(&letter);
        self.at += usize::from(is_next);
        is_next
    }

    fn token(&mut self, letter: char) -> Result<Kind, String> {
        let start = self.at;
        self.at += 1;
        Ok(match letter {
            '.' => Kind::Dot,
            '*' => Kind::Star,
            ',' => Kind::Comma,
            ':' => Kind::Colon,
            '@' => Kind::Current,
            ']' => Kind::RightBracket,
            '{' => Kind::LeftBrace,
            '}' => Kind::RightBrace,
            '(' => Kind::LeftParen,
            ')' => Kind::RightParen,
            '[' if self.takes(']') => Kind::Flatten,
            '[' if self.takes('?') => Kind::Filter,
            '[' => Kind::LeftBracket,
            '|' if self.takes('|') => Kind::Or,
            '|' => Kind::Pipe,
            '&' if self.takes('&') => Kind::And,
            '&' => Kind::Reference,
            '!' if self.takes('=') => Kind::Compare(Comparison::NotEqual),
            '!' => Kind::Not,
            '<' if self.takes('=') => Kind::Compare(Comparison::LessOrEqual),
            '<' => Kind::Compare(Comparison::Less),
            '>' if self.takes('=') => Kind::Compare(Comparison::GreaterOrEqual),
            '>' => Kind::Compare(Comparison::Greater),
            '=' if self.takes('=') => Kind::Compare(Comparison::Equal),
            '\'' => {
                let text = self.until('\'', start)?;
                Kind::Literal(text.replace("\\'", "'").into())
            }
            '"' => {
                let text = self.until('"', start)?;
                match serde_json::from_str(&format!("\"{text}\"")) {
                    Ok(text) => Kind::Quoted(text),
                    Err(error) => {
                        return self.fail(start, &format!("error decoding string {error}"));
                    }
                }
            }
            '`' => Kind::Literal(self.literal(start)?),
            'a'..='z' | 'A'..='Z' | '_' => {
                self.run(|c| c.is_ascii_alphanumeric() || c == '_');
                Kind::Unquoted
            }
            '0'..='9' | '-' => {
                self.run(|c| c.is_ascii_digit());
                let text: String = self.letters[start..self.at].iter().collect();
                match text.parse() {
                    Ok(number) => Kind::Number(number),
                    Err(_) => return self.fail(start, &format!("Unknown token '{text}'")),
                }
            }
            '=' => return self.fail(start, "Unknown token '='"),
            other => return self.fail(start, &format!("Unknown token {other}")),
        })
    }

    fn run(&mut self, belongs: impl Fn(char) -> bool) {
        while self.letters.get(self.at).is_some_and(|letter| belongs(*letter)) {
            self.at += 1;
        }
    }

    /// Returns the text up to a delimiter that no backslash hides.
    fn until(&mut self, delimiter: char, start: usize) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.letters.get(self.at) {
                Some('\\') if self.at + 1 < self.letters.len() => {
                    text.extend(&self.letters[self.at..self.at + 2]);
                    self.at += 2;
                }
                Some(letter) if *letter == delimiter => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(letter) => {
                    text.push(*letter);
                    self.at += 1;
                }
                None => return self.fail(start, &format!("Unclosed {delimiter} delimiter")),
            }
        }
    }

    /// A JSON value; what is none is text without its quotes.
    fn literal(&mut self, start: usize) -> Result<Value, String> {
        let text = self.until('`', start)?.replace("\\`", "`");
        let text = text.trim_start();
        let json = serde_json::from_str::<serde_json::Value>(text)
            .or_else(|_| serde_json::from_str(&format!("\"{text}\"")));
        match json {
            Ok(json) => Ok(json.into()),
            Err(_) => self.fail(start, &format!("Bad token {text}")),
        }
    }
}
