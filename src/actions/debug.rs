//! `debug`: shows a message or a variable.

use windlass_modules::spec::Json;

use super::{Action, convert::typed};
use crate::{
    diagnostic::Told,
    executor::{Call, Failure, Step, TRUST},
    output::Cause,
    playbook::Argument,
    value::{Dict, Value},
};

const OMITTED: &str =
    "The result of the `var` expression could not be omitted; a placeholder was used instead.";

pub(super) static UNIT: Action = Action {
    name: "debug",
    spec: Some(manual! {
        /// Prints a message, or a variable with its value
        ///
        /// # Examples
        /// ```yaml
        /// - name: Say what will be installed
        ///   ansible.builtin.debug:
        ///     msg: "{{ inventory_hostname }} gets version {{ app_version }}"
        ///
        /// - name: Look at a whole result, with -v only
        ///   ansible.builtin.debug:
        ///     var: deployed
        ///     verbosity: 1
        /// ```
        {
            /// Text to print; also a list or a dictionary
            msg: Json = "Hello world!",
            /// Expression whose value is printed, without braces; not together with `msg`
            var: Option<String>,
            /// How many `-v` a run must have for this to be printed
            verbosity: i64 = "0",
        }
    }),
    open: false,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let mut result = Dict::new();
    if call.args.contains_key("msg") && call.args.contains_key("var") {
        return Err(Failure::plain("parameters are mutually exclusive: msg|var"));
    }
    let wanted =
        typed(call, &["verbosity"], "int").map_err(|failure| failure.without("changed"))?;
    let wanted = wanted.and_then(|wanted| wanted.as_int()).unwrap_or(0);
    if wanted > i64::from(call.run.options.verbosity) {
        result.insert("changed", false);
        result.insert("skipped_reason", "Verbosity threshold not met.");
        result.insert("skipped", true);
        return Ok(Step::Done(result));
    }
    result.insert("_ansible_verbose_always", true);
    if let Some(name) = call.args.get("var") {
        // What a template gives is no expression of the playbook's.
        if let Some(Argument { value: Value::Template(template), place, .. }) =
            call.task.args.get("var")
            && !call.env.hands_on(template)
        {
            let span = template.span.as_ref().unwrap_or(place);
            let cause = |message: &str| Cause {
                message: message.to_owned(),
                span: Some(span.clone()),
                ..Cause::default()
            };
            let causes = vec![
                cause("Error while resolving `var` expression"),
                Cause {
                    apart: true,
                    help: Some(TRUST),
                    ..cause("Encountered untrusted template or expression.")
                },
            ];
            return Err(Failure { causes, ..Failure::default() });
        }
        let Value::Str(shown) = name else {
            return Err(Failure::plain(format!(
                "argument 'var' is of type {} and we were unable to convert to _check_type_str_no_conversion: '{}' is not a string and conversion is not allowed",
                name.type_name(),
                name.to_text()
            )));
        };
        let place = call.task.args.get("var").map(|argument| &argument.place);
        let value = match call.env.eval_shown(shown, place) {
            Ok(Value::Omit) => {
                call.env.tell(Told::warning(OMITTED, place));
                Value::str("<<Omit>>")
            }
            Ok(value) => value,
            Err(error) => {
                return Err(Failure::template(
                    &error,
                    "Error while resolving `var` expression: ",
                    place,
                ));
            }
        };
        result.insert(&**shown, value);
    } else {
        let message = call.args.get("msg").cloned().unwrap_or_else(|| Value::str("Hello world!"));
        result.insert("msg", message);
    }
    result.insert("changed", false);
    Ok(Step::Done(result))
}
