//! What is wrong with a `meta` task, before anything runs.

use crate::{
    diagnostic::{Diagnostic, Fault, closest},
    playbook::{META_ACTIONS, Task},
    value::Value,
};

/// Returns why a task of `meta` cannot be done where it stands.
pub(super) fn out_of_place(task: &Task) -> Option<Diagnostic> {
    if &*task.action != "meta" {
        return None;
    }
    let given = task.args.get("_raw_params");
    let (wanted, span) = match given.map(|given| (&given.value, &given.span)) {
        Some((Value::Str(wanted), span)) => (wanted.trim(), span),
        Some(_) => return None,
        None => ("None", &task.span),
    };
    if wanted == "end_role" && task.level.role().is_none() {
        let message = "Cannot execute 'end_role' from outside of a role";
        return Some(Diagnostic::error(span, message));
    }
    if META_ACTIONS.contains(&wanted) || wanted == "role_complete" {
        return None;
    }
    let error = Diagnostic::error(span, format!("invalid meta action requested: {wanted}"))
        .label("no such meta action")
        .fault(Fault::Absence);
    Some(match closest(wanted, META_ACTIONS.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("it is one of: {}", META_ACTIONS.join(", "))),
    })
}
