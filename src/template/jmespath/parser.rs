//! JMESPath's grammar: operator precedence, with projections that stop at pipes.

use super::{
    Node,
    lexer::{Kind, Token, tokens},
};

/// Expressions in one another beyond which one is refused.
const MAX_DEPTH: usize = 200;

/// Returns an expression's syntax tree.
pub(super) fn parse(expression: &str) -> Result<Node, String> {
    let tokens = tokens(expression)?;
    let mut parser = Parser { expression, tokens, at: 0, depth: 0 };
    let node = parser.expression(0)?;
    if *parser.kind() != Kind::End {
        let text = &parser.tokens[parser.at].text;
        return Err(parser.complaint(&format!("Unexpected token: {text}")));
    }
    Ok(node)
}

struct Parser<'e> {
    expression: &'e str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

type Parsed = Result<Node, String>;

impl Parser<'_> {
    fn kind(&self) -> &Kind {
        self.ahead(0)
    }

    fn ahead(&self, count: usize) -> &Kind {
        &self.tokens[(self.at + count).min(self.tokens.len() - 1)].kind
    }

    fn advance(&mut self) -> Token {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn complaint(&self, message: &str) -> String {
        let token = &self.tokens[self.at];
        self.complaint_at(token, message)
    }

    fn complaint_at(&self, token: &Token, message: &str) -> String {
        format!(
            "{message}: Parse error at column {at}, token \"{text}\" ({name}), for expression:\n\"{expression}\"\n{space}^",
            at = token.at,
            text = token.text,
            name = token.kind.name().to_uppercase(),
            expression = self.expression,
            space = " ".repeat(token.at + 1),
        )
    }

    fn incomplete(&self) -> String {
        format!(
            "Invalid jmespath expression: Incomplete expression:\n\"{}\"\n{}^",
            self.expression,
            " ".repeat(self.expression.chars().count() + 1)
        )
    }

    fn expect(&mut self, kind: &Kind) -> Result<(), String> {
        if self.kind() == kind {
            self.advance();
            return Ok(());
        }
        let (expected, found) = (kind.name(), self.kind().name());
        Err(match self.kind() {
            Kind::End => self.incomplete(),
            _ => self.complaint(&format!("Expecting: {expected}, got: {found}")),
        })
    }

    fn one_of(&self, names: &str) -> String {
        self.complaint(&format!("Expecting: [{names}], got: {}", self.kind().name()))
    }

    fn expression(&mut self, power: u8) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("maximum recursion depth exceeded".to_owned());
        }
        let token = self.advance();
        let mut left = self.prefix(token)?;
        while power < self.kind().power() {
            let token = self.advance();
            left = self.infix(token, left)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn boxed(&mut self, power: u8) -> Result<Box<Node>, String> {
        Ok(Box::new(self.expression(power)?))
    }

    fn prefix(&mut self, token: Token) -> Parsed {
        Ok(match token.kind {
            Kind::Literal(value) => Node::Literal(value),
            Kind::Unquoted => Node::Field(token.text.into()),
            Kind::Quoted(name) => {
                if *self.kind() == Kind::LeftParen {
                    return Err(self.complaint("Quoted identifier not allowed for function names."));
                }
                Node::Field(name.into())
            }
            Kind::Star => {
                let right = match self.kind() {
                    Kind::RightBracket => Node::Current,
                    _ => self.projected(20)?,
                };
                Node::ValueProjection(Box::new(Node::Current), Box::new(right))
            }
            Kind::Filter => self.filter(Node::Current)?,
            Kind::LeftBrace => self.dict()?,
            Kind::LeftParen => {
                let inner = self.expression(0)?;
                self.expect(&Kind::RightParen)?;
                inner
            }
            Kind::Flatten => {
                let left = Node::Flatten(Box::new(Node::Current));
                let right = self.projected(9)?;
                Node::Projection(Box::new(left), Box::new(right))
            }
            Kind::Not => Node::Not(self.boxed(45)?),
            Kind::LeftBracket => match (self.kind(), self.ahead(1)) {
                (Kind::Number(_) | Kind::Colon, _) => {
                    let right = self.index()?;
                    self.sliced(Node::Current, right)?
                }
                (Kind::Star, Kind::RightBracket) => {
                    self.advance();
                    self.advance();
                    let right = self.projected(20)?;
                    Node::Projection(Box::new(Node::Current), Box::new(right))
                }
                _ => self.list()?,
            },
            Kind::Current => Node::Current,
            Kind::Reference => Node::Reference(self.boxed(0)?),
            Kind::End => return Err(self.incomplete()),
            _ => return Err(self.complaint_at(&token, "invalid token")),
        })
    }

    fn infix(&mut self, token: Token, left: Node) -> Parsed {
        let before = Box::new(left);
        Ok(match token.kind {
            Kind::Dot if *self.kind() == Kind::Star => {
                self.advance();
                let right = self.projected(20)?;
                Node::ValueProjection(before, Box::new(right))
            }
            Kind::Dot => Node::Then(before, Box::new(self.after_dot(40)?)),
            Kind::Pipe => Node::Pipe(before, self.boxed(1)?),
            Kind::Or => Node::Or(before, self.boxed(2)?),
            Kind::And => Node::And(before, self.boxed(3)?),
            Kind::LeftParen => {
                let Node::Field(name) = *before else {
                    return Err(self.complaint("invalid token"));
                };
                let mut arguments = Vec::new();
                while *self.kind() != Kind::RightParen {
                    arguments.push(self.expression(0)?);
                    if *self.kind() == Kind::Comma {
                        self.advance();
                    }
                }
                self.advance();
                Node::Call(name.to_text(), arguments)
            }
            Kind::Filter => self.filter(*before)?,
            Kind::Compare(comparison) => Node::Compare(comparison, before, self.boxed(5)?),
            Kind::Flatten => {
                let right = self.projected(9)?;
                Node::Projection(Box::new(Node::Flatten(before)), Box::new(right))
            }
            Kind::LeftBracket => match self.kind() {
                Kind::Number(_) | Kind::Colon => {
                    let right = self.index()?;
                    self.sliced(*before, right)?
                }
                _ => {
                    self.expect(&Kind::Star)?;
                    self.expect(&Kind::RightBracket)?;
                    let right = self.projected(20)?;
                    Node::Projection(before, Box::new(right))
                }
            },
            Kind::End => return Err(self.incomplete()),
            _ => return Err(self.complaint_at(&token, "invalid token")),
        })
    }

    fn filter(&mut self, left: Node) -> Parsed {
        let condition = self.boxed(0)?;
        self.expect(&Kind::RightBracket)?;
        let right = match self.kind() {
            Kind::Flatten => Node::Current,
            _ => self.projected(21)?,
        };
        Ok(Node::FilterProjection(Box::new(left), Box::new(right), condition))
    }

    /// What stands to the right of a projection and is done for each item.
    fn projected(&mut self, power: u8) -> Parsed {
        match self.kind() {
            kind if kind.power() < 10 => Ok(Node::Current),
            Kind::LeftBracket | Kind::Filter => self.expression(power),
            Kind::Dot => {
                self.advance();
                self.after_dot(power)
            }
            _ => Err(self.complaint("syntax error")),
        }
    }

    fn after_dot(&mut self, power: u8) -> Parsed {
        match self.kind() {
            Kind::Quoted(_) | Kind::Unquoted | Kind::Star => self.expression(power),
            Kind::LeftBracket => {
                self.advance();
                self.list()
            }
            Kind::LeftBrace => {
                self.advance();
                self.dict()
            }
            _ => {
                Err(self.one_of("'quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'"))
            }
        }
    }

    /// An index or a slice, up to its bracket.
    fn index(&mut self) -> Parsed {
        if let (Kind::Number(number), next) = (self.kind(), self.ahead(1))
            && *next != Kind::Colon
        {
            let node = Node::Index(*number);
            self.advance();
            self.expect(&Kind::RightBracket)?;
            return Ok(node);
        }
        let (mut parts, mut part) = ([None; 3], 0);
        while *self.kind() != Kind::RightBracket && part < 3 {
            match self.kind() {
                Kind::Colon => {
                    part += 1;
                    if part == 3 {
                        return Err(self.complaint("syntax error"));
                    }
                }
                Kind::Number(number) => parts[part] = Some(*number),
                _ => return Err(self.complaint("syntax error")),
            }
            self.advance();
        }
        self.expect(&Kind::RightBracket)?;
        Ok(Node::Slice(parts))
    }

    /// An index gives one value; a slice is a projection.
    fn sliced(&mut self, left: Node, right: Node) -> Parsed {
        let is_slice = matches!(right, Node::Slice(_));
        let node = Node::Then(Box::new(left), Box::new(right));
        if !is_slice {
            return Ok(node);
        }
        let right = self.projected(20)?;
        Ok(Node::Projection(Box::new(node), Box::new(right)))
    }

    fn list(&mut self) -> Parsed {
        let mut items = Vec::new();
        loop {
            items.push(self.expression(0)?);
            if *self.kind() == Kind::RightBracket {
                break;
            }
            self.expect(&Kind::Comma)?;
        }
        self.advance();
        Ok(Node::List(items))
    }

    fn dict(&mut self) -> Parsed {
        let mut entries = Vec::new();
        loop {
            if !matches!(self.kind(), Kind::Quoted(_) | Kind::Unquoted) {
                return Err(self.one_of("'quoted_identifier', 'unquoted_identifier'"));
            }
            let key = self.advance().text;
            self.expect(&Kind::Colon)?;
            entries.push((key.into(), self.expression(0)?));
            match self.kind() {
                Kind::Comma => drop(self.advance()),
                Kind::RightBrace => break,
                _ => {
                    self.expect(&Kind::RightBrace)?;
                }
            }
        }
        self.advance();
        Ok(Node::Dict(entries))
    }
}
