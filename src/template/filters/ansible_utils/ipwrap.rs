//! `ipwrap`: addresses of IPv6 in brackets.

use super::Filter;
use crate::{
    template::{
        addresses::query::Subject,
        filters::{Answer, python_class},
    },
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
            "{{ 5 | ansible.utils.ipwrap }}",
            "The filter plugin 'ansible.utils.ipwrap' failed: Unrecognized type <<class 'int'>> for ipwrap filter <value>",
        ),
    ],
    takes_undefined: false,
    call: |call| match &call.value {
        Value::List(items) | Value::Tuple(items) => {
            let items: Result<Vec<Value>, _> = items.iter().map(wrapped).collect();
            Ok(items?.into())
        }
        one => wrapped(one),
    },
};

fn wrapped(value: &Value) -> Answer {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        Value::Str(_) => Ok(match Subject::read(value, None) {
            Some(subject) => subject.wrapped(&subject.plain()).into(),
            None => value.clone(),
        }),
        other => {
            let class = python_class(other);
            Err(format!("Unrecognized type <{class}> for ipwrap filter <value>").into())
        }
    }
}
