//! `validate_argument_spec`: whether variables fit a specification of arguments, as roles have them.

mod rules;

use windlass_modules::spec::JsonMap;

use super::{Action, convert::class};
use crate::{
    executor::{Call, Failure, Step},
    template::Scope,
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "validate_argument_spec",
    spec: Some(manual! {
        /// Compares variables with a specification of arguments
        ///
        /// The specification is written as in `meta/argument_specs.yml` of a role, which is checked by itself.
        ///
        /// # Examples
        /// ```yaml
        /// - name: Check what the playbook was given
        ///   ansible.builtin.validate_argument_spec:
        ///     argument_spec:
        ///       app_version: {type: str, required: true}
        ///       app_port: {type: int, default: 8080}
        ///
        /// - name: Check values that are no variables
        ///   ansible.builtin.validate_argument_spec:
        ///     argument_spec: "{{ lookup('file', 'spec.json') | from_json }}"
        ///     provided_arguments:
        ///       app_version: "{{ release.tag }}"
        /// ```
        {
            /// The specification: name, and type, choices, default, ...
            argument_spec: JsonMap,
            /// Values by name, instead of variables of these names
            provided_arguments: Option<JsonMap>,
            /// What is checked, for messages
            validate_args_context: Option<JsonMap>,
        }
    }),
    open: true,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let Some(spec) = call.args.get("argument_spec") else {
        let args = Value::from(call.args.clone()).to_repr();
        let message = format!("\"argument_spec\" arg is required in args: {args}");
        return Err(Failure::at(None, message));
    };
    let of_type = |name: &str, value: &Value| {
        let class = class(value);
        Failure::at(None, format!("Incorrect type for {name}, expected dict and got {class}"))
    };
    let Some(spec) = spec.as_dict() else { return Err(of_type("argument_spec", spec)) };
    let mut given = Dict::new();
    for name in spec.keys() {
        let Some(value) = name.as_str().and_then(|name| call.names.get(name)) else { continue };
        let value = call.env.eval(&value).map_err(|error| Failure::template(&error, "", None))?;
        given.insert(name.clone(), value);
    }
    match call.args.get("provided_arguments") {
        None | Some(Value::None) => (),
        Some(Value::Dict(provided)) => {
            given.extend(provided.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        Some(other) => return Err(of_type("provided_arguments", other)),
    }
    let context = match call.args.get("validate_args_context") {
        None | Some(Value::None) => Value::from(Dict::new()),
        Some(context) => context.clone(),
    };
    let errors = rules::check(spec, &given);
    if errors.is_empty() {
        let mut result = Dict::new();
        result.insert("changed", false);
        result.insert("msg", "The arg spec validation passed");
        result.insert("validate_args_context", context);
        return Ok(Step::Done(result));
    }
    let message = format!("Validation of arguments failed:\n{}", errors.join("\n"));
    Err(Failure::action(message)
        .with("argument_errors", Value::list(errors.into_iter().map(Value::str)))
        .with("argument_spec_data", Value::from(spec.clone()))
        .with("validate_args_context", context))
}
