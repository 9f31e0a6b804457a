//! `mandatory`: an error where a value is undefined.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "mandatory",
    aliases: &[],
    summary: "The value, or a failure where it is undefined",
    params: &["msg"],
    examples: &[
        ("{{ 5 | mandatory }}", "5"),
        (
            "{{ nothing | mandatory }}",
            "The filter plugin 'ansible.builtin.mandatory' failed: Mandatory variable 'nothing' not defined.",
        ),
        (
            "{{ {}.a | mandatory }}",
            "The filter plugin 'ansible.builtin.mandatory' failed: Mandatory variable 'a' not defined.",
        ),
        (
            "{{ nothing | mandatory('give it') }}",
            "The filter plugin 'ansible.builtin.mandatory' failed: give it",
        ),
    ],
    takes_undefined: true,
    call: |call| {
        let crate::value::Value::Undefined(undefined) = &call.value else {
            return Ok(call.value.clone());
        };
        if let Some(message) = call.some(0) {
            return Err(message.to_text().into());
        }
        let message = &undefined.message;
        let of_what = |(_, name): (_, &str)| format!("'{}'", name.trim_matches('\''));
        let missing = |words: &str| message.rsplit_once(words).map(of_what);
        let name = message.strip_suffix(" is undefined").map(str::to_owned);
        Err(match name.or_else(|| missing(" has no attribute ")).or_else(|| missing(" element ")) {
            Some(name) => format!("Mandatory variable {name} not defined."),
            None => "Mandatory variable not defined.".to_owned(),
        }
        .into())
    },
};
