//! `to_years`: a time span in years.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_years",
    aliases: &[],
    summary: "A time span in years",
    params: &["**"],
    examples: &[
        ("{{ '1ms' | community.general.to_years }}", "3.2e-11"),
        ("{{ '730d' | community.general.to_years }}", "2.0"),
    ],
    takes_undefined: false,
    call: |call| super::spans::converted(call, "to_years"),
};
