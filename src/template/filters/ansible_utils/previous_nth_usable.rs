//! `previous_nth_usable`: the address so many before this one.

use super::{Filter, next_nth_usable::moved_by};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.previous_nth_usable",
    aliases: &["ansible.netcommon.previous_nth_usable", "previous_nth_usable"],
    summary: "The usable address so many before this one in its network",
    params: &["offset"],
    examples: &[
        ("{{ '10.0.0.5/24' | ansible.utils.previous_nth_usable(2) }}", "10.0.0.3"),
        ("{{ '10.0.0.2/24' | ansible.utils.previous_nth_usable(2) }}", "None"),
        ("{{ 'x' | ansible.utils.previous_nth_usable(2) }}", "False"),
        (
            "{{ '10.0.0.1/24' | ansible.utils.previous_nth_usable }}",
            "The filter plugin 'ansible.utils.previous_nth_usable' failed: Must pass in an integer",
        ),
    ],
    takes_undefined: false,
    call: |call| moved_by(call, u128::checked_sub),
};
