//! Evaluation of statements: output, scopes, loops, macros, inheritance.

use std::{
    borrow::Cow,
    cell::{Cell, OnceCell},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Env, ErrorKind, TemplateError,
    cells::{is_cell, thaw},
    expression::kept,
    globals,
    inclusion::Chain,
    leaving,
    objects::{Loop, Overlay, object},
    output::Output,
    tree::{Code, Expression, For, Place, Statement, Symbol},
};
use crate::value::{List, Value};

pub(crate) use super::iteration::items;

pub(crate) type Result<T> = std::result::Result<T, TemplateError>;

/// Iterations and calls that one template may take before it is said to be endless.
const MAX_STEPS: u32 = 10_000_000;
/// How deep macros, includes and variables that are templates may nest.
pub(super) const MAX_DEPTH: u32 = 60;

/// Arguments of a call, evaluated.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    pub(crate) positional: Vec<Value>,
    pub(crate) named: Vec<(Arc<str>, Value)>,
}

/// What follows a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Continue,
    Break,
}

/// A value that the evaluator holds, or one that was made for who asked.
pub(crate) type Seen<'s> = Cow<'s, Value>;

/// One template while it is evaluated.
///
/// Expressions only read it, so that what they give may be borrowed; statements give names their values.
#[derive(Clone)]
pub(crate) struct Evaluator<'e> {
    pub(crate) env: &'e Env<'e>,
    pub(crate) code: &'e Arc<Code>,
    /// Values of the names that the template gives some, by symbol; empty until then.
    pub(super) slots: Vec<Option<Value>>,
    /// What inner scopes put their values over, the newest last.
    pub(super) shadowed: Vec<(Symbol, Option<Value>)>,
    /// Where the innermost scope begins in `shadowed`; none at the top level.
    pub(super) scope: Option<usize>,
    /// What names mean outside of the template, from their first use; empty where hardly one is used twice.
    pub(super) known: Vec<OnceCell<Value>>,
    pub(super) overlay: Overlay,
    pub(super) input: Value,
    /// Whether only what was handed on is seen, as without `with context`.
    pub(super) isolated: bool,
    pub(super) depth: u32,
    pub(super) steps: Cell<u32>,
    pub(super) loops: usize,
    /// The loops that run, for `loop(...)`.
    pub(super) running: Vec<&'e Arc<For>>,
    pub(super) blocks: Chain,
    /// The block that runs: its name and how far up its chain it is.
    pub(super) block: Option<(Arc<str>, usize)>,
    /// What the template extends, once it said so.
    parent: Option<(Value, Place)>,
}

impl<'e> Evaluator<'e> {
    pub(crate) fn new(env: &'e Env<'e>, code: &'e Arc<Code>, depth: u32) -> Evaluator<'e> {
        if code.mutates {
            env.allow_cells();
        }
        let known = if code.repeats { vec![OnceCell::new(); code.names.len()] } else { Vec::new() };
        Evaluator {
            env,
            code,
            slots: Vec::new(),
            shadowed: Vec::new(),
            scope: None,
            known,
            overlay: Overlay::default(),
            input: Value::None,
            isolated: false,
            depth,
            steps: Cell::new(0),
            loops: 0,
            running: Vec::new(),
            blocks: Chain::new(),
            block: None,
            parent: None,
        }
    }

    /// Runs the whole template.
    pub(crate) fn run(&mut self, out: &mut Output) -> Result<()> {
        if self.depth > MAX_DEPTH {
            return Err(TemplateError::recursion());
        }
        let code = self.code;
        if !code.extends {
            self.register_blocks();
            return self.body(&code.body, out).map(drop);
        }
        self.register_blocks();
        let mut ignored = Output::text(false);
        for statement in &code.body {
            let flow = match (&self.parent, statement) {
                (None, statement) => self.statement(statement, out)?,
                (Some(_), Statement::Block(_) | Statement::Text(_)) => Flow::Next,
                (Some(_), statement) => self.statement(statement, &mut ignored)?,
            };
            if flow != Flow::Next {
                break;
            }
        }
        let Some((parent, place)) = self.parent.take() else { return Ok(()) };
        let code = self.load(&parent, place)?;
        let mut evaluator = Evaluator::new(self.env, &code, self.depth + 1);
        evaluator.overlay = self.visible();
        evaluator.blocks = std::mem::take(&mut self.blocks);
        evaluator.run(out)
    }

    pub(super) fn step(&self) -> Result<()> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MAX_STEPS {
            return Err(TemplateError::runtime("the template does not come to an end"));
        }
        Ok(())
    }

    pub(super) fn body(&mut self, body: &'e [Statement], out: &mut Output) -> Result<Flow> {
        for statement in body {
            let flow = self.statement(statement, out)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each statement")]
    fn statement(&mut self, statement: &'e Statement, out: &mut Output) -> Result<Flow> {
        match statement {
            Statement::Text(text) => out.push(Cow::Borrowed(text)),
            Statement::Emit(expression) => self.put_out(expression, out)?,
            Statement::For(node) => self.for_loop(node, None, out)?,
            Statement::If { condition, then, otherwise } => {
                let body = if self.truth(condition)? { then } else { otherwise };
                return self.body(body, out);
            }
            Statement::Set { target, value } => {
                let value = self.operand(value)?;
                self.assign(target, value)?;
            }
            Statement::SetBlock { target, filters, body } => {
                let text = self.captured(body)?;
                let value = kept(self.filtered(filters.as_ref(), text))?;
                self.assign(target, value)?;
            }
            Statement::With { assignments, body } => {
                let mut values = Vec::with_capacity(assignments.len());
                for (_, value) in assignments {
                    values.push(self.operand(value)?);
                }
                let saved = self.enter();
                for ((target, _), value) in assignments.iter().zip(values) {
                    self.assign(target, value)?;
                }
                let flow = self.body(body, out);
                self.leave(saved);
                return flow;
            }
            Statement::Filter { filters, body } => {
                let text = self.captured(body)?;
                match self.filtered(Some(filters), text) {
                    Ok(value) => self.emit(Cow::Owned(value), filters.place(), out)?,
                    Err(error) if error.kind == ErrorKind::Plugin => out.fail(error)?,
                    Err(error) => return Err(error),
                }
            }
            // The reference never escapes, whatever is asked for.
            Statement::AutoEscape { body, .. } => {
                let saved = self.enter();
                let flow = self.body(body, out);
                self.leave(saved);
                return flow;
            }
            Statement::Macro(body) => {
                let value = self.make_macro(body);
                let symbol = self.code.names.iter().position(|name| *name == body.name);
                let symbol = symbol.and_then(|index| Symbol::try_from(index).ok());
                self.bind(symbol.unwrap_or_default(), value);
            }
            Statement::Call { call, caller } => {
                let caller = self.make_macro(caller);
                let value = self.call_with(call, Some(caller))?;
                self.emit(Cow::Owned(value), call.place(), out)?;
            }
            Statement::Block(index) => {
                let block = &self.code.blocks[*index];
                self.run_block(&block.name, 0, block.scoped, out)?;
            }
            Statement::Extends(name) => {
                let parent = self.expression(name)?;
                let parent = super::cells::freeze(&parent);
                if self.parent.is_some() {
                    return Err(TemplateError::runtime("extended multiple times"));
                }
                self.parent = Some((parent, name.place()));
            }
            Statement::Include { name, ignore_missing, with_context } => {
                self.include(name, *ignore_missing, *with_context, out)?;
            }
            Statement::Import { name, target, with_context } => {
                let module = self.import(name, *with_context)?;
                self.bind(*target, object(module));
            }
            Statement::From { name, names, with_context, line } => {
                let source = match name {
                    Expression::Const(text) => text.to_repr(),
                    other => self.expression(other)?.to_repr(),
                };
                let module = self.import(name, *with_context)?;
                for (export, symbol) in names {
                    let value = crate::value::Object::attribute(&module, export);
                    let value = value.unwrap_or_else(|| {
                        Value::undefined(
                            format!(
                                "the template {source} (imported on line {line}) does not export the requested name '{export}'"
                            ))
                    });
                    self.bind(*symbol, value);
                }
            }
            Statement::Do(call) => drop(self.expression(call)?),
            Statement::Continue => return Ok(Flow::Continue),
            Statement::Break => return Ok(Flow::Break),
        }
        Ok(Flow::Next)
    }

    /// Output of an expression: what is undefined fails here, or where the block is used that it is in.
    pub(super) fn emit(&self, value: Seen<'_>, place: Place, out: &mut Output) -> Result<()> {
        if out.write_plain(&value) {
            return Ok(());
        }
        let mut shown = None;
        let value = match &*value {
            plain if leaving::is_plain(plain) => value,
            _ => {
                shown = leaving::shown(&value);
                let tuples = out.waits && leaving::holds_tuple(&value);
                let own = tuples.then(|| (*value).clone());
                match (self.finalize(value.into_owned()), own) {
                    // A block that somebody may use keeps the tuples of a lone value.
                    (Ok(text), Some(own)) => {
                        shown = Some(text);
                        Cow::Owned(self.complete(own)?)
                    }
                    (Ok(value), None) => Cow::Owned(value),
                    (Err(error), _) => return out.fail(error.at(self.code, place)),
                }
            }
        };
        match shown.or_else(|| self.env.markup.shown(&value)) {
            Some(shown) => out.push_shown(value.into_owned(), shown),
            None => out.push(value),
        }
        Ok(())
    }

    /// Runs statements and returns what they put out; what is undefined in them fails when it is used.
    pub(super) fn captured(&mut self, body: &'e [Statement]) -> Result<Value> {
        let mut out = Output::captured();
        let saved = self.enter();
        let flow = self.body(body, &mut out);
        self.leave(saved);
        flow.map(|_| out.into_captured())
    }

    fn filtered(&mut self, filters: Option<&'e Expression>, text: Value) -> Result<Value> {
        let Some(filters) = filters else { return Ok(text) };
        let before = std::mem::replace(&mut self.input, text);
        let value = self.expression(filters).map(Cow::into_owned);
        self.input = before;
        value
    }

    /// Returns what a name means: of the template, of its includer, of the host, or a global function.
    pub(super) fn name(&self, symbol: Symbol, place: Place) -> Result<Seen<'_>> {
        let index = symbol as usize;
        if let Some(Some(value)) = self.slots.get(index) {
            return Ok(Cow::Borrowed(value));
        }
        let known = self.known.get(index);
        if let Some(value) = known.and_then(OnceCell::get) {
            return Ok(Cow::Borrowed(value));
        }
        let name = &self.code.names[index];
        Ok(match (self.outside(name)?, known) {
            (Some(value), Some(known)) => Cow::Borrowed(known.get_or_init(|| value)),
            (Some(value), None) => Cow::Owned(value),
            (None, _) => Cow::Owned(self.code.undefined(format!("'{name}' is undefined"), place)),
        })
    }

    /// Returns what a name means that the template gives no value.
    fn outside(&self, name: &Arc<str>) -> Result<Option<Value>> {
        let mut handed_on = self.overlay.iter().flat_map(|names| names.iter().rev());
        if let Some((_, value)) = handed_on.find(|(known, _)| known == name) {
            return Ok(Some(value.clone()));
        }
        if !self.isolated
            && let Some(value) = self.env.variable(name, self.depth)?
        {
            self.tell_of_old(name);
            return Ok(Some(if self.code.mutates { thaw(value) } else { value }));
        }
        Ok(match globals::find(name) {
            None if &**name == "self" => Some(object(super::objects::Blocks)),
            found => found,
        })
    }

    /// Runs a loop, or one level of a recursive one over other items.
    pub(super) fn for_loop(
        &mut self,
        node: &'e Arc<For>,
        items: Option<Value>,
        out: &mut Output,
    ) -> Result<()> {
        let place = node.iterable.place();
        let iterable = match items {
            Some(items) => items,
            None => self.expression(&node.iterable)?.into_owned(),
        };
        let mut items = self.iterate(&iterable).map_err(|error| error.at(self.code, place))?;
        let saved = self.enter();
        self.running.push(node);
        let result = self.iterations(node, &mut items, out);
        self.running.pop();
        self.leave(saved);
        if !result? {
            self.body(&node.otherwise, out)?;
        }
        Ok(())
    }

    /// Returns whether there was an item.
    fn iterations(
        &mut self,
        node: &'e Arc<For>,
        items: &mut Arc<List>,
        out: &mut Output,
    ) -> Result<bool> {
        if let Some(filter) = &node.filter {
            let mut kept = Vec::new();
            for item in items.iter() {
                self.step()?;
                let saved = self.enter();
                let item = self.resolved(item.clone())?;
                self.assign(&node.target, item.clone())?;
                let keep = self.truth(filter)?;
                self.leave(saved);
                if keep {
                    kept.push(item);
                }
            }
            *items = Arc::new(kept.into());
        }
        let state = self.code.loop_symbol.map(|symbol| {
            let state = Arc::new(Loop {
                node: Arc::clone(node),
                items: Arc::clone(items),
                index: AtomicUsize::new(0),
                depth: self.loops,
                changed: std::sync::Mutex::default(),
            });
            self.bind(symbol, Value::Object(Arc::clone(&state) as _));
            state
        });
        let depth = if node.recursive { self.loops + 1 } else { 0 };
        let before = std::mem::replace(&mut self.loops, depth);
        for (index, item) in items.iter().enumerate() {
            self.step()?;
            if let Some(state) = &state {
                state.index.store(index, Ordering::Relaxed);
            }
            let saved = self.enter();
            self.assign_item(&node.target, item)?;
            let flow = self.body(&node.body, out)?;
            self.leave(saved);
            if flow == Flow::Break {
                break;
            }
        }
        self.loops = before;
        Ok(!items.is_empty())
    }

    /// Returns the items that iteration gives.
    pub(crate) fn iterate(&self, value: &Value) -> Result<Arc<List>> {
        match value {
            Value::List(list) | Value::Tuple(list) => Ok(Arc::clone(list)),
            Value::Object(object) if is_cell(value) && self.code.mutates => {
                match object.as_any().downcast_ref::<super::cells::ListCell>() {
                    Some(cell) => Ok(cell.items_as_cells()),
                    None => items(value),
                }
            }
            other => items(other),
        }
    }
}
