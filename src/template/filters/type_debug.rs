//! `type_debug`: the name of a value's type in Python.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "type_debug",
    aliases: &[],
    summary: "The name of a value's type in Python",
    params: &[],
    examples: &[(
        "{{ 1 | type_debug }} {{ 'a' | type_debug }} {{ [] | type_debug }} {{ {} | type_debug }} {{ none | type_debug }} {{ 1.5 | type_debug }} {{ true | type_debug }}",
        "int str list dict NoneType float bool",
    )],
    takes_undefined: true,
    call: |call| {
        let is_marked = call.eval.env.markup.has(&call.value);
        Ok(if is_marked { "Markup" } else { call.value.type_name() }.into())
    },
};
