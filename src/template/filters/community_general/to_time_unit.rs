//! `to_time_unit`: a time span in a unit.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_time_unit",
    aliases: &[],
    summary: "A time span such as `2h 30m` in a unit",
    params: &["unit", "**"],
    examples: &[
        ("{{ '1h' | community.general.to_time_unit('m') }}", "60.0"),
        ("{{ '1h' | community.general.to_time_unit }}", "3600000.0"),
        ("{{ '10s' | community.general.to_time_unit(unit='minutes') }}", "0.166666666667"),
        (
            "{{ '1h' | community.general.to_time_unit('nope') }}",
            "The filter plugin 'community.general.to_time_unit' failed: to_time_unit() can not convert to the following unit: nope. Available units (singular or plural): millisecond, msec, msecond, sec, second, hour, min, minute, day, week, month, year. Available short units: ms, s, m, h, d, w, mo, y",
        ),
        (
            "{{ '1 month' | community.general.to_time_unit('d') }}",
            "The filter plugin 'community.general.to_time_unit' failed: to_time_unit() can not interpret following string: 1 month",
        ),
        ("{{ '0' | community.general.to_time_unit('s') }}", "0"),
    ],
    takes_undefined: false,
    call: |call| super::spans::converted(call, "to_time_unit"),
};
