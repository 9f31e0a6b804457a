//! `to_minutes`: a time span in minutes.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_minutes",
    aliases: &[],
    summary: "A time span in minutes",
    params: &["**"],
    examples: &[
        ("{{ '90s' | community.general.to_minutes }}", "1.5"),
        ("{{ '1h 15s' | community.general.to_minutes }}", "60.25"),
    ],
    takes_undefined: false,
    call: |call| super::spans::converted(call, "to_minutes"),
};
