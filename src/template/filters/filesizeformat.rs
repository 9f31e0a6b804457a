//! `filesizeformat`: a number of bytes for people.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "filesizeformat",
    aliases: &[],
    summary: "A number of bytes with a unit",
    params: &["binary"],
    examples: &[
        ("{{ 1000000 | filesizeformat }}", "1.0 MB"),
        ("{{ 1024 | filesizeformat(true) }}", "1.0 KiB"),
        ("{{ 1 | filesizeformat }} {{ 300 | filesizeformat }}", "1 Byte 300 Bytes"),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(bytes) = crate::template::numbers::to_float(&call.value) else {
            return Err(match &call.value {
                Value::Str(_) => {
                    format!("could not convert string to float: {}", call.value.to_repr())
                }
                other => format!(
                    "float() argument must be a string or a real number, not '{}'",
                    other.type_name()
                ),
            }
            .into());
        };
        let binary = call.flag(0, false);
        let (base, units) = if binary {
            (1024.0_f64, ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"])
        } else {
            (1000.0, ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"])
        };
        if bytes.to_bits() == 1.0_f64.to_bits() {
            return Ok("1 Byte".into());
        }
        if bytes < base {
            return Ok(format!("{} Bytes", bytes.trunc() + 0.0).into());
        }
        let mut unit = base;
        for name in units {
            unit *= base;
            if bytes < unit || name.starts_with('Y') {
                return Ok(format!("{:.1} {name}", base * bytes / unit).into());
            }
        }
        Ok("".into())
    },
};
