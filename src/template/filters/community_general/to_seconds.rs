//! `to_seconds`: a time span in seconds.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_seconds",
    aliases: &[],
    summary: "A time span in seconds",
    params: &["**"],
    examples: &[
        ("{{ '1h 30m' | community.general.to_seconds }}", "5400.0"),
        ("{{ '-1h' | community.general.to_seconds }}", "-3600.0"),
        (
            "{{ '1x' | community.general.to_seconds }}",
            "The filter plugin 'community.general.to_seconds' failed: to_time_unit() can not interpret following string: 1x",
        ),
        (
            "{{ '1h' | community.general.to_seconds(nope=1) }}",
            "The filter plugin 'community.general.to_seconds' failed: to_time_unit() got unknown keyword arguments: nope",
        ),
        (
            "{{ 5 | community.general.to_seconds }}",
            "The filter plugin 'community.general.to_seconds' failed: 'int' object has no attribute 'split'",
        ),
    ],
    takes_undefined: false,
    call: |call| super::spans::converted(call, "to_seconds"),
};
