//! `ipwrap`: addresses of IPv6 in brackets.

use super::Filter;
use crate::{
    template::{Env, addresses::query::Subject, filters::python_class},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ipwrap",
    aliases: &["ansible.netcommon.ipwrap", "ipwrap"],
    summary: "Addresses of IPv6 in the brackets that they have in a URL",
    params: &["query"],
    examples: &[
        ("{{ '2001:db8::1/64' | ansible.utils.ipwrap }}", "[2001:db8::1]/64"),
        (
            "{{ ['192.168.1.1/24', 'x', '::1', '10.0.0.0/8'] | ansible.utils.ipwrap }}",
            "['192.168.1.1/24', 'x', '[::1]', '10.0.0.0/8']",
        ),
        (
            "{{ [3232235521, 42540766412265424405338506004571095040, True] | ansible.utils.ipwrap }}",
            "['192.168.0.1/32', '[2001:db8:32c:faad::]', True]",
        ),
        (
            "{{ 5 | ansible.utils.ipwrap }}",
            "The filter plugin 'ansible.utils.ipwrap' failed: Unrecognized type <<class 'int'>> for ipwrap filter <value>",
        ),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        Value::List(items) | Value::Tuple(items) => {
            Ok(items.iter().map(|item| wrapped(call.eval.env, item)).collect::<Vec<_>>().into())
        }
        one @ (Value::Str(_) | Value::Bool(_)) => Ok(wrapped(call.eval.env, one)),
        other => {
            let class = python_class(other);
            Err(format!("Unrecognized type <{class}> for ipwrap filter <value>").into())
        }
    },
};

/// What is no address stays as it is.
fn wrapped(env: &Env<'_>, value: &Value) -> Value {
    Subject::read(env, value, None)
        .map_or_else(|| value.clone(), |subject| subject.wrapped().into())
}
