//! `human_readable`: a number of bytes or bits for people.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "human_readable",
    aliases: &[],
    summary: "A number of bytes or bits with a unit",
    params: &["isbits", "unit"],
    examples: &[
        (
            "{{ 10 | human_readable }} {{ 1048576 | human_readable }} {{ 1536 | human_readable }} {{ 10000 | human_readable(isbits=true) }} {{ 102400000 | human_readable(unit='G') }} {{ 1 | human_readable }}",
            "10.00 Bytes 1.00 MB 1.50 KB 9.77 Kb 0.10 GB 1.00 Bytes",
        ),
        (
            "{{ 'x' | human_readable }}",
            "The filter plugin 'ansible.builtin.human_readable' failed: human_readable() failed on bad input: '>=' not supported between instances of 'str' and 'int'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(size) = call.value.as_float() else {
            let found = call.value.type_name();
            let why = match call.some(1) {
                Some(_) => format!("unsupported operand type(s) for /: '{found}' and 'int'"),
                None => format!("'>=' not supported between instances of '{found}' and 'int'"),
            };
            return Err(format!("human_readable() failed on bad input: {why}").into());
        };
        let base = if call.flag(0, false) { "bits" } else { "Bytes" };
        let unit = call.some(1).map(|unit| unit.to_text().to_uppercase());
        let units = ["Y", "Z", "E", "P", "T", "G", "M", "K", "B"];
        let mut factor = 1.0;
        let mut suffix = "B";
        for (index, name) in units.iter().enumerate() {
            factor = 1024_f64.powi(8 - i32::try_from(index).unwrap_or(8));
            suffix = name;
            let enough = match &unit {
                None => size >= factor,
                Some(unit) => unit.starts_with(name),
            };
            if enough {
                break;
            }
        }
        let name = if suffix == "B" {
            base.to_owned()
        } else {
            format!("{suffix}{}", if base == "bits" { "b" } else { "B" })
        };
        Ok(format!("{:.2} {name}", size / factor).into())
    },
};
