//! Reading an expression.

use super::{Axis, Expr, Step, Test};

/// Parentheses and predicates inside of one another that are read.
const DEPTH: usize = 64;

/// Returns the expression of a text, or why it is none.
pub(in super::super) fn read(text: &str) -> Result<Expr, String> {
    let words = words(text)?;
    let mut reader = Reader { words, at: 0, depth: 0 };
    let expr = reader.binary(0)?;
    if reader.at < reader.words.len() { Err(invalid()) } else { Ok(expr) }
}

fn invalid() -> String {
    "Invalid expression".to_owned()
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    /// A name, perhaps with a prefix.
    Name(String),
    Text(String),
    Number(f64),
    Mark(&'static str),
}

const MARKS: [&str; 20] = [
    "//", "::", "..", "!=", "<=", ">=", "/", "|", "[", "]", "(", ")", "@", ",", "=", "<", ">", "+",
    "-", "*",
];

fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut words: Vec<Word> = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        if matches!(first, '"' | '\'') {
            let end = rest[1..].find(first).ok_or("Unfinished literal")?;
            words.push(Word::Text(rest[1..=end].to_owned()));
            rest = &rest[end + 2..];
        } else if first.is_ascii_digit()
            || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            words.push(Word::Number(rest[..end].parse().map_err(|_| invalid())?));
            rest = &rest[end..];
        } else if first.is_alphabetic() || first == '_' {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            let mut end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
            // A colon belongs to a name when it is alone.
            if rest[end..].starts_with(':') && !rest[end..].starts_with("::") {
                let after = &rest[end + 1..];
                let length = if after.starts_with('*') {
                    1
                } else {
                    after.find(|c: char| !is_part(c)).unwrap_or(after.len())
                };
                end += 1 + length;
            }
            words.push(Word::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else if let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            words.push(Word::Mark(mark));
            rest = &rest[mark.len()..];
        } else if first == '.' {
            words.push(Word::Mark("."));
            rest = &rest[1..];
        } else {
            return Err(invalid());
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

/// Operators by how strongly they bind, the weakest first.
const LEVELS: [&[&str]; 7] = [
    &["or"],
    &["and"],
    &["=", "!="],
    &["<", "<=", ">", ">="],
    &["+", "-"],
    &["*", "div", "mod"],
    &["|"],
];

struct Reader {
    words: Vec<Word>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }

    fn takes(&mut self, mark: &'static str) -> bool {
        let is_it = self.peek() == Some(&Word::Mark(mark));
        self.at += usize::from(is_it);
        is_it
    }

    fn operator(&self, level: usize) -> Option<&'static str> {
        let operators = LEVELS[level].iter().copied();
        match self.peek()? {
            Word::Mark(mark) => operators.into_iter().find(|one| one == mark),
            Word::Name(name) => operators.into_iter().find(|one| one == name),
            _ => None,
        }
    }

    fn binary(&mut self, level: usize) -> Result<Expr, String> {
        if level == LEVELS.len() {
            return self.path();
        }
        if level == LEVELS.len() - 1 && self.takes("-") {
            return Ok(Expr::Negative(Box::new(self.binary(level)?)));
        }
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(level) {
            self.at += 1;
            let right = self.binary(level + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn nested(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(invalid());
        }
        let expr = self.binary(0)?;
        self.depth -= 1;
        Ok(expr)
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, String> {
        let mut found = Vec::new();
        while self.takes("[") {
            found.push(self.nested()?);
            if !self.takes("]") {
                return Err("Invalid predicate".to_owned());
            }
        }
        Ok(found)
    }

    fn is_call(&self) -> bool {
        let is_open = self.words.get(self.at + 1) == Some(&Word::Mark("("));
        let kinds = ["text", "node", "comment", "processing-instruction"];
        matches!(self.peek(), Some(Word::Name(name)) if is_open && !kinds.contains(&name.as_str()))
    }

    /// What can begin a path without being a step.
    fn primary(&mut self) -> Result<Option<Expr>, String> {
        let expr = match self.peek().cloned() {
            Some(Word::Text(text)) => {
                self.at += 1;
                Expr::Text(text)
            }
            Some(Word::Number(number)) => {
                self.at += 1;
                Expr::Number(number)
            }
            Some(Word::Mark("(")) => {
                self.at += 1;
                let inner = self.nested()?;
                if !self.takes(")") {
                    return Err(invalid());
                }
                inner
            }
            Some(Word::Name(name)) if self.is_call() => {
                self.at += 2;
                let mut args = Vec::new();
                while !self.takes(")") {
                    if !args.is_empty() && !self.takes(",") {
                        return Err(invalid());
                    }
                    args.push(self.nested()?);
                }
                Expr::Call(name, args)
            }
            _ => return Ok(None),
        };
        let predicates = self.predicates()?;
        Ok(Some(if predicates.is_empty() {
            expr
        } else {
            Expr::Filter(Box::new(expr), predicates)
        }))
    }

    fn path(&mut self) -> Result<Expr, String> {
        let start = self.primary()?;
        let mut steps = Vec::new();
        let mut absolute = false;
        if start.is_none() {
            if self.takes("/") {
                absolute = true;
                if !self.begins_step() {
                    return Ok(Expr::Path { absolute, start: None, steps });
                }
            } else if self.takes("//") {
                absolute = true;
                steps.push(any_below());
            }
            steps.push(self.step()?);
        }
        loop {
            if self.takes("//") {
                steps.push(any_below());
            } else if !self.takes("/") {
                break;
            }
            steps.push(self.step()?);
        }
        match start {
            Some(start) if steps.is_empty() => Ok(start),
            start => Ok(Expr::Path { absolute, start: start.map(Box::new), steps }),
        }
    }

    fn begins_step(&self) -> bool {
        matches!(self.peek(), Some(Word::Name(_) | Word::Mark("*" | "@" | "." | "..")))
    }

    fn step(&mut self) -> Result<Step, String> {
        let short = |axis| Step { axis, test: Test::Node, predicates: Vec::new() };
        if self.takes(".") {
            return Ok(short(Axis::Own));
        }
        if self.takes("..") {
            return Ok(short(Axis::Parent));
        }
        let mut axis = if self.takes("@") { Axis::Attribute } else { Axis::Child };
        if let Some(Word::Name(name)) = self.peek().cloned()
            && self.words.get(self.at + 1) == Some(&Word::Mark("::"))
        {
            axis = axis_named(&name).ok_or_else(invalid)?;
            self.at += 2;
        }
        let test = match self.peek().cloned() {
            Some(Word::Mark("*")) => Test::AnyName,
            Some(Word::Name(name)) if self.words.get(self.at + 1) == Some(&Word::Mark("(")) => {
                self.at += 2;
                if matches!(self.peek(), Some(Word::Text(_))) {
                    self.at += 1;
                }
                if self.peek() != Some(&Word::Mark(")")) {
                    return Err(invalid());
                }
                match name.as_str() {
                    "text" => Test::Text,
                    "node" => Test::Node,
                    "comment" => Test::Comment,
                    "processing-instruction" => Test::Instruction,
                    _ => return Err(invalid()),
                }
            }
            Some(Word::Name(name)) => Test::Name(name),
            _ => return Err(invalid()),
        };
        self.at += 1;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }
}

fn any_below() -> Step {
    Step { axis: Axis::DescendantOrSelf, test: Test::Node, predicates: Vec::new() }
}

fn axis_named(name: &str) -> Option<Axis> {
    Some(match name {
        "ancestor" => Axis::Ancestor,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        "attribute" => Axis::Attribute,
        "child" => Axis::Child,
        "descendant" => Axis::Descendant,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "following" => Axis::Following,
        "following-sibling" => Axis::FollowingSibling,
        "parent" => Axis::Parent,
        "preceding" => Axis::Preceding,
        "preceding-sibling" => Axis::PrecedingSibling,
        "self" => Axis::Own,
        _ => return None,
    })
}
