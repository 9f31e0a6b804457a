//! The items of a loop, and what `loop_control` makes of them.

use std::{sync::Arc, time::Duration};

use super::{
    Failure,
    failure::{OMITTED_HELP, invalid_name},
    judge::Judged,
    task::Prepared,
};
use crate::{
    diagnostic::Span,
    output::Cause,
    playbook::{Keyword, Loop},
    template::{Env, OMITTED},
    value::{Dict, Value},
    vars::Names,
};

/// Names and values that hold in one turn of a loop.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) locals: Vec<(Arc<str>, Value)>,
    /// What its result says of the item.
    pub(super) marks: Vec<(Arc<str>, Value)>,
    pub(super) value: Value,
    /// Whether the item is as the operator wrote it.
    pub(super) is_own: bool,
}

/// Lookups that give what they are given.
const HAND_ON: [&str; 7] =
    ["items", "list", "indexed_items", "nested", "together", "flattened", "random_choice"];

impl Prepared {
    /// The items of a loop; `None` where the list cannot be known and the task is skipped anyway.
    pub(super) fn items(&self, looping: &Loop) -> Result<Option<Vec<Item>>, Failure> {
        let names = self.names();
        let context = names.world.context(names.search_path());
        let env = Env::new(&names, &context).telling(&self.told);
        let values = match self.loop_values(looping, &env) {
            Ok(values) => values,
            // What the list is made of may only exist where the condition holds.
            Err(failure) => {
                return match self.conditions(&env) {
                    Ok(Some(_)) => Ok(None),
                    _ => Err(failure),
                };
            }
        };
        let control = &looping.control;
        let text = |value: &Option<Value>, default: &str| -> Result<Arc<str>, Failure> {
            match value {
                None => Ok(default.into()),
                Some(value) => {
                    let value = env
                        .eval(value)
                        .map_err(|error| Failure::template(&error, "", Some(&looping.span)))?;
                    Ok(value.to_text().into())
                }
            }
        };
        let name = |value: &Option<Value>, default: &str, place: &Option<Span>| {
            let name = text(value, default)?;
            if crate::playbook::is_variable_name(&name) {
                return Ok(name);
            }
            let message = format!("Invalid variable name '{name}'.");
            let failure = invalid_name(&Value::Str(name), place.as_ref());
            Err(Failure { bare: true, ..failure }.with("msg", message))
        };
        let [item_place, index_place] = &control.places;
        let loop_var = name(&control.loop_var, "item", item_place)?;
        let index_var =
            control.index_var.as_ref().map(|_| name(&control.index_var, "", index_place));
        let index_var = index_var.transpose()?;
        let extended = control
            .extended
            .as_ref()
            .is_some_and(|value| env.eval(value).is_ok_and(|value| value.says_yes()));
        let all_items = control
            .extended_allitems
            .as_ref()
            .is_none_or(|value| env.eval(value).is_ok_and(|value| value.says_yes()));
        let hands_on = looping.lookup.as_deref().is_none_or(|lookup| HAND_ON.contains(&lookup));
        // A list that stands in the playbook is looked at item by item.
        let written = looping.items.as_list().filter(|list| list.len() == values.len());
        let all_own = hands_on && env.is_operators_own(&looping.items);
        let is_own = |at: usize| {
            let own = |list: &crate::value::List| {
                list.get(at).is_some_and(|item| env.is_own_as(item, &values[at]))
            };
            all_own || hands_on && written.is_some_and(own)
        };
        let count = values.len();
        let list = Value::list(values.iter().cloned());
        let items = values.iter().enumerate().map(|(at, value)| {
            let mut locals = vec![
                (Arc::clone(&loop_var), value.clone()),
                ("ansible_loop_var".into(), Value::Str(Arc::clone(&loop_var))),
            ];
            let mut marks = vec![
                (Arc::clone(&loop_var), value.clone()),
                ("ansible_loop_var".into(), Value::Str(Arc::clone(&loop_var))),
            ];
            if let Some(index_var) = &index_var {
                locals.push((Arc::clone(index_var), Value::from(at)));
                locals.push(("ansible_index_var".into(), Value::Str(Arc::clone(index_var))));
                marks.push((Arc::clone(index_var), Value::from(at)));
                marks.push(("ansible_index_var".into(), Value::Str(Arc::clone(index_var))));
            }
            if extended {
                let described = describe(&values, at, count, all_items.then_some(&list));
                locals.push(("ansible_loop".into(), described.clone()));
                marks.push(("ansible_loop".into(), described));
            }
            Item { locals, marks, value: value.clone(), is_own: is_own(at) }
        });
        Ok(Some(items.collect()))
    }

    /// The folder in which lookups of the loop look for files first.
    fn folder(&self) -> &'static str {
        match &*self.task.action {
            "include_vars" => "vars",
            "template" => "templates",
            _ => "files",
        }
    }

    fn loop_values(&self, looping: &Loop, env: &Env<'_>) -> Result<Vec<Value>, Failure> {
        let value = env
            .eval(&looping.items)
            .map_err(|error| Failure::template(&error, "", Some(&looping.span)))?;
        let refused = |message: String, help: &'static str| {
            let cause = Cause {
                message: message.clone(),
                span: Some(looping.span.clone()),
                help: Some(help),
                ..Cause::default()
            };
            let failure = Failure { causes: vec![cause], bare: true, ..Failure::default() };
            Err(failure.with("msg", message))
        };
        if matches!(value, Value::Omit) {
            return refused(OMITTED.to_owned(), OMITTED_HELP);
        }
        let Some(lookup) = &looping.lookup else {
            return match &value {
                Value::List(list) | Value::Tuple(list) => Ok(list.to_vec()),
                other => refused(
                    format!(
                        "The `loop` value must resolve to a 'list', not '{}'.",
                        other.type_name()
                    ),
                    "Provide a list of items/templates, or a template resolving to a list.",
                ),
            };
        };
        let terms = match value {
            Value::List(list) | Value::Tuple(list) => list.to_vec(),
            one => vec![one],
        };
        env.lookup(lookup, terms, self.folder()).map_err(|error| {
            if !error.message.starts_with("The lookup plugin '") {
                return Failure::template(&error, "", Some(&looping.span));
            }
            let message = error.message.trim_end().to_owned();
            let cause = Cause {
                message: message.clone(),
                origin: Some("<unknown>\n\ninvoke_lookup()".to_owned()),
                ..Cause::default()
            };
            let failure = Failure { causes: vec![cause], bare: true, ..Failure::default() };
            failure.with("msg", message)
        })
    }

    pub(super) fn item_names(&self, item: &Item) -> Names {
        let mut names = self.names().acting();
        for (name, value) in &item.locals {
            names.set_local(name, value.clone());
        }
        if item.is_own {
            names.trusted.extend(item.locals.first().map(|(name, _)| Arc::clone(name)));
        }
        names
    }

    pub(super) fn mark(judged: &mut Judged, item: &Item) {
        for (name, value) in &item.marks {
            judged.result.insert(&**name, value.clone());
        }
    }

    pub(super) fn loop_pause(&self, looping: &Loop) -> Duration {
        let Some(pause) = &looping.control.pause else { return Duration::ZERO };
        let names = self.names();
        let context = names.world.context(names.search_path());
        let value = Env::new(&names, &context).telling(&self.told).eval(pause);
        let seconds =
            value.ok().and_then(|value| value.to_text().trim().parse::<f64>().ok()).unwrap_or(0.0);
        Duration::from_secs_f64(seconds.max(0.0))
    }

    /// Gives an item's result the name that the task registers: until the loop is over, it is the variable.
    pub(super) fn set_registered(&self, names: &mut Names, judged: &Judged) {
        if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
            names.set_local(register, judged.registered().into());
        }
    }

    /// Whether an item may depend on the result of the one before it, by the name that the task registers.
    pub(super) fn asks_for_its_own_result(&self) -> bool {
        let Some(name) = self.task.own(Keyword::Register).and_then(Value::as_str) else {
            return false;
        };
        let args = &self.task.args;
        let level = &self.task.level;
        let given = args.entries.iter().map(|argument| &argument.value);
        let whole = args.whole.iter().map(|(value, _)| value);
        let before = |keyword| {
            !matches!(
                keyword,
                Keyword::Register
                    | Keyword::Name
                    | Keyword::Loop
                    | Keyword::ChangedWhen
                    | Keyword::FailedWhen
            )
        };
        let keywords = level.keywords.iter().filter(|(keyword, ..)| before(*keyword));
        let conditions = level.inherited(Keyword::When).into_iter().map(|(value, _)| value);
        given
            .chain(whole)
            .chain(keywords.map(|(_, value, _)| value))
            .chain(conditions)
            .chain(level.vars.iter().map(|(_, value)| value))
            .any(|value| mentions(value, name))
    }

    pub(super) fn breaks(&self, looping: &Loop, item: &Item, judged: &Judged) -> bool {
        let Some(condition) = &looping.control.break_when else { return false };
        let mut names = self.item_names(item);
        self.set_registered(&mut names, judged);
        let context = names.world.context(names.search_path());
        Env::new(&names, &context).telling(&self.told).condition(condition).unwrap_or(false)
    }
}

/// Whether a name may stand in what has to be evaluated.
fn mentions(value: &Value, name: &str) -> bool {
    match value {
        Value::Template(template) => template.text.contains(name),
        Value::Str(text) => text.contains(name),
        Value::List(list) => list.iter().any(|value| mentions(value, name)),
        Value::Dict(dict) => dict.iter().any(|(_, value)| mentions(value, name)),
        _ => false,
    }
}

/// `ansible_loop`.
fn describe(values: &[Value], at: usize, count: usize, all: Option<&Value>) -> Value {
    let mut found = Dict::new();
    if let Some(all) = all {
        found.insert("allitems", all.clone());
    }
    found.insert("index", at + 1);
    found.insert("index0", at);
    found.insert("first", at == 0);
    found.insert("last", at + 1 == count);
    found.insert("length", count);
    found.insert("revindex", count - at);
    found.insert("revindex0", count - at - 1);
    if at + 1 < count {
        found.insert("nextitem", values[at + 1].clone());
    }
    if at > 0 {
        found.insert("previtem", values[at - 1].clone());
    }
    found.into()
}
