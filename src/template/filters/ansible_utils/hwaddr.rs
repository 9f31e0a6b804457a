//! `hwaddr`: a hardware address in another notation.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.hwaddr",
    aliases: &["ansible.netcommon.hwaddr", "hwaddr"],
    summary: "A hardware address in a notation such as `cisco` or `bare`; false where it is none",
    params: &["query", "alias"],
    examples: &[
        ("{{ '52:54:00:aB:cd:ef' | ansible.utils.hwaddr }}", "52:54:00:aB:cd:ef"),
        ("{{ '52:54:00:aB:cd:ef' | ansible.utils.hwaddr('bare') }}", "525400ABCDEF"),
        ("{{ '52:54:00:0B:cd:ef' | ansible.utils.hwaddr('bool') }}", "True"),
        ("{{ '52:54:00:0B:cd:ef' | ansible.utils.hwaddr('int') }}", "90520731504111"),
        ("{{ '52:54:00:0B:cd:ef' | ansible.utils.hwaddr('cisco') }}", "5254.000b.cdef"),
        ("{{ '52:54:00:0B:cd:ef' | ansible.utils.hwaddr('eui48') }}", "52-54-00-0B-CD-EF"),
        ("{{ '52:54:00:0B:cd:ef' | ansible.utils.hwaddr('linux') }}", "52:54:00:0b:cd:ef"),
        ("{{ '52:54:00:0B:cd:ef' | ansible.utils.hwaddr('pgsql') }}", "525400:0bcdef"),
        ("{{ '52:54:00:0B:cd:ef' | ansible.utils.hwaddr('unix') }}", "52:54:0:b:cd:ef"),
        ("{{ '52:54:00:0B:cd:ef' | ansible.utils.hwaddr('win') }}", "52-54-00-0B-CD-EF"),
        (
            "{{ '52:54:00:0B:cd:ef' | ansible.utils.hwaddr('nope') }}",
            "The filter plugin 'ansible.utils.hwaddr' failed: hwaddr: unknown filter type: nope",
        ),
        ("{{ 'x' | ansible.utils.hwaddr }}", "None"),
        (
            "{{ 'x' | ansible.utils.hwaddr('linux') }}",
            "The filter plugin 'ansible.utils.hwaddr' failed: hwaddr: not a hardware address: x",
        ),
    ],
    takes_undefined: false,
    call: |call| super::hardware(call, "hwaddr"),
};
