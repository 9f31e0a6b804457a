//! `strftime`: a time of the clock as text.

use super::{Filter, Refusal};
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "strftime",
    aliases: &[],
    summary: "A time as text: the value is the format, the argument the seconds since 1970, or none for now",
    params: &["second", "utc"],
    examples: &[
        (
            "{{ '%Y-%m-%d %H:%M:%S' | strftime(1500000000, utc=true) }} {{ '%a %j %U %e %p %y %%' | strftime(0, true) }}",
            "2017-07-14 02:40:00 Thu 001 00  1 AM 70 %",
        ),
        (
            "{{ '%Y' | strftime('x') }}",
            "The filter plugin 'ansible.builtin.strftime' failed: Invalid value for epoch value (x)",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let utc = call.flag(1, false);
        let time = match call.some(0) {
            None => crate::template::time::zoned_now(utc),
            Some(seconds) => {
                let number = crate::template::numbers::to_float(seconds);
                let Some(time) =
                    number.and_then(|number| crate::template::time::from_seconds(number, utc))
                else {
                    let message = format!("Invalid value for epoch value ({})", seconds.to_text());
                    return Err(Refusal::Apart(message));
                };
                time
            }
        };
        Ok(crate::template::time::format(
            &time,
            &match &call.value {
                Value::None => return Err("strftime() argument 1 must be str, not None".into()),
                _ => call.path_for("strftime() argument 1 must be str")?,
            },
        )?
        .into())
    },
};
