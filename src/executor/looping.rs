//! The items of a loop, and what `loop_control` makes of them.

use std::{sync::Arc, time::Duration};

use super::{
    Failure,
    failure::{OMITTED_HELP, invalid_name},
    judge::Judged,
    task::{Prepared, hold},
    typed::{Type, place_of},
};
use crate::{
    diagnostic::{Source, Span, Told},
    output::{Cause, Event},
    playbook::{Keyword, Loop, LoopControl},
    template::{Env, OMITTED},
    value::{Dict, List, Origin, Value, is_variable_name},
    vars::Names,
};

/// Names and values that hold in one turn of a loop.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) locals: Vec<(Arc<str>, Value)>,
    /// What its result says of the item.
    pub(super) marks: Vec<(Arc<str>, Value)>,
    pub(super) value: Value,
    /// What of the item is as the operator wrote it, as `Scope::own_words` says it.
    pub(super) own: Value,
    /// Where it stands, where that is known.
    pub(super) origin: Option<Origin>,
}

/// The items of a loop, and how they are gone through.
pub(super) struct Items {
    pub(super) list: Vec<Item>,
    /// What lies between two of them.
    pub(super) pause: Duration,
}

/// What `loop_control` comes to.
struct Control {
    loop_var: Arc<str>,
    index_var: Option<Arc<str>>,
    pause: Duration,
    extended: bool,
    /// Whether `ansible_loop` has the whole list.
    all_items: bool,
}

impl Control {
    /// What `loop_control` says, whose words have to be of their types.
    fn of(control: &LoopControl, env: &Env<'_>) -> Result<Control, Failure> {
        let truth = |given: &Given, keyword: &str, default: bool| {
            let value = typed(given, keyword, Type::Bool, env)?;
            Ok::<bool, Failure>(value.map_or(default, |value| super::typed::holds(&value)))
        };
        let pause = typed(&control.pause, "pause", Type::Float, env)?;
        let pause = pause.and_then(|seconds| super::typed::as_number(&seconds)).unwrap_or(0.0);
        Ok(Control {
            loop_var: named(&control.loop_var, "loop_var", env)?.unwrap_or_else(|| "item".into()),
            index_var: named(&control.index_var, "index_var", env)?,
            pause: Duration::try_from_secs_f64(pause.max(0.0)).unwrap_or(Duration::MAX),
            extended: truth(&control.extended, "extended", false)?,
            all_items: truth(&control.extended_allitems, "extended_allitems", true)?,
        })
    }
}

/// What is said of a loop whose variable hides another one.
fn hidden(name: &str, control: &LoopControl) -> Told {
    let place = control.loop_var.as_ref().map(|(_, span)| span.clone());
    // A name that nobody wrote stands nowhere.
    let place = place.unwrap_or_else(|| Span::new(&Source::new("<unknown>", name), (0, 0), (0, 0)));
    let message = format!("The loop variable '{name}' is already in use.");
    Told {
        help: Some(
            "You should set the `loop_var` value in the `loop_control` option for the task to something else to avoid variable collisions and unexpected behavior.",
        ),
        ..Told::warning(message, Some(&place))
    }
}

/// Lookups that give what they are given.
const HAND_ON: [&str; 7] =
    ["items", "list", "indexed_items", "nested", "together", "flattened", "random_choice"];

impl Prepared {
    /// The items of a loop; `None` where the list cannot be known and the task is skipped anyway.
    pub(super) fn items(&self, looping: &Loop) -> Result<Option<Items>, Failure> {
        let names = self.names();
        let context = names.world.context(names.search_path());
        let env = Env::new(&names, &context).telling(&self.told);
        let values = match self.loop_values(looping, &env) {
            Ok(values) => values,
            // What the list is made of may only exist where the condition holds.
            Err(failure) if failure.undefined => {
                return match self.conditions(&env) {
                    Ok(Some(_)) => Ok(None),
                    _ => Err(failure),
                };
            }
            Err(failure) => return Err(alone(failure)),
        };
        let control = Control::of(&looping.control, &env)?;
        if !values.is_empty() && names.own(&control.loop_var).is_some() {
            let told = hidden(&control.loop_var, &looping.control);
            self.run.printer.event(&Event::Told(told));
        }
        let hands_on = looping.lookup.as_deref().is_none_or(|lookup| HAND_ON.contains(&lookup));
        // A list that stands in the playbook is looked at item by item.
        let written = looping.items.as_list().filter(|list| list.len() == values.len());
        let all_own = hands_on && env.is_operators_own(&looping.items);
        let named = if hands_on { env.own_words(&looping.items) } else { Value::None };
        let own = |at: usize| {
            let is_own =
                |list: &List| list.get(at).is_some_and(|item| env.is_own_as(item, &values[at]));
            match &named {
                Value::List(list) if list.len() == values.len() => list[at].clone(),
                _ => Value::Bool(all_own || hands_on && written.is_some_and(is_own)),
            }
        };
        let count = values.len();
        let list = Value::List(Arc::clone(&values));
        let items = values.iter().enumerate().map(|(at, value)| {
            let mut locals = vec![
                (Arc::clone(&control.loop_var), value.clone()),
                ("ansible_loop_var".into(), Value::Str(Arc::clone(&control.loop_var))),
            ];
            let mut marks = vec![
                (Arc::clone(&control.loop_var), value.clone()),
                ("ansible_loop_var".into(), Value::Str(Arc::clone(&control.loop_var))),
            ];
            if let Some(index_var) = &control.index_var {
                locals.push((Arc::clone(index_var), Value::from(at)));
                locals.push(("ansible_index_var".into(), Value::Str(Arc::clone(index_var))));
                marks.push((Arc::clone(index_var), Value::from(at)));
                marks.push(("ansible_index_var".into(), Value::Str(Arc::clone(index_var))));
            }
            if control.extended {
                let all = control.all_items.then_some(&list);
                let described = describe(&values, at, count, all);
                locals.push(("ansible_loop".into(), described.clone()));
                marks.push(("ansible_loop".into(), described));
            }
            let origin = match written {
                Some(list) if hands_on => env.origin_of(&list[at], list.origin(at).cloned()),
                _ => values.origin(at).cloned(),
            };
            Item { locals, marks, value: value.clone(), own: own(at), origin }
        });
        Ok(Some(Items { list: items.collect(), pause: control.pause }))
    }

    /// The folder in which lookups of the loop look for files first.
    fn folder(&self) -> &'static str {
        // As in the reference, what the action's name has in it decides.
        match &*self.task.action {
            action if action.contains("template") => "templates",
            action if action.contains("var") => "vars",
            _ => "files",
        }
    }

    fn loop_values(&self, looping: &Loop, env: &Env<'_>) -> Result<Arc<List>, Failure> {
        let value = match looping.lookup.as_deref() {
            // Names of files with something undefined in them are not looked for.
            Some("first_found" | "ansible.builtin.first_found") => env.eval_present(&looping.items),
            _ => env.eval(&looping.items),
        };
        let value = value.map_err(|error| Failure::template(&error, "", Some(&looping.span)))?;
        let refused = |message: String, help: &'static str| {
            let cause = Cause {
                message: message.clone(),
                span: Some(looping.span.clone()),
                help: Some(help),
                ..Cause::default()
            };
            let failure = Failure { causes: vec![cause], ..Failure::default() };
            Err(alone(failure).with("msg", message))
        };
        if matches!(value, Value::Omit) {
            return refused(OMITTED.to_owned(), OMITTED_HELP);
        }
        let Some(lookup) = &looping.lookup else {
            return match &value {
                Value::List(list) | Value::Tuple(list) => Ok(Arc::clone(list)),
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
        env.lookup(lookup, terms, self.folder()).map(|found| Arc::new(found.into())).map_err(
            |error| {
                if !error.message.starts_with("The lookup plugin '") {
                    return Failure::template(&error, "", Some(&looping.span));
                }
                let message = error.message.trim_end().to_owned();
                let cause = Cause {
                    message: message.clone(),
                    origin: Some("<unknown>\n\ninvoke_lookup()".to_owned()),
                    ..Cause::default()
                };
                let failure = Failure { causes: vec![cause], ..Failure::default() };
                alone(failure).with("msg", message)
            },
        )
    }

    pub(super) fn item_names(&self, item: &Item) -> Names {
        let mut names = self.names().acting();
        for (name, value) in &item.locals {
            names.set_local(name, value.clone());
        }
        names
            .origins
            .extend(item.locals.first().map(|(name, _)| Arc::clone(name)).zip(item.origin.clone()));
        let name = item.locals.first().map(|(name, _)| Arc::clone(name));
        names.trusted.extend(name.map(|name| (name, item.own.clone())));
        names
    }

    pub(super) fn mark(judged: &mut Judged, item: &Item) {
        for (name, value) in &item.marks {
            judged.result.insert(&**name, value.clone());
        }
        if let Some((name, _)) = item.locals.first().filter(|_| item.own.is_true()) {
            judged.own = Dict::from_iter([(Value::Str(Arc::clone(name)), item.own.clone())]).into();
        }
    }

    /// Says of an item that went wrong whether that is ignored, which may be for the item to say.
    pub(super) fn mark_ignored(&self, judged: &mut Judged, item: &Item) {
        if judged.is_bad() {
            judged.ignored = Some(self.ignores(judged, &self.item_names(item)));
        }
    }

    /// Gives an item's result the name that the task registers: until the loop is over, it is the variable.
    pub(super) fn set_registered(&self, names: &mut Names, judged: &Judged) {
        if let Some(register) = self.task.own(Keyword::Register).and_then(Value::as_str) {
            names.set_local(register, judged.registered(self.shape()).into());
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

    /// Whether an item is the last one.
    pub(super) fn breaks(
        &self,
        looping: &Loop,
        item: &Item,
        judged: &Judged,
    ) -> Result<bool, Failure> {
        let said = looping.control.break_when.as_ref();
        let Some(said) = said.filter(|(said, _)| said.is_lazy() || said.is_true()) else {
            return Ok(false);
        };
        let mut names = self.item_names(item);
        self.set_registered(&mut names, judged);
        let context = names.world.context(names.search_path());
        hold(said, &Env::new(&names, &context).telling(&self.told))
            .map_err(|(error, place)| alone(Failure::template(&error, "", Some(&place))))
    }
}

/// What a word of `loop_control` says, and where.
type Given = Option<(Value, Span)>;

fn evaluated(given: &Given, keyword: &str, env: &Env<'_>) -> Result<Option<Value>, Failure> {
    let Some((value, span)) = given else { return Ok(None) };
    let prefix = format!("Error processing keyword '{keyword}': ");
    let value =
        env.eval(value).map_err(|error| alone(Failure::template(&error, &prefix, Some(span))))?;
    Ok(Some(value).filter(|value| !matches!(value, Value::Omit)))
}

/// A word that names a variable; an index needs no name.
fn named(given: &Given, keyword: &str, env: &Env<'_>) -> Result<Option<Arc<str>>, Failure> {
    let (Some(value), Some((_, span))) = (evaluated(given, keyword, env)?, given) else {
        return Ok(None);
    };
    if keyword == "index_var" && !value.is_true() {
        return Ok(None);
    }
    // Nothing has no place.
    let (value, span) = match value {
        Value::None => (Value::None, None),
        value => (Value::from(value.to_text()), Some(span)),
    };
    if let Some(name) = value.as_str().filter(|name| is_variable_name(name)) {
        return Ok(Some(name.into()));
    }
    let failure = invalid_name(&value, span);
    let message = failure.causes.first().map(|cause| cause.message.clone()).unwrap_or_default();
    Err(alone(failure).with("msg", message))
}

/// A word that is of a type.
fn typed(given: &Given, keyword: &str, of: Type, env: &Env<'_>) -> Result<Option<Value>, Failure> {
    let (Some(value), Some((written, span))) = (evaluated(given, keyword, env)?, given) else {
        return Ok(None);
    };
    match of.misfit(keyword, &value, span, || place_of(written, env)) {
        Some(failure) => Err(alone(failure)),
        None => Ok(Some(value).filter(|value| !matches!(value, Value::None))),
    }
}

/// A failure about which nothing else is said: the loop did not come to its task.
pub(super) fn alone(failure: Failure) -> Failure {
    Failure { bare: true, ..failure }
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
