//! The compact tree that evaluation walks: names are interned, filters and tests resolved.

use std::sync::{Arc, atomic::AtomicUsize};

use super::{env::FileOptions, filters::Filter, plugins, tests::Test};
use crate::{
    diagnostic::Span,
    value::{Hint, Operator, Value},
};

/// A name's index in `Code::names`.
pub(crate) type Symbol = u32;

/// Bytes of the template's text where an expression stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Where a template comes from, which decides some of its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text in a playbook or a variables file: backslashes in the literals of `{{ }}` mean themselves.
    Variable,
    File,
    /// A bare expression.
    Expression,
}

/// A template, compiled.
pub(crate) struct Code {
    pub(crate) text: Arc<str>,
    pub(crate) span: Option<Span>,
    pub(crate) kind: Kind,
    pub(crate) body: Vec<Statement>,
    pub(crate) names: Vec<Arc<str>>,
    /// Which names the template itself gives a value somewhere.
    pub(crate) assigned: Vec<bool>,
    /// Whether something is changed in place, so that containers must be cells.
    pub(crate) mutates: bool,
    /// Whether names may be asked for again and again, so that what they mean is kept.
    pub(crate) repeats: bool,
    /// The symbol of `loop`, when the template mentions it.
    pub(crate) loop_symbol: Option<Symbol>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) extends: bool,
    /// The first filter or test of a condition's branch that does not exist: an error only when it is reached.
    pub(crate) unknown: Vec<(String, Place)>,
    /// Where its lists and tuples of literals lie in memory: the reference makes a new one each time.
    pub(crate) constants: Vec<usize>,
    /// How it was read: templates that it includes are read in the same way.
    pub(crate) options: Arc<FileOptions>,
    /// How many bytes it gave lately, for another host perhaps: what it gives next is about as long.
    pub(crate) lately: AtomicUsize,
}

/// A filter or a test that does not exist.
pub(crate) struct Missing {
    pub(crate) message: String,
    /// Where it is named.
    pub(crate) named: Place,
    /// Where what it is applied to begins.
    pub(crate) from: u32,
}

pub(crate) struct Block {
    pub(crate) name: Arc<str>,
    /// Whether it sees the names of the loop that it stands in.
    pub(crate) scoped: bool,
    /// Whether a template further down must replace it.
    pub(crate) required: bool,
    pub(crate) body: Vec<Statement>,
}

pub(crate) enum Statement {
    Text(Value),
    Emit(Expression),
    For(Arc<For>),
    If { condition: Expression, then: Vec<Statement>, otherwise: Vec<Statement> },
    Set { target: Target, value: Expression },
    SetBlock { target: Target, filters: Option<Expression>, body: Vec<Statement> },
    With { assignments: Vec<(Target, Expression)>, body: Vec<Statement> },
    Filter { filters: Expression, body: Vec<Statement> },
    AutoEscape { enabled: Expression, body: Vec<Statement> },
    Macro(Arc<MacroCode>),
    Call { call: Expression, caller: Arc<MacroCode> },
    Block(usize),
    Extends(Expression),
    Include { name: Expression, ignore_missing: bool, with_context: bool },
    Import { name: Expression, target: Symbol, with_context: bool },
    From { name: Expression, names: Vec<(Arc<str>, Symbol)>, with_context: bool, line: usize },
    Do(Expression),
    Continue,
    Break,
}

pub(crate) struct For {
    pub(crate) target: Target,
    pub(crate) iterable: Expression,
    pub(crate) filter: Option<Expression>,
    pub(crate) recursive: bool,
    pub(crate) body: Vec<Statement>,
    pub(crate) otherwise: Vec<Statement>,
}

pub(crate) struct MacroCode {
    /// Empty for what stands in a `call` block.
    pub(crate) name: Arc<str>,
    pub(crate) parameters: Vec<Symbol>,
    /// For the last parameters.
    pub(crate) defaults: Vec<Expression>,
    pub(crate) body: Vec<Statement>,
    /// The symbols of `varargs`, `kwargs` and `caller` where the body mentions them.
    pub(crate) varargs: Option<Symbol>,
    pub(crate) kwargs: Option<Symbol>,
    pub(crate) caller: Option<Symbol>,
}

impl MacroCode {
    /// Returns the name as messages have it.
    pub(crate) fn shown(&self) -> String {
        if self.name.is_empty() { "None".to_owned() } else { format!("'{}'", self.name) }
    }
}

/// What a value is given to.
pub(crate) enum Target {
    Name(Symbol),
    Attribute(Symbol, Arc<str>, Place),
    Unpack(Vec<Target>, Place),
}

pub(crate) enum Expression {
    Const(Value),
    Name(Symbol, Place),
    Attribute(Box<Attribute>),
    Item(Box<Item>),
    Slice(Box<Slice>),
    Not(Box<Expression>),
    Negate(Box<(Expression, Place)>),
    Positive(Box<(Expression, Place)>),
    Binary(Box<Binary>),
    Concat(Vec<Expression>),
    Compare(Box<Compare>),
    And(Box<(Expression, Expression)>),
    Or(Box<(Expression, Expression)>),
    If(Box<Conditional>),
    Filter(Box<Apply<Filter>>),
    Test(Box<Apply<Test>>),
    /// A filter or a test of somebody else.
    Foreign(Box<Foreign>),
    /// A filter or test that does not exist, in a branch that may never be reached.
    Unknown(Box<(String, Place)>),
    Call(Box<Call>),
    Method(Box<Method>),
    List(Vec<Expression>),
    Tuple(Vec<Expression>),
    Dict(Vec<(Expression, Expression)>),
    /// The text that a filter block or a filtered `set` block gives to its first filter.
    Input,
}

pub(crate) struct Attribute {
    pub(crate) of: Expression,
    pub(crate) name: Arc<str>,
    /// Whether an entry of a dictionary with this name does not count: it is a method's, or Python's own.
    pub(crate) special: bool,
    pub(crate) hint: Hint,
    pub(crate) place: Place,
}

pub(crate) struct Item {
    pub(crate) of: Expression,
    pub(crate) key: Expression,
    pub(crate) hint: Hint,
    pub(crate) place: Place,
}

pub(crate) struct Slice {
    pub(crate) of: Expression,
    pub(crate) start: Option<Expression>,
    pub(crate) stop: Option<Expression>,
    pub(crate) step: Option<Expression>,
    pub(crate) place: Place,
}

pub(crate) struct Binary {
    pub(crate) operator: Operator,
    pub(crate) left: Expression,
    pub(crate) right: Expression,
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
}

pub(crate) struct Compare {
    pub(crate) first: Expression,
    pub(crate) rest: Vec<(Comparison, Expression)>,
    pub(crate) place: Place,
}

pub(crate) struct Conditional {
    pub(crate) condition: Expression,
    pub(crate) then: Expression,
    pub(crate) otherwise: Option<Expression>,
}

pub(crate) struct Apply<T: 'static> {
    pub(crate) unit: &'static T,
    /// The one of its names that was written.
    pub(crate) called: &'static str,
    pub(crate) input: Expression,
    pub(crate) arguments: Arguments,
    pub(crate) place: Place,
}

pub(crate) struct Foreign {
    pub(crate) kind: plugins::Kind,
    pub(crate) name: Arc<str>,
    pub(crate) input: Expression,
    pub(crate) arguments: Arguments,
    pub(crate) place: Place,
}

pub(crate) struct Call {
    pub(crate) callee: Expression,
    pub(crate) arguments: Arguments,
    pub(crate) place: Place,
}

pub(crate) struct Method {
    pub(crate) of: Expression,
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Arguments,
    pub(crate) place: Place,
}

#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) positional: Vec<(bool, Expression)>,
    pub(crate) named: Vec<(Arc<str>, Expression)>,
    /// `**expression`.
    pub(crate) splats: Vec<Expression>,
}

impl Expression {
    /// Returns where the expression stands; a literal has no place of its own.
    pub(crate) fn place(&self) -> Place {
        match self {
            Expression::Name(_, place) => *place,
            Expression::Attribute(it) => it.place,
            Expression::Item(it) => it.place,
            Expression::Slice(it) => it.place,
            Expression::Not(it) => it.place(),
            Expression::Negate(it) | Expression::Positive(it) => it.1,
            Expression::Binary(it) => it.place,
            Expression::Compare(it) => it.place,
            Expression::Filter(it) => it.place,
            Expression::Test(it) => it.place,
            Expression::Foreign(it) => it.place,
            Expression::Unknown(it) => it.1,
            Expression::Call(it) => it.place,
            Expression::Method(it) => it.place,
            Expression::If(it) => it.then.place(),
            Expression::And(it) | Expression::Or(it) => it.0.place(),
            Expression::Concat(parts) => parts.first().map_or(Place::default(), Expression::place),
            _ => Place::default(),
        }
    }
}
