//! From text to a tree.

use super::set::{Class, Set, fold};

/// Groups within groups, beyond which a pattern is refused rather than read to the end of the stack.
const DEEPEST: usize = 200;

/// How often at most, where nothing says it.
pub(super) const MANY: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) tree: Node,
    pub(super) names: Vec<Option<String>>,
    pub(super) ascii: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Greedy,
    Lazy,
    Possessive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    End,
    LineStart,
    LineEnd,
    WordEdge,
    NoWordEdge,
}

/// What one character may be.
#[derive(Clone, Debug)]
pub(super) enum One {
    Char(char),
    /// Folded.
    AnyCase(char),
    /// Anything but a newline.
    InLine,
    Any,
    Set(Box<Set>),
}

#[derive(Debug)]
pub(super) enum Node {
    One(One),
    Assert(Assertion),
    /// A sequence.
    All(Vec<Node>),
    /// Alternatives.
    Either(Vec<Node>),
    Group(usize, Box<Node>),
    Repeat {
        what: Box<Node>,
        min: u32,
        max: u32,
        mode: Mode,
    },
    Back {
        group: usize,
        ignore_case: bool,
    },
    Look {
        behind: bool,
        negative: bool,
        what: Box<Node>,
    },
    Atomic(Box<Node>),
    When {
        group: usize,
        yes: Box<Node>,
        no: Box<Node>,
    },
}

#[derive(Clone, Copy, Default)]
struct Reading {
    ignore_case: bool,
    dot_all: bool,
    multi_line: bool,
}

pub(super) fn parse(pattern: &str, ascii: bool) -> Result<Parsed, String> {
    let mut parser = Parser {
        chars: pattern.chars().collect(),
        at: 0,
        case: Reading::default(),
        ascii,
        names: vec![None],
        depth: 0,
    };
    let tree = parser.alternatives()?;
    if parser.at < parser.chars.len() {
        return Err(format!("unbalanced parenthesis at position {}", parser.at));
    }
    Ok(Parsed { tree, names: parser.names, ascii })
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    case: Reading,
    ascii: bool,
    names: Vec<Option<String>>,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Result<char, String> {
        let c = self.peek().ok_or_else(|| "the expression ends too early".to_owned())?;
        self.at += 1;
        Ok(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let there =
            text.chars().enumerate().all(|(at, c)| self.chars.get(self.at + at) == Some(&c));
        if there {
            self.at += text.chars().count();
        }
        there
    }

    fn until(&mut self, end: char) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.next()? {
                c if c == end => return Ok(text),
                c => text.push(c),
            }
        }
    }

    fn alternatives(&mut self) -> Result<Node, String> {
        let mut found = vec![self.sequence()?];
        while self.eat("|") {
            found.push(self.sequence()?);
        }
        Ok(if found.len() == 1 { found.remove(0) } else { Node::Either(found) })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut items = Vec::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            if let Some(item) = self.item()? {
                let item = self.repeats(item)?;
                items.push(item);
            }
        }
        Ok(Node::All(items))
    }

    fn repeats(&mut self, item: Node) -> Result<Node, String> {
        let (min, max) = match self.peek() {
            Some('*') => (0, MANY),
            Some('+') => (1, MANY),
            Some('?') => (0, 1),
            Some('{') => return self.braces(item),
            _ => return Ok(item),
        };
        self.at += 1;
        Ok(self.repeat(item, min, max))
    }

    fn braces(&mut self, item: Node) -> Result<Node, String> {
        self.at += 1;
        let inside = self.until('}')?;
        let number = |text: &str| match text.parse::<u32>() {
            Ok(number) if number < MANY => Ok(number),
            _ => Err("the repetition number is too large".to_owned()),
        };
        let (min, max) = match inside.split_once(',') {
            None => (number(&inside)?, number(&inside)?),
            Some((low, "")) => (number(low)?, MANY),
            Some((low, high)) => (number(low)?, number(high)?),
        };
        if min > max {
            return Err("min repeat greater than max repeat".to_owned());
        }
        Ok(self.repeat(item, min, max))
    }

    fn repeat(&mut self, item: Node, min: u32, max: u32) -> Node {
        let mode = if self.eat("?") {
            Mode::Lazy
        } else if self.eat("+") {
            Mode::Possessive
        } else {
            Mode::Greedy
        };
        Node::Repeat { what: Box::new(item), min, max, mode }
    }

    fn item(&mut self) -> Result<Option<Node>, String> {
        Ok(Some(match self.next()? {
            '(' => return self.group(),
            '[' => Node::One(One::Set(Box::new(self.set()?))),
            '.' if self.case.dot_all => Node::One(One::Any),
            '.' => Node::One(One::InLine),
            '^' if self.case.multi_line => Node::Assert(Assertion::LineStart),
            '^' => Node::Assert(Assertion::Start),
            '$' if self.case.multi_line => Node::Assert(Assertion::LineEnd),
            '$' => Node::Assert(Assertion::End),
            '\\' => self.escape()?,
            c => self.literal(c),
        }))
    }

    fn literal(&self, c: char) -> Node {
        let folded = fold(c, self.ascii);
        let cases = self.case.ignore_case
            && (folded != c || c.is_alphabetic() && c.to_uppercase().next() != Some(c));
        Node::One(if cases { One::AnyCase(folded) } else { One::Char(c) })
    }

    fn escape(&mut self) -> Result<Node, String> {
        let at = self.at;
        Ok(match self.next()? {
            'A' => Node::Assert(Assertion::Start),
            'z' | 'Z' => Node::Assert(Assertion::End),
            'b' => Node::Assert(Assertion::WordEdge),
            'B' => Node::Assert(Assertion::NoWordEdge),
            digit @ '1'..='9' => {
                let mut group = digit.to_digit(10).unwrap_or(0) as usize;
                while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
                    group = group.saturating_mul(10).saturating_add(digit as usize);
                    self.at += 1;
                }
                self.back(group)?
            }
            c => match Self::class(c) {
                Some(class) => {
                    let set = Set { classes: vec![class], ascii: self.ascii, ..Set::default() };
                    Node::One(One::Set(Box::new(set.ready())))
                }
                None => {
                    self.at = at;
                    let c = self.escaped_char()?;
                    self.literal(c)
                }
            },
        })
    }

    fn class(c: char) -> Option<(Class, bool)> {
        let class = match c.to_ascii_lowercase() {
            'd' => Class::Digit,
            's' => Class::Space,
            'w' => Class::Word,
            _ => return None,
        };
        Some((class, c.is_ascii_uppercase()))
    }

    fn back(&self, group: usize) -> Result<Node, String> {
        if group >= self.names.len() {
            return Err(format!("invalid group reference {group}"));
        }
        Ok(Node::Back { group, ignore_case: self.case.ignore_case })
    }

    /// The character that an escape stands for, after its backslash.
    fn escaped_char(&mut self) -> Result<char, String> {
        Ok(match self.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'x' => {
                let digits = if self.eat("{") {
                    self.until('}')?
                } else {
                    let digits = [self.next()?, self.next()?];
                    digits.iter().collect()
                };
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                code.ok_or_else(|| format!("no character has the number {digits}"))?
            }
            c if c.is_ascii_alphanumeric() => return Err(format!("bad escape \\{c}")),
            c => c,
        })
    }

    fn set(&mut self) -> Result<Set, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the expression is nested too deeply".to_owned());
        }
        let mut set = Set {
            negated: self.eat("^"),
            ignore_case: self.case.ignore_case,
            ascii: self.ascii,
            ..Set::default()
        };
        let mut first = true;
        loop {
            match self.next()? {
                ']' if !first => break,
                '[' => {
                    let inner = self.set()?;
                    set.inner.push(inner);
                }
                c => {
                    if c == '\\'
                        && let Some(class) = self.peek().and_then(Self::class)
                    {
                        self.at += 1;
                        set.classes.push(class);
                    } else {
                        let low = if c == '\\' { self.escaped_char()? } else { c };
                        let range = self.peek() == Some('-')
                            && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
                        let mut high = low;
                        if range {
                            self.at += 1;
                            high = self.next()?;
                            if high == '\\' {
                                high = self.escaped_char()?;
                            }
                        }
                        set.ranges.push((low, high));
                    }
                }
            }
            first = false;
        }
        self.depth -= 1;
        Ok(set.ready())
    }

    fn group(&mut self) -> Result<Option<Node>, String> {
        let around = self.case;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the expression is nested too deeply".to_owned());
        }
        let node = if !self.eat("?") {
            self.capture(None)?
        } else if self.eat("P=") {
            let name = self.until(')')?;
            self.depth -= 1;
            let group = self.named(&name)?;
            return self.back(group).map(Some);
        } else if self.eat("<=") || self.eat("<!") {
            let negative = self.chars[self.at - 1] == '!';
            Node::Look { behind: true, negative, what: Box::new(self.alternatives()?) }
        } else if self.eat("=") || self.eat("!") {
            let negative = self.chars[self.at - 1] == '!';
            Node::Look { behind: false, negative, what: Box::new(self.alternatives()?) }
        } else if self.eat("P<") || self.eat("<") {
            let name = self.until('>')?;
            if self.names.iter().any(|known| known.as_deref() == Some(name.as_str())) {
                return Err(format!("redefinition of group name '{name}'"));
            }
            self.capture(Some(name))?
        } else if self.eat(">") {
            Node::Atomic(Box::new(self.alternatives()?))
        } else if self.eat("(") {
            self.condition()?
        } else {
            match self.flags()? {
                Some(node) => node,
                // They hold for the rest of what is around.
                None => {
                    self.depth -= 1;
                    return Ok(None);
                }
            }
        };
        if !self.eat(")") {
            return Err("missing ), unterminated subpattern".to_owned());
        }
        self.depth -= 1;
        self.case = around;
        Ok(Some(node))
    }

    fn capture(&mut self, name: Option<String>) -> Result<Node, String> {
        let number = self.names.len();
        self.names.push(name);
        Ok(Node::Group(number, Box::new(self.alternatives()?)))
    }

    fn named(&self, name: &str) -> Result<usize, String> {
        let found = self.names.iter().position(|known| known.as_deref() == Some(name));
        found.ok_or_else(|| format!("unknown group name '{name}'"))
    }

    fn condition(&mut self) -> Result<Node, String> {
        let name = self.until(')')?;
        let group = match name.parse() {
            Ok(number) => number,
            Err(_) => self.named(name.trim_start_matches('<').trim_end_matches('>'))?,
        };
        if group >= self.names.len() {
            return Err(format!("invalid group reference {group}"));
        }
        let yes = Box::new(self.sequence()?);
        let no = if self.eat("|") { self.sequence()? } else { Node::All(Vec::new()) };
        if self.peek() == Some('|') {
            return Err("conditional backref with more than two branches".to_owned());
        }
        Ok(Node::When { group, yes, no: Box::new(no) })
    }

    /// `i-s:` and what follows, or `i)`.
    fn flags(&mut self) -> Result<Option<Node>, String> {
        let mut on = true;
        loop {
            match self.next()? {
                'i' => self.case.ignore_case = on,
                's' => self.case.dot_all = on,
                'm' => self.case.multi_line = on,
                '-' => on = false,
                ':' => return self.alternatives().map(Some),
                ')' => return Ok(None),
                c => return Err(format!("unknown extension ?{c}")),
            }
        }
    }
}
