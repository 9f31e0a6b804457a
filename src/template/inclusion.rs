//! Blocks, and other templates: inheritance, `include`, `import`.

use std::{cell::OnceCell, sync::Arc};

use super::{
    TemplateError,
    cells::{freeze, is_cell},
    evaluator::{Evaluator, MAX_DEPTH, Result},
    objects::{Macro, Module, Overlay, downcast, object},
    output::Output,
    tree::{Code, Expression, Place},
};
use crate::value::Value;

fn is_missing(error: &TemplateError) -> bool {
    ["not found in search path", "were found: ", "empty list of templates"]
        .iter()
        .any(|words| error.message.contains(words))
}

/// Blocks by name, the most derived first.
pub(crate) type Chain = Vec<(Arc<str>, Vec<(Arc<Code>, usize)>)>;

impl<'e> Evaluator<'e> {
    pub(super) fn register_blocks(&mut self) {
        for (index, block) in self.code.blocks.iter().enumerate() {
            let entry = (Arc::clone(self.code), index);
            match self.blocks.iter_mut().find(|(name, _)| *name == block.name) {
                Some((_, chain)) => chain.push(entry),
                None => self.blocks.push((Arc::clone(&block.name), vec![entry])),
            }
        }
    }

    /// Runs a block: the most derived one of this name, or one further up for `super()`.
    pub(super) fn run_block(
        &self,
        name: &Arc<str>,
        level: usize,
        scoped: bool,
        out: &mut Output,
    ) -> Result<()> {
        let found = self.blocks.iter().find(|(known, _)| known == name);
        let Some((code, index)) = found.and_then(|(_, chain)| chain.get(level)).cloned() else {
            return Err(TemplateError::runtime(format!("there is no block '{name}'")));
        };
        if code.blocks[index].required {
            return Err(TemplateError::runtime(format!("Required block '{name}' not found")));
        }
        let mut evaluator = Evaluator::new(self.env, &code, self.depth + 1);
        if evaluator.depth > MAX_DEPTH {
            return Err(TemplateError::recursion());
        }
        evaluator.overlay = if scoped { self.visible() } else { self.exported() };
        evaluator.blocks.clone_from(&self.blocks);
        evaluator.block = Some((Arc::clone(name), level));
        evaluator.isolated = self.isolated;
        evaluator.body(&code.blocks[index].body, out).map(drop)
    }

    pub(super) fn has_block(&self, name: &str) -> Option<Arc<str>> {
        self.blocks.iter().find(|(known, _)| &**known == name).map(|(name, _)| Arc::clone(name))
    }

    /// Returns the names of the template's top level.
    fn exported(&self) -> Overlay {
        self.over(&self.top())
    }

    /// Returns the template's own names, for a template that it includes.
    pub(super) fn visible(&self) -> Overlay {
        self.over(&self.slots)
    }

    /// Returns what the includer handed on, under names of this template, and variables that it may have changed.
    fn over(&self, slots: &[Option<Value>]) -> Overlay {
        let changed = self.known.iter().map(OnceCell::get).map(|it| it.filter(|it| is_cell(it)));
        let changed = self.code.names.iter().zip(changed);
        let own = self.code.names.iter().zip(slots.iter().map(Option::as_ref));
        let all = changed.chain(own);
        let all = all.filter_map(|(name, value)| Some((Arc::clone(name), value?.clone())));
        let mut all = all.peekable();
        if all.peek().is_none() {
            return self.overlay.clone();
        }
        let before = self.overlay.iter().flat_map(|names| names.iter().cloned());
        Some(Arc::new(before.chain(all).collect()))
    }

    pub(super) fn load(&self, name: &Value, place: Place) -> Result<Arc<Code>> {
        let names = match name {
            Value::List(list) | Value::Tuple(list) => list.to_vec(),
            Value::Undefined(undefined) => return Err((&**undefined).into()),
            other => vec![other.clone()],
        };
        if names.is_empty() || matches!(name, Value::None) {
            let message = "Tried to select from an empty list of templates.";
            return Err(TemplateError::runtime(message).at(self.code, place));
        }
        let mut failure = None;
        for name in &names {
            match self.env.load(&name.to_text(), &self.code.options) {
                Ok(code) => return Ok(code),
                Err(error) => failure = Some(error),
            }
        }
        let failure = match failure {
            Some(failure) if names.len() == 1 || !failure.message.contains("not found") => failure,
            _ => {
                let names = names.iter().map(Value::to_text).collect::<Vec<_>>().join(", ");
                TemplateError::runtime(format!("none of the templates given were found: {names}"))
            }
        };
        Err(failure.at(self.code, place))
    }

    pub(super) fn include(
        &mut self,
        name: &'e Expression,
        ignore_missing: bool,
        with_context: bool,
        out: &mut Output,
    ) -> Result<()> {
        let value = self.expression(name)?;
        let value = freeze(&value);
        let code = match self.load(&value, name.place()) {
            Ok(code) => code,
            Err(error) if ignore_missing && is_missing(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut evaluator = Evaluator::new(self.env, &code, self.depth + 1);
        if with_context {
            evaluator.overlay = self.visible();
            evaluator.isolated = self.isolated;
        } else {
            evaluator.isolated = true;
        }
        let mut text = Output::text(out.waits);
        evaluator.run(&mut text)?;
        out.append(text)
    }

    pub(super) fn import(&self, name: &'e Expression, with_context: bool) -> Result<Module> {
        let value = self.expression(name)?;
        let value = freeze(&value);
        let code = self.load(&value, name.place())?;
        let mut evaluator = Evaluator::new(self.env, &code, self.depth + 1);
        if with_context {
            evaluator.overlay = self.visible();
            evaluator.isolated = self.isolated;
        } else {
            evaluator.isolated = true;
        }
        let mut text = Output::text(true);
        evaluator.run(&mut text)?;
        let root = Arc::new(evaluator.slots.clone());
        let mut exports = Vec::new();
        for (name, value) in code.names.iter().zip(evaluator.slots) {
            let Some(value) = value else { continue };
            if name.starts_with('_') {
                continue;
            }
            // A macro of the module sees what the module has in the end.
            let value = match downcast::<Macro>(&value) {
                Some(found) if Arc::ptr_eq(&found.code, &code) => object(Macro {
                    code: Arc::clone(&code),
                    body: Arc::clone(&found.body),
                    root: Arc::clone(&root),
                    inner: Vec::new(),
                    overlay: found.overlay.clone(),
                    isolated: found.isolated,
                }),
                _ => value,
            };
            exports.push((Arc::clone(name), value));
        }
        Ok(Module { exports, text: text.into_captured() })
    }
}
