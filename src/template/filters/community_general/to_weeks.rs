//! `to_weeks`: a time span in weeks.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_weeks",
    aliases: &[],
    summary: "A time span in weeks",
    params: &["**"],
    examples: &[
        ("{{ '1s' | community.general.to_weeks }}", "1.653439e-06"),
        ("{{ '21d' | community.general.to_weeks }}", "3.0"),
    ],
    takes_undefined: false,
    call: |call| super::spans::converted(call, "to_weeks"),
};
