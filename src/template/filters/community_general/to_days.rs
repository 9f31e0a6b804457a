//! `to_days`: a time span in days.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_days",
    aliases: &[],
    summary: "A time span in days",
    params: &["**"],
    examples: &[
        ("{{ '1month 2weeks' | community.general.to_days }}", "44.0"),
        ("{{ '36h' | community.general.to_days }}", "1.5"),
    ],
    takes_undefined: false,
    call: |call| super::spans::converted(call, "to_days"),
};
