//! `type_debug`: the name of a value's type in Python.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "type_debug",
    aliases: &[],
    summary: "The name of a value's type in Python",
    params: &[],
    examples: &[
        ("{{ 1 | type_debug }}", "int"),
        ("{{ 'a' | type_debug }}", "str"),
        ("{{ [] | type_debug }}", "list"),
        ("{{ {} | type_debug }}", "dict"),
        ("{{ none | type_debug }}", "NoneType"),
        ("{{ 1.5 | type_debug }}", "float"),
        ("{{ true | type_debug }}", "bool"),
    ],
    takes_undefined: true,
    call: |call| {
        let is_marked = call.eval.env.markup.has(&call.value);
        Ok(if is_marked { "Markup" } else { call.value.type_name() }.into())
    },
};
