//! What the controller does itself: one file an action; every other task is a module for the helper.
//!
//! Invariant: an action prepares and never waits; what has to be waited for it hands back.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    executor::{Call, Failure, Remote, Step},
    value::{Dict, Value},
};

/// Declares one file an action and the table of them.
macro_rules! registry {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+
        static ALL: &[&Action] = &[$(&$name::UNIT),+];
    };
}

registry! {
    add_host,
    assert,
    async_status,
    copy,
    debug,
    fail,
    fetch,
    gather_facts,
    group_by,
    include_vars,
    pause,
    raw,
    reboot,
    script,
    set_fact,
    set_stats,
    template,
    wait_for_connection,
}

mod files;

/// An action.
pub(crate) struct Action {
    pub(crate) name: &'static str,
    /// Arguments that it knows; what it hands on to a module is checked there.
    pub(crate) args: &'static [&'static str],
    /// Whether any other argument is welcome.
    pub(crate) open: bool,
    /// Whether it needs a connection to its host.
    pub(crate) needs_host: bool,
    pub(crate) run: fn(&Call<'_>) -> Result<Step, Failure>,
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Action>> =
    LazyLock::new(|| ALL.iter().map(|action| (action.name, *action)).collect());

/// Returns the action of this name.
pub(crate) fn find(name: &str) -> Option<&'static Action> {
    BY_NAME.get(name).copied()
}

/// Other names of modules.
const ALIASES: &[(&str, &str)] = &[("systemd", "systemd_service"), ("yum", "dnf"), ("dnf5", "dnf")];

/// Returns the module's own name for one of its names.
pub(crate) fn module_name(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, module)| module)
}

/// Returns whether the controller does this itself: its failures say `Action failed`.
pub(crate) fn is_action(name: &str) -> bool {
    find(name).is_some_and(|action| {
        !matches!(
            action.name,
            "copy" | "template" | "script" | "raw" | "gather_facts" | "async_status" | "fetch"
        )
    })
}

/// Returns whether a task of this name can go on in the background: modules, and what only chooses one.
pub(crate) fn may_be_job(name: &str) -> bool {
    find(name).is_none_or(|action| action.name == "gather_facts")
}

/// Returns whether a task of this name needs a connection to its host.
pub(crate) fn needs_host(name: &str) -> bool {
    !matches!(name, "meta" | "include_tasks" | "include_role")
        && find(name).is_none_or(|action| action.needs_host)
}

/// Returns whether there is an action or module of this name.
pub(crate) fn exists(name: &str) -> bool {
    matches!(name, "meta" | "include_tasks" | "include_role" | "import_tasks" | "import_role")
        || find(name).is_some()
        || windlass_modules::find(module_name(name)).is_some()
}

/// Returns every name that a task may have.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let own = ALL.iter().map(|action| action.name);
    let modules = windlass_modules::ALL.iter().map(|module| module.name);
    let aliases = ALIASES.iter().map(|(alias, _)| *alias);
    own.chain(modules).chain(aliases).chain([
        "meta",
        "include_tasks",
        "include_role",
        "import_tasks",
        "import_role",
        "import_playbook",
    ])
}

/// Does a task's action, or says which module does.
pub(crate) fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let name = &*call.task.action;
    if let Some(action) = find(name) {
        check_names(action, &call.args)?;
        return (action.run)(call);
    }
    let module = module_name(name);
    if windlass_modules::find(module).is_none() {
        return Err(Failure::at(
            Some(&call.task.action_span),
            format!(
                "couldn't resolve module/action '{name}'. This often indicates a misspelling, missing collection, or incorrect module path."
            ),
        ));
    }
    let args = call
        .args
        .iter()
        .filter(|(key, _)| key.as_str() != Some("_raw_params") || takes_text(module));
    Ok(Step::Remote(Box::new(Remote::new(
        module,
        &args.map(|(key, value)| (key.clone(), value.clone())).collect(),
    ))))
}

fn takes_text(module: &str) -> bool {
    windlass_modules::find(module).is_some_and(|module| module.spec.free_form)
}

fn check_names(action: &Action, args: &Dict) -> Result<(), Failure> {
    if action.open {
        return Ok(());
    }
    let mut unknown: Vec<String> = args
        .keys()
        .map(Value::to_text)
        .filter(|key| !action.args.contains(&key.as_str()))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    unknown.sort();
    let mut known = action.args.to_vec();
    known.sort_unstable();
    Err(Failure::action(format!(
        "Unsupported parameters for ({}) module: {}. Supported parameters include: {}.",
        action.name,
        unknown.join(", "),
        known.join(", ")
    )))
}
