//! minijinja's syntax tree becomes ours: names interned, filters and tests resolved, constants converted.

use std::{collections::HashMap, sync::Arc};

use minijinja::machinery::ast::{self, BinOpKind, CallArg, CompareOpKind, Expr, Stmt, UnaryOpKind};
use num_bigint::BigInt;

use super::{
    error::TemplateError,
    filters,
    methods::CHANGING,
    tests,
    tree::{
        Apply, Arguments, Attribute, Binary, Block, Call, Code, Compare, Comparison, Conditional,
        Expression, For, Item, Kind, MacroCode, Method, Place, Slice, Statement, Symbol, Target,
    },
};
use crate::value::{Operator, Value};

pub(super) struct Lowering<'a> {
    text: &'a str,
    code: Code,
    symbols: HashMap<&'a str, Symbol>,
    /// How many conditions are around: in their branches an unknown filter is an error only when it is reached.
    soft: usize,
    /// Whether literals are taken as they stand, without escapes.
    raw: bool,
}

type Result<T> = std::result::Result<T, TemplateError>;

impl<'a> Lowering<'a> {
    pub(super) fn new(text: &'a str, code: Code) -> Lowering<'a> {
        Lowering { text, code, symbols: HashMap::new(), soft: 0, raw: false }
    }

    pub(super) fn template(mut self, root: &Stmt<'a>) -> Result<Code> {
        if let Stmt::Template(template) = root {
            self.code.body = self.body(&template.children)?;
        }
        Ok(self.finish())
    }

    pub(super) fn standalone(mut self, expression: &Expr<'a>) -> Result<Code> {
        let expression = self.expression(expression)?;
        self.code.body = vec![Statement::Emit(expression)];
        Ok(self.finish())
    }

    fn finish(mut self) -> Code {
        self.code.loop_symbol = self.symbols.get("loop").copied();
        if let Some(symbol) = self.code.loop_symbol {
            self.code.assigned[symbol as usize] = true;
        }
        self.code
    }

    fn symbol(&mut self, name: &'a str) -> Symbol {
        if let Some(symbol) = self.symbols.get(name) {
            return *symbol;
        }
        let symbol = Symbol::try_from(self.code.names.len()).unwrap_or(Symbol::MAX);
        self.code.names.push(name.into());
        self.code.assigned.push(false);
        self.symbols.insert(name, symbol);
        symbol
    }

    fn assigned(&mut self, name: &'a str) -> Symbol {
        let symbol = self.symbol(name);
        self.code.assigned[symbol as usize] = true;
        symbol
    }

    fn body(&mut self, statements: &[Stmt<'a>]) -> Result<Vec<Statement>> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    fn soft_body(&mut self, statements: &[Stmt<'a>]) -> Result<Vec<Statement>> {
        self.soft += 1;
        let body = self.body(statements);
        self.soft -= 1;
        body
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each statement of the language")]
    fn statement(&mut self, statement: &Stmt<'a>) -> Result<Statement> {
        Ok(match statement {
            Stmt::Template(template) => {
                return Err(self.error(template.span(), "a template inside a template"));
            }
            Stmt::EmitRaw(raw) => Statement::Text(Value::str(raw.raw)),
            Stmt::EmitExpr(emit) => {
                self.raw = self.code.kind == Kind::Variable;
                let expression = self.expression(&emit.expr);
                self.raw = false;
                Statement::Emit(expression?)
            }
            Stmt::ForLoop(node) => {
                let iterable = self.expression(&node.iter)?;
                let target = self.target(&node.target)?;
                let filter =
                    node.filter_expr.as_ref().map(|expr| self.expression(expr)).transpose()?;
                let body = self.body(&node.body)?;
                let otherwise = self.body(&node.else_body)?;
                let recursive = node.recursive;
                Statement::For(Arc::new(For {
                    target,
                    iterable,
                    filter,
                    recursive,
                    body,
                    otherwise,
                }))
            }
            Stmt::IfCond(node) => Statement::If {
                condition: self.expression(&node.expr)?,
                then: self.soft_body(&node.true_body)?,
                otherwise: self.soft_body(&node.false_body)?,
            },
            Stmt::WithBlock(node) => {
                let mut assignments = Vec::new();
                for (target, value) in &node.assignments {
                    let value = self.expression(value)?;
                    assignments.push((self.target(target)?, value));
                }
                Statement::With { assignments, body: self.body(&node.body)? }
            }
            Stmt::Set(node) => {
                let value = self.expression(&node.expr)?;
                Statement::Set { target: self.target(&node.target)?, value }
            }
            Stmt::SetBlock(node) => Statement::SetBlock {
                target: self.target(&node.target)?,
                filters: node.filter.as_ref().map(|expr| self.expression(expr)).transpose()?,
                body: self.body(&node.body)?,
            },
            Stmt::AutoEscape(node) => Statement::AutoEscape {
                enabled: self.expression(&node.enabled)?,
                body: self.body(&node.body)?,
            },
            Stmt::FilterBlock(node) => Statement::Filter {
                filters: self.expression(&node.filter)?,
                body: self.body(&node.body)?,
            },
            Stmt::Block(node) => {
                let body = self.body(&node.body)?;
                self.code.blocks.push(Block { name: node.name.into(), body });
                Statement::Block(self.code.blocks.len() - 1)
            }
            Stmt::Extends(node) => {
                self.code.extends = true;
                Statement::Extends(self.expression(&node.name)?)
            }
            Stmt::Include(node) => Statement::Include {
                name: self.expression(&node.name)?,
                ignore_missing: node.ignore_missing,
                with_context: self.with_context(node.span(), true),
            },
            Stmt::Import(node) => {
                let name = self.expression(&node.expr)?;
                let Target::Name(target) = self.target(&node.name)? else {
                    return Err(self.error(node.span(), "expected a name after `as`"));
                };
                let with_context = self.with_context(node.span(), false);
                Statement::Import { name, target, with_context }
            }
            Stmt::FromImport(node) => {
                let name = self.expression(&node.expr)?;
                let mut names = Vec::new();
                for (imported, alias) in &node.names {
                    let Expr::Var(from) = imported else { continue };
                    let local = match alias {
                        Some(Expr::Var(alias)) => alias.id,
                        _ => from.id,
                    };
                    names.push((Arc::from(from.id), self.assigned(local)));
                }
                let with_context = self.with_context(node.span(), false);
                Statement::From { name, names, with_context }
            }
            Stmt::Macro(node) => {
                self.assigned(node.name);
                Statement::Macro(Arc::new(self.macro_code(node)?))
            }
            Stmt::CallBlock(node) => {
                let caller = self.macro_code(&node.macro_decl)?;
                let call = self.call(&node.call)?;
                Statement::Call { call, caller: Arc::new(caller) }
            }
            Stmt::Continue(_) => Statement::Continue,
            Stmt::Break(_) => Statement::Break,
            Stmt::Do(node) => Statement::Do(self.call(&node.call)?),
        })
    }

    /// The tree does not keep `with context` and `without context`: the text of the statement tells.
    fn with_context(&self, span: minijinja::machinery::Span, default: bool) -> bool {
        let start = span.start_offset as usize;
        let text = self.text.get(start..).unwrap_or_default();
        let text = &text[..text.find("%}").unwrap_or(text.len())];
        let mut words = text.trim_end_matches(['-', '+']).split_whitespace().rev();
        let mut last = words.next();
        if last == Some("missing") {
            words.next();
            last = words.next();
        }
        match (last, words.next()) {
            (Some("context"), Some("without")) => false,
            (Some("context"), Some("with")) => true,
            _ if text.contains("without context") => false,
            _ => default,
        }
    }

    fn macro_code(&mut self, node: &ast::Macro<'a>) -> Result<MacroCode> {
        let mut parameters = Vec::new();
        for argument in &node.args {
            if let Expr::Var(name) = argument {
                parameters.push(self.assigned(name.id));
            }
        }
        let defaults = self.expressions(&node.defaults)?;
        // A name that was already seen outside would be taken for one of this body: harmless, it is only offered.
        let body = self.body(&node.body)?;
        let mut special = |name: &'static str| {
            let symbol = self.symbols.get(name).copied();
            if let Some(symbol) = symbol {
                self.code.assigned[symbol as usize] = true;
            }
            symbol
        };
        let (varargs, kwargs, caller) = (special("varargs"), special("kwargs"), special("caller"));
        let name = node.name.into();
        Ok(MacroCode { name, parameters, defaults, body, varargs, kwargs, caller })
    }

    fn target(&mut self, target: &Expr<'a>) -> Result<Target> {
        Ok(match target {
            Expr::Var(name) => Target::Name(self.assigned(name.id)),
            Expr::GetAttr(attribute) => match &attribute.expr {
                Expr::Var(name) => Target::Attribute(
                    self.symbol(name.id),
                    attribute.name.into(),
                    place(attribute.span()),
                ),
                _ => return Err(self.error(attribute.span(), "cannot assign to this")),
            },
            Expr::List(list) => {
                let targets = list.items.iter().map(|item| self.target(item));
                Target::Unpack(targets.collect::<Result<_>>()?, place(list.span()))
            }
            Expr::Tuple(tuple) => {
                let targets = tuple.items.iter().map(|item| self.target(item));
                Target::Unpack(targets.collect::<Result<_>>()?, place(tuple.span()))
            }
            other => return Err(self.error(other.span(), "cannot assign to this")),
        })
    }

    fn expressions(&mut self, expressions: &[Expr<'a>]) -> Result<Vec<Expression>> {
        expressions.iter().map(|expression| self.expression(expression)).collect()
    }

    /// Returns a text literal, or several in a row, with their backslashes.
    fn raw_literal(&self, place: Place) -> Value {
        let range = place.start as usize..place.end as usize;
        let source = self.text.get(range).unwrap_or_default();
        let mut text = String::new();
        let mut letters = source.char_indices();
        while let Some((start, quote)) = letters.next() {
            if !matches!(quote, '\'' | '"') {
                continue;
            }
            let mut end = source.len();
            while let Some((at, letter)) = letters.next() {
                if letter == '\\' {
                    letters.next();
                } else if letter == quote {
                    end = at;
                    break;
                }
            }
            text.push_str(&source[start + 1..end]);
        }
        text.into()
    }

    fn maybe(&mut self, expression: Option<&Expr<'a>>) -> Result<Option<Expression>> {
        expression.map(|expression| self.expression(expression)).transpose()
    }

    fn expression(&mut self, expression: &Expr<'a>) -> Result<Expression> {
        Ok(match expression {
            Expr::Var(name) => Expression::Name(self.symbol(name.id), place(name.span())),
            Expr::Const(constant) => {
                let place = place(constant.span());
                let value = match convert(&constant.value) {
                    Value::Str(_) if self.raw => self.raw_literal(place),
                    value => value,
                };
                Expression::Const(value)
            }
            Expr::Slice(node) => Expression::Slice(Box::new(Slice {
                of: self.expression(&node.expr)?,
                start: self.maybe(node.start.as_ref())?,
                stop: self.maybe(node.stop.as_ref())?,
                step: self.maybe(node.step.as_ref())?,
                place: place(node.span()),
            })),
            Expr::UnaryOp(node) => match node.op {
                UnaryOpKind::Not => Expression::Not(Box::new(self.expression(&node.expr)?)),
                UnaryOpKind::Neg => {
                    let operand = self.expression(&node.expr)?;
                    Expression::Negate(Box::new((operand, place(node.span()))))
                }
            },
            Expr::BinOp(node) => self.binary(node)?,
            Expr::Compare(node) => {
                let first = self.expression(&node.expr)?;
                let mut rest = Vec::new();
                for step in &node.ops {
                    rest.push((comparison(step.op), self.expression(&step.expr)?));
                }
                Expression::Compare(Box::new(Compare { first, rest, place: place(node.span()) }))
            }
            Expr::IfExpr(node) => {
                let condition = self.expression(&node.test_expr)?;
                self.soft += 1;
                let then = self.expression(&node.true_expr);
                let otherwise = self.maybe(node.false_expr.as_ref());
                self.soft -= 1;
                let (then, otherwise) = (then?, otherwise?);
                Expression::If(Box::new(Conditional { condition, then, otherwise }))
            }
            Expr::Filter(node) => self.filter(node)?,
            Expr::Test(node) => {
                let input = self.expression(&node.expr)?;
                let arguments = self.arguments(&node.args)?;
                let place = place(node.span());
                match tests::find(node.name) {
                    Some(unit) => {
                        Expression::Test(Box::new(Apply { unit, input, arguments, place }))
                    }
                    None => self.unknown(format!("No test named '{}'.", node.name), place)?,
                }
            }
            Expr::GetAttr(node) => Expression::Attribute(Box::new(Attribute {
                of: self.expression(&node.expr)?,
                name: node.name.into(),
                place: place(node.span()),
            })),
            Expr::GetItem(node) => Expression::Item(Box::new(Item {
                of: self.expression(&node.expr)?,
                key: self.expression(&node.subscript_expr)?,
                place: place(node.span()),
            })),
            Expr::Call(node) => self.call(node)?,
            Expr::List(list) => Expression::List(self.expressions(&list.items)?),
            Expr::Tuple(tuple) => Expression::Tuple(self.expressions(&tuple.items)?),
            Expr::Map(map) => {
                let keys = self.expressions(&map.keys)?;
                let values = self.expressions(&map.values)?;
                Expression::Dict(keys.into_iter().zip(values).collect())
            }
        })
    }

    fn filter(&mut self, node: &ast::Spanned<ast::Filter<'a>>) -> Result<Expression> {
        let input = match &node.expr {
            Some(input) => self.expression(input)?,
            None => Expression::Input,
        };
        let arguments = self.arguments(&node.args)?;
        let place = place(node.span());
        match filters::find(node.name) {
            Some(unit) => Ok(Expression::Filter(Box::new(Apply { unit, input, arguments, place }))),
            None => self.unknown(format!("No filter named '{}'.", node.name), place),
        }
    }

    fn unknown(&mut self, message: String, place: Place) -> Result<Expression> {
        if self.soft == 0 {
            return Err(TemplateError::syntax(&self.code, place, message));
        }
        self.code.unknown.push((message.clone(), place));
        Ok(Expression::Unknown(Box::new((message, place))))
    }

    fn binary(&mut self, node: &ast::Spanned<ast::BinOp<'a>>) -> Result<Expression> {
        if matches!(node.op, BinOpKind::Concat) {
            let left = self.expression(&node.left)?;
            let right = self.expression(&node.right)?;
            let mut parts = match left {
                Expression::Concat(parts) => parts,
                other => vec![other],
            };
            parts.push(right);
            return Ok(Expression::Concat(parts));
        }
        let left = self.expression(&node.left)?;
        let right = self.expression(&node.right)?;
        let place = place(node.span());
        let comparison = match node.op {
            BinOpKind::Eq => Some(Comparison::Equal),
            BinOpKind::Ne => Some(Comparison::NotEqual),
            BinOpKind::Lt => Some(Comparison::Less),
            BinOpKind::Lte => Some(Comparison::LessEqual),
            BinOpKind::Gt => Some(Comparison::Greater),
            BinOpKind::Gte => Some(Comparison::GreaterEqual),
            BinOpKind::In => Some(Comparison::In),
            _ => None,
        };
        if let Some(comparison) = comparison {
            let rest = vec![(comparison, right)];
            return Ok(Expression::Compare(Box::new(Compare { first: left, rest, place })));
        }
        let operator = match node.op {
            BinOpKind::ScAnd => return Ok(Expression::And(Box::new((left, right)))),
            BinOpKind::ScOr => return Ok(Expression::Or(Box::new((left, right)))),
            BinOpKind::Sub => Operator::Sub,
            BinOpKind::Mul => Operator::Mul,
            BinOpKind::Div => Operator::Div,
            BinOpKind::FloorDiv => Operator::FloorDiv,
            BinOpKind::Rem => Operator::Rem,
            BinOpKind::Pow => Operator::Pow,
            _ => Operator::Add,
        };
        Ok(Expression::Binary(Box::new(Binary { operator, left, right, place })))
    }

    fn call(&mut self, node: &ast::Spanned<ast::Call<'a>>) -> Result<Expression> {
        let arguments = self.arguments(&node.args)?;
        let place = place(node.span());
        Ok(match &node.expr {
            Expr::GetAttr(attribute) => {
                let of = self.expression(&attribute.expr)?;
                self.code.mutates |= CHANGING.contains(&attribute.name);
                let name = attribute.name.into();
                Expression::Method(Box::new(Method { of, name, arguments, place }))
            }
            callee => {
                let callee = self.expression(callee)?;
                Expression::Call(Box::new(Call { callee, arguments, place }))
            }
        })
    }

    fn arguments(&mut self, arguments: &[CallArg<'a>]) -> Result<Arguments> {
        let mut lowered = Arguments::default();
        for argument in arguments {
            match argument {
                CallArg::Pos(expr) => lowered.positional.push((false, self.expression(expr)?)),
                CallArg::PosSplat(expr) => lowered.positional.push((true, self.expression(expr)?)),
                CallArg::Kwarg(name, expr) => {
                    lowered.named.push(((*name).into(), self.expression(expr)?));
                }
                CallArg::KwargSplat(expr) => lowered.splats.push(self.expression(expr)?),
            }
        }
        Ok(lowered)
    }

    fn error(&self, span: minijinja::machinery::Span, message: &str) -> TemplateError {
        TemplateError::syntax(&self.code, place(span), message)
    }
}

pub(super) fn place(span: minijinja::machinery::Span) -> Place {
    Place { start: span.start_offset, end: span.end_offset }
}

fn comparison(kind: CompareOpKind) -> Comparison {
    match kind {
        CompareOpKind::Eq => Comparison::Equal,
        CompareOpKind::Ne => Comparison::NotEqual,
        CompareOpKind::Lt => Comparison::Less,
        CompareOpKind::Lte => Comparison::LessEqual,
        CompareOpKind::Gt => Comparison::Greater,
        CompareOpKind::Gte => Comparison::GreaterEqual,
        CompareOpKind::In => Comparison::In,
        CompareOpKind::NotIn => Comparison::NotIn,
    }
}

/// Converts a literal; the parser makes only these kinds.
fn convert(constant: &minijinja::Value) -> Value {
    use minijinja::value::ValueKind;
    match constant.kind() {
        ValueKind::Bool => Value::Bool(constant.is_true()),
        ValueKind::Number if constant.is_integer() => match i64::try_from(constant.clone()) {
            Ok(number) => Value::Int(number),
            Err(_) => constant.to_string().parse::<BigInt>().map_or(Value::None, Value::from),
        },
        ValueKind::Number => Value::Float(f64::try_from(constant.clone()).unwrap_or(f64::NAN)),
        ValueKind::String => Value::str(constant.as_str().unwrap_or_default()),
        _ => Value::None,
    }
}
