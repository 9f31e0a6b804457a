//! `ipv4`: what can be asked about an address of IPv4.

use super::Filter;
use crate::{
    template::addresses::{Version, query::ask},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ipv4",
    aliases: &["ansible.netcommon.ipv4", "ipv4"],
    summary: "What a query says about an address of IPv4; false where it is none",
    params: &["query"],
    examples: &[
        ("{{ ['192.168.1.1/24','2001:db8::1'] | ansible.utils.ipv4 }}", "['192.168.1.1/24']"),
        ("{{ 'x' | ansible.utils.ipv4 }}", "False"),
        (
            "{{ ['192.168.1.1/24','2001:db8::1/64'] | ansible.utils.ipv4('address') }}",
            "['192.168.1.1']",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let query = call.arg(0).cloned().unwrap_or_else(|| Value::str(""));
        ask(call.eval.env, &call.value, &query, Some(Version::V4), "ipv4")
    },
};
