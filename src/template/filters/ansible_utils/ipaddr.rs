//! `ipaddr`: what can be asked about an IP address.

use super::Filter;
use crate::{
    template::addresses::{Version, query::ask},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ipaddr",
    aliases: &["ansible.netcommon.ipaddr", "ipaddr"],
    summary: "What a query says about an IP address; false where it is none",
    params: &["query", "version", "alias"],
    examples: &[
        ("{{ '192.168.1.1/24' | ansible.utils.ipaddr('address') }}", "192.168.1.1"),
        ("{{ '192.168.1.1/24' | ansible.utils.ipaddr('network/prefix') }}", "192.168.1.0/24"),
        ("{{ '192.168.1.0/24' | ansible.utils.ipaddr(5) }}", "192.168.1.5/24"),
        (
            "{{ '2001:db8::1/64' | ansible.utils.ipaddr('revdns') }}",
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
        ),
        (
            "{{ ['192.168.1.1/24','x','10.0.0.0/8'] | ansible.utils.ipaddr('192.168.0.0/16') }}",
            "['192.168.1.1/24']",
        ),
        ("{{ 'x' | ansible.utils.ipaddr }}", "False"),
        ("{{ ['8.8.8.8','10.0.0.1'] | ansible.utils.ipaddr('public') }}", "['8.8.8.8']"),
        (
            "{{ 1.5 | ansible.utils.ipaddr }}",
            "The filter plugin 'ansible.utils.ipaddr' failed: Unrecognized type <<class 'float'>> for ipaddr filter <value>",
        ),
        (
            "{{ '42540766412265424405338506004571095040/64' | ansible.utils.ipaddr }}",
            "2001:db8:32c:faad::/64",
        ),
        (
            "{{ ['0', '1/8', 0, True, None, '', 1.5] | ansible.utils.ipaddr }}",
            "['0.0.0.0', '0.0.0.1/8']",
        ),
        ("{{ '10.0.0.2/30' | ansible.utils.ipaddr('peer') }}", "10.0.0.1"),
    ],
    takes_undefined: false,
    call: |call| {
        let version = match call.some(1).and_then(Value::as_int) {
            Some(4) => Some(Version::V4),
            Some(6) => Some(Version::V6),
            _ => None,
        };
        let query = call.arg(0).cloned().unwrap_or_else(|| Value::str(""));
        ask(call.eval.env, &call.value, &query, version, &call.text(2, "ipaddr"))
    },
};
