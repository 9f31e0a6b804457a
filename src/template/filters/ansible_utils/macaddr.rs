//! `macaddr`: a MAC address in another notation.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.macaddr",
    aliases: &["ansible.netcommon.macaddr", "macaddr"],
    summary: "A MAC address in a notation such as `cisco` or `bare`",
    params: &["query"],
    examples: &[
        ("{{ '52:54:00:ab:cd:ef' | ansible.utils.macaddr }}", "52:54:00:ab:cd:ef"),
        ("{{ '52:54:00:ab:cd:ef' | ansible.utils.macaddr('cisco') }}", "5254.00ab.cdef"),
        ("{{ 'x' | ansible.utils.macaddr }}", "None"),
    ],
    takes_undefined: false,
    call: |call| super::hardware(call, "macaddr"),
};
