//! `ipv6`: what can be asked about an address of IPv6.

use super::Filter;
use crate::{
    template::addresses::{Version, query::ask},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ipv6",
    aliases: &["ansible.netcommon.ipv6", "ipv6"],
    summary: "What a query says about an address of IPv6; false where it is none",
    params: &["query"],
    examples: &[
        ("{{ ['192.168.1.1/24','2001:db8::1'] | ansible.utils.ipv6 }}", "['2001:db8::1']"),
        ("{{ 'x' | ansible.utils.ipv6 }}", "False"),
        (
            "{{ ['192.168.1.1/24','2001:db8::1/64'] | ansible.utils.ipv6('address') }}",
            "['2001:db8::1']",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let query = call.arg(0).cloned().unwrap_or_else(|| Value::str(""));
        ask(call.eval.env, &call.value, &query, Some(Version::V6), "ipv6")
    },
};
