//! `to_hours`: a time span in hours.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_hours",
    aliases: &[],
    summary: "A time span in hours",
    params: &["**"],
    examples: &[
        ("{{ '7s' | community.general.to_hours }}", "0.001944444444"),
        ("{{ '1d 30min' | community.general.to_hours }}", "24.5"),
    ],
    takes_undefined: false,
    call: |call| super::spans::converted(call, "to_hours"),
};
