//! `unmask`: a value of which some types are not turned into plain data; here every value is plain.

use super::Filter;
use crate::value::Value;

/// Types that the reference can leave as they are.
const TYPES: [&str; 7] = [
    "DeprecationSummary",
    "EncryptedString",
    "ErrorSummary",
    "Event",
    "EventChain",
    "PluginInfo",
    "WarningSummary",
];

pub(super) static UNIT: Filter = Filter {
    name: "ansible._protomatter.unmask",
    aliases: &[],
    summary: "A value of which these types are not plain data",
    params: &["type_names"],
    examples: &[
        ("{{ [1] | ansible._protomatter.unmask('PluginInfo') }}", "[1]"),
        (
            "{{ [] | ansible._protomatter.unmask('Nothing') }}",
            "The filter plugin 'ansible._protomatter.unmask' failed: Unknown type name(s): Nothing",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let names = match call.arg(0) {
            None => {
                return Err("unmask() missing 1 required positional argument: 'type_names'".into());
            }
            Some(name @ Value::Str(_)) => vec![name.to_text()],
            Some(Value::List(names)) => names.iter().map(Value::to_text).collect(),
            Some(other) => {
                let kind = other.type_name();
                return Err(format!(
                    "The 'type_names' argument must be of type 'str' or 'list', not '{kind}'."
                )
                .into());
            }
        };
        let unknown: Vec<String> =
            names.into_iter().filter(|name| !TYPES.contains(&name.as_str())).collect();
        if unknown.is_empty() {
            return Ok(call.value.clone());
        }
        Err(format!("Unknown type name(s): {}", unknown.join(", ")).into())
    },
};
