//! `to_months`: a time span in months.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_months",
    aliases: &[],
    summary: "A time span in months",
    params: &["**"],
    examples: &[
        ("{{ '1y' | community.general.to_months }}", "12.166666666667"),
        ("{{ '60d' | community.general.to_months }}", "2.0"),
    ],
    takes_undefined: false,
    call: |call| super::spans::converted(call, "to_months"),
};
