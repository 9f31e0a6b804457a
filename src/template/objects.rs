//! What only templates know: ranges, macros, modules, loops, namespaces, cyclers, bound methods.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    evaluator::{Evaluator, Passed},
    tree::{Code, For, MacroCode, Symbol},
};
use crate::{
    template::TemplateError,
    value::{List, Object, Value},
};

macro_rules! object {
    ($name:literal) => {
        fn type_name(&self) -> &'static str {
            $name
        }
        fn as_any(&self) -> &dyn Any {
            self
        }
    };
}

/// Returns the object of a type that a value is.
pub(crate) fn downcast<T: 'static>(value: &Value) -> Option<&T> {
    match value {
        Value::Object(object) => object.as_any().downcast_ref(),
        _ => None,
    }
}

/// Wraps an object.
pub(crate) fn object(object: impl Object) -> Value {
    Value::Object(Arc::new(object))
}

/// `range(3)`.
#[derive(Debug)]
pub(crate) struct Range {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    pub(crate) step: i64,
}

/// Items beyond which a range is refused: nothing useful loops so often.
pub(crate) const MAX_RANGE: usize = 10_000_000;

impl Range {
    pub(crate) fn len(&self) -> usize {
        let (start, stop, step) =
            (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let distance = if step > 0 { stop - start } else { start - stop };
        usize::try_from((distance + step.abs() - 1) / step.abs()).unwrap_or(0)
    }

    pub(crate) fn at(&self, index: usize) -> i64 {
        self.start.wrapping_add(self.step.wrapping_mul(i64::try_from(index).unwrap_or(0)))
    }
}

impl Object for Range {
    object!("range");
    fn to_text(&self) -> String {
        match self.step {
            1 => format!("range({}, {})", self.start, self.stop),
            step => format!("range({}, {}, {step})", self.start, self.stop),
        }
    }
    fn items(&self) -> Option<Arc<List>> {
        (self.len() <= MAX_RANGE)
            .then(|| Arc::new((0..self.len()).map(|index| Value::Int(self.at(index))).collect()))
    }
    fn is_true(&self) -> bool {
        self.len() > 0
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "start" => Some(self.start.into()),
            "stop" => Some(self.stop.into()),
            "step" => Some(self.step.into()),
            _ => None,
        }
    }
}

/// What a global function does.
pub(crate) type FunctionBody = fn(&Evaluator<'_>, Passed) -> Result<Value, TemplateError>;

/// A global function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) call: FunctionBody,
}

impl Object for Function {
    fn type_name(&self) -> &'static str {
        match self.name {
            "range" | "dict" | "namespace" | "cycler" | "joiner" => "type",
            _ => "function",
        }
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        (self.name == "dict" && name == "fromkeys")
            .then(|| object(Bound { of: Value::Dict(Arc::default()), name: "fromkeys".into() }))
    }
    fn to_text(&self) -> String {
        format!("<function {}>", self.name)
    }
}

/// A method that was not called at once.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) of: Value,
    pub(crate) name: Arc<str>,
}

impl Object for Bound {
    fn type_name(&self) -> &'static str {
        if matches!(self.of, Value::Dict(_)) { "method" } else { "builtin_function_or_method" }
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_text(&self) -> String {
        format!("<built-in method {} of {} object>", self.name, self.of.type_name())
    }
}

/// A macro, with the values that its body sees.
#[derive(Clone)]
pub(crate) struct Macro {
    pub(crate) code: Arc<Code>,
    pub(crate) body: Arc<MacroCode>,
    pub(crate) root: Arc<Vec<Option<Value>>>,
    /// Names of the scopes around its definition.
    pub(crate) inner: Vec<(Symbol, Value)>,
    pub(crate) overlay: Overlay,
    pub(crate) isolated: bool,
}

/// Names that an including template hands on.
pub(crate) type Overlay = Option<Arc<Vec<(Arc<str>, Value)>>>;

impl std::fmt::Debug for Macro {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl Object for Macro {
    object!("Macro");
    fn to_text(&self) -> String {
        let name = if self.body.name.is_empty() { "anonymous" } else { &self.body.shown() };
        format!("<Macro {name}>")
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "name" if self.body.name.is_empty() => Value::None,
            "name" => Value::Str(Arc::clone(&self.body.name)),
            "arguments" => {
                let names = self.body.parameters.iter();
                let names = names.map(|symbol| self.code.names[*symbol as usize].clone().into());
                Value::Tuple(Arc::new(names.collect()))
            }
            "catch_kwargs" => self.body.kwargs.is_some().into(),
            "catch_varargs" => self.body.varargs.is_some().into(),
            "caller" => self.body.caller.is_some().into(),
            _ => return None,
        })
    }
}

/// `self`: the blocks of a template.
#[derive(Debug)]
pub(crate) struct Blocks;

impl Object for Blocks {
    object!("TemplateReference");
}

/// What `import` gives.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) exports: Vec<(Arc<str>, Value)>,
    /// What the template puts out, which fails where it is used when the template does.
    pub(crate) text: Value,
}

impl Module {
    pub(crate) fn put_out(&self) -> Result<Value, TemplateError> {
        match &self.text {
            Value::Undefined(undefined) => Err((&**undefined).into()),
            Value::None => Ok(Value::str("")),
            text => Ok(text.clone()),
        }
    }
}

impl Object for Module {
    object!("TemplateModule");
    fn to_text(&self) -> String {
        self.text.to_text()
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        let found = self.exports.iter().rev().find(|(export, _)| &**export == name)?;
        Some(found.1.clone())
    }
}

/// `loop`.
pub(crate) struct Loop {
    pub(crate) node: Arc<For>,
    pub(crate) items: Arc<List>,
    pub(crate) index: AtomicUsize,
    pub(crate) depth: usize,
    pub(crate) changed: Mutex<Option<Vec<Value>>>,
}

impl std::fmt::Debug for Loop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<LoopContext>")
    }
}

impl Loop {
    /// `loop.changed(...)`: whether the values differ from the last call's.
    pub(crate) fn changed(&self, values: Vec<Value>) -> bool {
        let mut last = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = last.as_ref() != Some(&values);
        *last = Some(values);
        changed
    }

    pub(crate) fn index(&self) -> usize {
        self.index.load(Ordering::Relaxed)
    }
}

impl Object for Loop {
    object!("LoopContext");
    fn to_text(&self) -> String {
        format!("<LoopContext {}/{}>", self.index() + 1, self.items.len())
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        let (index, length) = (self.index(), self.items.len());
        Some(match name {
            "index" => (index + 1).into(),
            "index0" => index.into(),
            "revindex" => (length - index).into(),
            "revindex0" => (length - index - 1).into(),
            "first" => (index == 0).into(),
            "last" => (index + 1 == length).into(),
            "length" => length.into(),
            "depth" => (self.depth + 1).into(),
            "depth0" => self.depth.into(),
            "previtem" => match index.checked_sub(1) {
                Some(before) => self.items[before].clone(),
                None => Value::undefined("there is no previous item"),
            },
            "nextitem" => match self.items.get(index + 1) {
                Some(next) => next.clone(),
                None => Value::undefined("there is no next item"),
            },
            _ => return None,
        })
    }
}

/// `namespace(...)`.
#[derive(Debug, Default)]
pub(crate) struct Namespace(pub(crate) Mutex<Vec<(Arc<str>, Value)>>);

impl Namespace {
    pub(crate) fn set(&self, name: &Arc<str>, value: Value) {
        let mut attributes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => attributes.push((Arc::clone(name), value)),
        }
    }
}

impl Object for Namespace {
    object!("Namespace");
    fn attribute(&self, name: &str) -> Option<Value> {
        let attributes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        attributes.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
    }
    fn to_text(&self) -> String {
        let attributes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let dict = Value::dict(attributes.iter().map(|(k, v)| (Arc::clone(k), v.clone())));
        format!("<Namespace {}>", dict.to_repr())
    }
}

/// `cycler(...)`.
#[derive(Debug)]
pub(crate) struct Cycler {
    pub(crate) items: Vec<Value>,
    pub(crate) position: AtomicUsize,
}

impl Object for Cycler {
    object!("Cycler");
    fn attribute(&self, name: &str) -> Option<Value> {
        (name == "current").then(|| self.items[self.position.load(Ordering::Relaxed)].clone())
    }
}

impl Cycler {
    pub(crate) fn next(&self) -> Value {
        let position = self.position.load(Ordering::Relaxed);
        self.position.store((position + 1) % self.items.len(), Ordering::Relaxed);
        self.items[position].clone()
    }
}

/// `joiner(...)`.
#[derive(Debug)]
pub(crate) struct Joiner {
    pub(crate) separator: Value,
    pub(crate) used: AtomicUsize,
}

impl Object for Joiner {
    object!("Joiner");
}

/// What `groupby` gives for each key: a pair whose halves have names.
#[derive(Debug)]
pub(crate) struct Group(pub(crate) Value, pub(crate) Value);

impl Object for Group {
    object!("GroupTuple");
    fn to_text(&self) -> String {
        format!("({}, {})", self.0.to_repr(), self.1.to_repr())
    }
    fn items(&self) -> Option<Arc<List>> {
        Some(Arc::new(vec![self.0.clone(), self.1.clone()].into()))
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "grouper" => Some(self.0.clone()),
            "list" => Some(self.1.clone()),
            _ => None,
        }
    }
    fn order(&self, other: &Value) -> Option<std::cmp::Ordering> {
        let other = downcast::<Group>(other)?;
        let keys = self.0.order(&other.0, "<").ok()??;
        Some(if keys.is_eq() { self.1.order(&other.1, "<").ok()?? } else { keys })
    }
}
