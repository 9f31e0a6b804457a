//! `to_milliseconds`: a time span in milliseconds.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_milliseconds",
    aliases: &[],
    summary: "A time span in milliseconds",
    params: &["**"],
    examples: &[
        ("{{ '1y 2mo 3w 4d 5h 6m 7s 8ms' | community.general.to_milliseconds }}", "38898367008.0"),
        (
            "{{ '1min 1sec 1msec 1msecs 2mins 2secs' | community.general.to_milliseconds }}",
            "183002.0",
        ),
    ],
    takes_undefined: false,
    call: |call| super::spans::converted(call, "to_milliseconds"),
};
