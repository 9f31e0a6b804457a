//! `ansible.utils.validate`: whether data fit criteria.

use windlass_modules::spec::{Json, Spec};

use super::{Action, convert::right};
use crate::{
    executor::{Call, Failure, Step},
    template::filters::{Given, Unchecked, engine_check},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "ansible.utils.validate",
    spec: Some(Spec {
        collection: "ansible.utils",
        ..manual! {
            /// Compares data with criteria
            ///
            /// The engine `ansible.utils.jsonschema` reads criteria as JSON Schemas; `ansible.utils.config` as rules with `name`, `rule` and
            /// `action`: a line of the data that the pattern `rule` is found in is a failure (`fail`) or a warning (`warn`).
            ///
            /// # Examples
            /// ```yaml
            /// - name: Check what the service says of itself
            ///   ansible.utils.validate:
            ///     data: "{{ status.json }}"
            ///     criteria: "{{ lookup('file', 'status.schema.json') }}"
            ///
            /// - name: Refuse open doors
            ///   ansible.utils.validate:
            ///     data: "{{ lookup('file', 'router.cfg') }}"
            ///     criteria:
            ///       - name: No Telnet
            ///         rule: transport input telnet
            ///         action: fail
            ///     engine: ansible.utils.config
            /// ```
            {
                /// What is looked at: a value, or the text of its JSON; for `ansible.utils.config` a text
                data: Json,
                /// What it must be like: one or a list of them
                criteria: Json,
                /// What compares them
                engine: String = "ansible.utils.jsonschema",
            }
        }
    }),
    open: true,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let (data, criteria) = (call.args.get("data"), call.args.get("criteria"));
    let mut given = Given::default();
    given.needs(&[("criteria", criteria.is_some()), ("data", data.is_some())]);
    given.knows(&["criteria", "data", "engine"], call.args.keys().filter_map(Value::as_str));
    right(given, "validate")?;
    let engine = call.text("engine").unwrap_or_else(|| "ansible.utils.jsonschema".to_owned());
    let draft = call.env.value("ansible_validate_jsonschema_draft");
    let draft = draft.map_err(|error| Failure::template(&error, "", None))?;
    let draft = draft.map(|draft| draft.to_text());
    let (data, criteria) =
        (data.cloned().unwrap_or_default(), criteria.cloned().unwrap_or_default());
    let checked = engine_check(&engine, &data, &criteria, draft.as_deref());
    let checked = checked.map_err(|error| match error {
        Unchecked::Engine(message) => Failure::action(message),
        Unchecked::Input(message) => Failure::plain(message).raised(),
    })?;
    let warnings = Value::list(checked.warnings.iter().map(|text| Value::from(text.as_str())));
    let warned = !checked.warnings.is_empty();
    if !checked.errors.is_empty() {
        let mut told = vec!["Validation errors were found.".to_owned()];
        told.extend(checked.told);
        let errors = match &checked.errors[..] {
            [why @ Value::Str(_)] => why.clone(),
            _ => Value::list(checked.errors),
        };
        let failure = Failure::action(told.join("\n")).with("errors", errors);
        return Err(if warned { failure.with("warnings", warnings) } else { failure });
    }
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert(
        "msg",
        if warned { "Non-fatal validation errors were found." } else { "All checks passed." },
    );
    if warned {
        result.insert("warnings", warnings);
    }
    Ok(Step::Done(result))
}
