//! `assert`: fails unless conditions hold.

use std::sync::Arc;

use windlass_modules::spec::Json;

use super::{Action, convert::typed};
use crate::{
    executor::{Call, Failure, Step},
    template::TemplateError,
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "assert",
    spec: Some(manual! {
        /// Fails where one of several conditions does not hold
        ///
        /// # Examples
        /// ```yaml
        /// - name: Be sure of what the play needs
        ///   ansible.builtin.assert:
        ///     that:
        ///       - ansible_facts.memtotal_mb >= 1024
        ///       - app_port is integer
        ///     fail_msg: This host is too small for the application
        ///     quiet: true
        ///
        /// - name: Look at the answer of the health check
        ///   ansible.builtin.assert:
        ///     that: "'ready' in health.content"
        ///     success_msg: The application is up
        /// ```
        {
            /// Conditions, as in `when`
            that: Vec<Json>,
            /// What is said where one does not hold
            fail_msg | msg: Option<String>,
            /// What is said where all hold
            success_msg: Option<String>,
            /// Whether nothing is said of conditions that hold
            quiet: bool = "false",
        }
    }),
    open: false,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    // The conditions as they were written: evaluating the argument would make truth of an expression's text.
    let written =
        call.task.args.get("that").map(|argument| (argument.value.clone(), &argument.place));
    let given = call.args.get("that").cloned();
    let Some(that) = written.as_ref().map(|(value, _)| value.clone()).or(given) else {
        return Err(Failure::plain("missing required arguments: that"));
    };
    if let (None, Some((Value::Template(whole), _))) = (&written, call.task.args.whole.last())
        && !call.env.hands_on(whole)
    {
        // What a template made of other words is no expression of the operator's.
        let error = TemplateError::untrusted(whole.span.clone());
        return Err(Failure::template(&error, "", None).with("changed", false));
    }
    let span = written.map(|(_, span)| span);
    const TEXTS: &str = "str_or_list_of_str";
    let message = typed(call, &["fail_msg", "msg"], TEXTS)?;
    let success = typed(call, &["success_msg"], TEXTS)?;
    let quiet = typed(call, &["quiet"], "bool")?.is_some_and(|quiet| quiet.is_true());
    let given = call.args.get("that").and_then(Value::as_list);
    let conditions = match (&that, given) {
        (Value::Template(template), Some(given)) => match call.env.written(template) {
            // A list that a variable holds is taken as it is written there.
            Some(list @ Value::List(_)) => list,
            _ if given.iter().any(|condition| matches!(condition, Value::Str(_))) => {
                let error = TemplateError::untrusted(call.env.place_of(template));
                return Err(Failure::template(&error, "", span).with("changed", false));
            }
            _ => Value::List(Arc::new(given.clone())),
        },
        _ => that.clone(),
    };
    let whole = span.unwrap_or(&call.task.span).clone();
    for (condition, place) in crate::executor::conditions_in(&(conditions, whole)) {
        let place = span.is_some().then_some(place);
        let holds = call.env.one_condition_at(condition, place.as_ref()).map_err(|error| {
            Failure::template(&error, "", place.as_ref()).with("changed", false)
        })?;
        if !holds {
            let mut result = Dict::new();
            if !quiet {
                result.insert("_ansible_verbose_always", true);
            }
            result.insert("changed", false);
            result.insert("failed", true);
            result.insert("evaluated_to", false);
            let shown = match condition {
                Value::Template(template) => Value::Str(template.text.clone()),
                other => other.clone(),
            };
            result.insert("assertion", shown);
            result.insert("msg", message.unwrap_or_else(|| Value::str("Assertion failed")));
            return Ok(Step::Done(result));
        }
    }
    let mut result = Dict::new();
    if !quiet {
        result.insert("_ansible_verbose_always", true);
    }
    result.insert("changed", false);
    result.insert("msg", success.unwrap_or_else(|| Value::str("All assertions passed")));
    Ok(Step::Done(result))
}
