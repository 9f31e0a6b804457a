//! `to_datetime`: a time from text.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "to_datetime",
    aliases: &[],
    summary: "A time from text",
    params: &["format"],
    examples: &[
        (
            "x{{ ('2016-08-14 20:00:12' | to_datetime) - ('2015-12-25' | to_datetime('%Y-%m-%d')) }}",
            "x233 days, 20:00:12",
        ),
        (
            "{{ (('2016-08-14 20:00:12' | to_datetime) - ('2016-08-14 18:00:00' | to_datetime)).total_seconds() }}",
            "7212.0",
        ),
        ("{{ ('2016-08-14 20:00:12' | to_datetime).strftime('%d.%m.%y') }}", "14.08.16"),
        (
            "{{ 'x' | to_datetime }}",
            "The filter plugin 'ansible.builtin.to_datetime' failed: time data 'x' does not match format '%Y-%m-%d %H:%M:%S'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let format = call.text(0, "%Y-%m-%d %H:%M:%S");
        let time = crate::template::strptime::parse(
            &call.path_for("strptime() argument 1 must be str")?,
            &format,
        )?;
        Ok(crate::template::objects::object(time))
    },
};
