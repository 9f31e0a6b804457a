//! What the controller does itself: one file an action; every other task is a module for the helper.
//!
//! Invariant: an action prepares and never waits; what has to be waited for it hands back.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, OnceLock},
};

use windlass_modules::spec::{Item, Spec};

use crate::{
    diagnostic::{Diagnostic, Span, closest},
    executor::{Call, Failure, Remote, Step},
    playbook::{Foreign, Keyword, Levels, Task},
    template::Env,
    value::{Dict, Template, Value},
};

/// Writes what an action is and what it is given as a struct would be written: `doc`, then each argument with what it means, its
/// other names, type and default; at the end perhaps the arguments of another specification.
macro_rules! manual {
    ($(#[doc = $doc:literal])+ {
        $($(#[doc = $meaning:literal])+ $name:ident $(| $alias:ident)*: $type:ty $(= $default:literal)?,)*
        $(..$rest:expr)?
    }) => {
        $crate::actions::spec(
            concat!($($doc, "\n"),+),
            &[
                $(windlass_modules::spec::Item::Arg(windlass_modules::spec::Arg {
                    aliases: &[$(stringify!($alias)),*],
                    default: $crate::actions::first(&[$($default)?]),
                    ..windlass_modules::spec::Arg::of::<$type>(
                        stringify!($name),
                        concat!($($meaning),+).trim_ascii(),
                    )
                }),)*
                $(windlass_modules::spec::Item::Flatten($rest),)?
            ],
        )
    };
}

/// Declares one file an action and the table of them.
macro_rules! registry {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+
        static ALL: &[&Action] = &[$(&$name::UNIT),+];
    };
}

registry! {
    add_host,
    assemble,
    assert,
    async_status,
    cli_parse,
    copy,
    debug,
    fact_diff,
    fail,
    fetch,
    gather_facts,
    group_by,
    include_vars,
    package,
    patch,
    pause,
    raw,
    reboot,
    script,
    set_fact,
    set_stats,
    synchronize,
    template,
    uri,
    unarchive,
    update_fact,
    validate,
    validate_argument_spec,
    wait_for_connection,
}

mod control;
mod convert;
mod files;
mod foreign;
mod published;

pub(crate) use published::{published, redirect};

/// An action.
pub(crate) struct Action {
    pub(crate) name: &'static str,
    /// Arguments that it knows, and what is documented of it; nothing where a module of its name has all that.
    pub(crate) spec: Option<Spec>,
    /// Whether any other argument is welcome.
    pub(crate) open: bool,
    /// Whether it needs a connection to its host.
    pub(crate) needs_host: bool,
    pub(crate) run: fn(&Call<'_>) -> Result<Step, Failure>,
}

impl Action {
    /// Returns whether it has an argument of this name.
    pub(crate) fn knows(&'static self, name: &str) -> bool {
        self.spec.as_ref().is_some_and(|spec| {
            spec.find(name).is_some_and(|arg| !arg.hidden)
                || name == "_raw_params" && spec.free_form
        })
    }

    /// Returns the names of its arguments, with their aliases.
    fn arguments(&'static self) -> Vec<&'static str> {
        let args = self.spec.iter().flat_map(Spec::args).filter(|arg| !arg.hidden);
        args.flat_map(|arg| std::iter::once(arg.name).chain(arg.aliases.iter().copied())).collect()
    }

    fn takes_text(&self) -> bool {
        self.spec.as_ref().is_some_and(|spec| spec.free_form)
    }
}

/// Returns what is written with `manual!`.
const fn spec(doc: &'static str, items: &'static [Item]) -> Spec {
    Spec {
        doc,
        items,
        mutually_exclusive: &[],
        required_one_of: &[],
        required_together: &[],
        required_if: &[],
        required_by: &[],
        free_form: false,
        open: false,
        collection: "ansible.builtin",
        also: &[],
        as_action: false,
    }
}

const fn first(of: &[&'static str]) -> Option<&'static str> {
    match of {
        [first, ..] => Some(first),
        [] => None,
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Action>> =
    LazyLock::new(|| ALL.iter().map(|action| (action.name, *action)).collect());

/// Names of actions that the operator does not want to have.
static REFUSED: OnceLock<Vec<String>> = OnceLock::new();

/// Refuses actions by their names as playbooks write them; the first call holds.
pub(crate) fn refuse(names: Vec<String>) {
    let _ = REFUSED.set(names);
}

fn is_refused(written: &str) -> bool {
    REFUSED.get().is_some_and(|names| names.iter().any(|name| name == written))
}

/// Returns a name without the collections that are ours.
pub(crate) fn short_name(written: &str) -> &str {
    let own = ["ansible.builtin.", "ansible.legacy."];
    own.iter().find_map(|collection| written.strip_prefix(collection)).unwrap_or(written)
}

/// Returns the action of this name.
pub(crate) fn find(name: &str) -> Option<&'static Action> {
    BY_NAME.get(name).copied()
}

/// Returns whether an action shows its diff without being asked to; one of a loop does not.
pub(crate) fn shows_diff(name: &str) -> bool {
    name == fact_diff::UNIT.name
}

/// Returns the one name that a task has, however the playbook names its action; nothing where that is unknown.
///
/// An action that is not of `ansible.builtin` is called like the module that stands behind it, or where there is none by
/// its full name.
pub(crate) fn resolve(written: &str) -> Option<&'static str> {
    if is_refused(written) {
        return None;
    }
    let short = short_name(written);
    control::names()
        .find(|name| *name == short)
        .or_else(|| find(short).map(|action| action.name))
        .or_else(|| {
            let mut names = ALL.iter().map(|action| action.name);
            names.find(|name| name.rsplit_once('.').is_some_and(|(_, own)| own == short))
        })
        .or_else(|| windlass_modules::find(written).map(|module| module.name))
}

/// Returns what the controller does itself and is documented here, by name.
pub(crate) fn documented() -> impl Iterator<Item = (&'static str, &'static Spec)> {
    let own = ALL.iter().filter_map(|action| Some((action.name, action.spec.as_ref()?)));
    own.chain(control::ALL.iter().map(|(name, spec)| (*name, spec)))
}

/// Returns the name of an action or module with its collection.
pub(crate) fn full_name(name: &str) -> String {
    match windlass_modules::find(name) {
        Some(module) => module.full_name(),
        None if name.contains('.') => name.to_owned(),
        None => format!("ansible.builtin.{name}"),
    }
}

/// Returns whether the controller does this itself: its failures say `Action failed`.
pub(crate) fn is_action(name: &str) -> bool {
    if windlass_modules::find(name).is_some_and(|module| module.spec.as_action) {
        return true;
    }
    find(name).is_some_and(|action| {
        !matches!(
            action.name,
            "assemble"
                | "async_status"
                | "copy"
                | "fetch"
                | "gather_facts"
                | "package"
                | "patch"
                | "synchronize"
                | "template"
                | "unarchive"
                | "uri"
        )
    })
}

/// Returns whether a task of this name can go on in the background: modules, and what only chooses one.
pub(crate) fn may_be_job(name: &str) -> bool {
    find(name).is_none_or(|action| matches!(action.name, "gather_facts" | "package"))
}

/// Returns whether a task of this name needs a connection to its host.
pub(crate) fn needs_host(name: &str) -> bool {
    !matches!(name, "meta" | "include_tasks" | "include_role")
        && find(name).is_none_or(|action| action.needs_host)
}

/// Returns whether there is an action or module of this name.
pub(crate) fn exists(name: &str) -> bool {
    resolve(name).is_some()
}

/// Returns every name that a task may have.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let own = ALL.iter().map(|action| action.name);
    let modules = windlass_modules::ALL;
    let modules = modules
        .iter()
        .flat_map(|module| std::iter::once(module.name).chain(module.spec.also.iter().copied()));
    own.chain(modules).chain(control::names())
}

/// Does a task's action, or says which module does.
pub(crate) fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let evaluated = evaluated_name(call.task, call.env)?;
    let name = evaluated.as_deref().unwrap_or(&call.task.action);
    let named_late = evaluated.as_deref().and_then(|name| call.foreign(name));
    let foreign = named_late.as_ref().or(call.task.foreign.as_ref());
    let has_text = call.args.contains_key("_raw_params");
    let no_text = || {
        let name = if foreign.is_some() { name.to_owned() } else { full_name(name) };
        let message = format!("Action '{name}' does not support raw params.");
        Failure::at(None, message)
    };
    if has_text
        && foreign.is_some_and(|foreign| !foreign.takes_text())
        && !crate::playbook::takes_text(name)
    {
        return Err(no_text());
    }
    match foreign {
        Some(Foreign::Action(path)) => return Ok(call.by_python(path)),
        Some(Foreign::Module(path)) => match foreign::run(call, name, path) {
            // A copy of a module that we have, which cannot run: ours does the same.
            Err(_) if windlass_modules::find(name).is_some() => (),
            step => return step,
        },
        None => (),
    }
    let nobody_has = || {
        Failure::at(
            Some(&call.task.action_span),
            format!("Cannot resolve '{name}' to an action or module."),
        )
    };
    if is_refused(&call.task.action_written) {
        return Err(nobody_has());
    }
    let takes_text = || {
        crate::playbook::takes_text(name)
            || find(name).is_some_and(Action::takes_text)
            || windlass_modules::find(name).is_some_and(|module| module.spec.free_form)
    };
    if has_text && !takes_text() {
        return Err(no_text());
    }
    // Its words are for the shell to read, whatever is in them.
    if name == "shell" && call.args.contains_key("expand_argument_vars") {
        return Err(Failure::plain(
            "Unsupported parameters for (shell) module: expand_argument_vars",
        ));
    }
    if let Some(action) = find(name) {
        check_names(action, &call.args)?;
        return match (action.run)(call)? {
            // Of a name that is an expression nobody else knows that it is an action's.
            Step::Done(mut result) if evaluated.is_some() && is_action(action.name) => {
                if result.get("failed").is_some_and(Value::is_true) {
                    result.insert("_ansible_windlass_action_failed", true);
                }
                Ok(Step::Done(result))
            }
            step => Ok(step),
        };
    }
    let Some(module) = windlass_modules::find(name) else {
        return Err(nobody_has());
    };
    let args = call
        .args
        .iter()
        .filter(|(key, _)| key.as_str() != Some("_raw_params") || module.spec.free_form);
    // Its messages name it as the task does.
    let written = &*call.task.action_written;
    let is_same = windlass_modules::find(written).is_some_and(|found| std::ptr::eq(found, module));
    let name = if is_same { written } else { module.name };
    let args = args.map(|(key, value)| (key.clone(), value.clone())).collect();
    let remote = match module.name {
        "setup" => gather_facts::setup(name, &args, call),
        _ => Remote::new(name, &args),
    };
    Ok(Step::Remote(Box::new(remote)))
}

/// The name of an action that is an expression: `action: "{{ manager }} name=nginx"`.
pub(crate) fn evaluated_name(task: &Task, env: &Env<'_>) -> Result<Option<String>, Failure> {
    if !Template::is_in(&task.action) {
        return Ok(None);
    }
    let template = Template::new(Arc::clone(&task.action), None);
    let place = || {
        let key = &task.action_span;
        key.find(&task.action).map_or_else(|| key.clone(), Span::with_quote)
    };
    let name = env
        .eval(&Value::Template(Arc::new(template)))
        .map_err(|error| Failure::template(&error, "", Some(&place())))?;
    if matches!(name, Value::Omit) {
        let message = "Omit is not valid for the `action` keyword.";
        return Err(Failure::at(Some(&place()), message));
    }
    let name = name.to_text();
    Ok(Some(resolve(&name).map_or(name, ToOwned::to_owned)))
}

/// Returns what is wrong with a task whose module nobody has; one whose name is an expression is looked at when it runs.
pub(crate) fn unresolved(task: &Task) -> Option<Diagnostic> {
    let is_known = exists(&task.action) || published(&task.action).is_some();
    if is_known { None } else { unknown(task) }
}

fn unknown(task: &Task) -> Option<Diagnostic> {
    let name = &*task.action;
    if task.foreign.is_some() || Template::is_in(name) {
        return None;
    }
    let written = &task.action_written;
    let error = Diagnostic::error(
        &task.action_span,
        format!(
            "couldn't resolve module/action '{written}'. This often indicates a misspelling, missing collection, or incorrect module path."
        ),
    )
    .label("no such module");
    if is_refused(written) {
        return Some(error.hint("the file that `plugin_filters_cfg` names refuses it"));
    }
    let known = Keyword::names(Levels::TASK).chain(names());
    Some(match closest(name, names()).or_else(|| closest(name, known)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    })
}

/// As [`unresolved`], of tasks whose module is looked for when they are read; a collection that is on disk may lack it.
pub(crate) fn unresolved_early(task: &Task, is_lacking: bool) -> Option<Diagnostic> {
    match () {
        () if is_named_late(task) => None,
        () if is_lacking && !exists(&task.action) => unknown(task),
        () => unresolved(task),
    }
}

/// Returns whether a task's module stands below `action`: it is looked for when the task runs.
pub(crate) fn is_named_late(task: &Task) -> bool {
    matches!(task.action_span.text(), "action" | "local_action")
}

fn check_names(action: &'static Action, args: &Dict) -> Result<(), Failure> {
    if action.open {
        return Ok(());
    }
    let mut unknown: Vec<String> =
        args.keys().map(Value::to_text).filter(|key| !action.knows(key)).collect();
    // What is missing is told before what is too much.
    let has = |name: &str| args.keys().any(|key| key.as_str() == Some(name));
    if action.name == "pause" && has("minutes") && has("seconds") {
        return Err(Failure::plain("parameters are mutually exclusive: minutes|seconds"));
    }
    let lacks = match action.name {
        "assert" => !has("that"),
        "async_status" => !has("jid"),
        "validate_argument_spec" => !has("argument_spec"),
        "script" => !has("_raw_params") && !has("cmd"),
        _ => false,
    };
    if unknown.is_empty() || lacks {
        return Ok(());
    }
    unknown.sort();
    if !matches!(action.name, "assert" | "async_status" | "debug" | "pause" | "script") {
        let message = format!("Invalid options for {}: {}", action.name, unknown.join(","));
        return Err(Failure::plain(message));
    }
    let mut known = action.arguments();
    known.retain(|name| *name != "decrypt");
    if action.takes_text() {
        known.push("_raw_params");
    }
    known.sort_unstable();
    Err(Failure::plain(format!(
        "Unsupported parameters for ({}) module: {}. Supported parameters include: {}.",
        action.name,
        unknown.join(", "),
        known.join(", ")
    )))
}
