//! Filters of the collection ansible.utils, one file each.

use super::{Answer, Filter, Invocation, Refusal};
use crate::{
    template::{addresses::hardware::Hardware, registry},
    value::Value,
};

mod engines;
mod given;
mod keys;

pub(crate) use engines::{Unchecked, engine_check};
pub(crate) use fact_diff::{compared, compiled, name_of, skipped_lines};
pub(crate) use from_xml::read as read_xml;
pub(in crate::template) use get_path::found;
pub(crate) use given::{Given, not_there};
pub(in crate::template) use to_paths::paths;

registry! { Filter:
    cidr_merge,
    consolidate,
    fact_diff,
    from_xml,
    get_path,
    hwaddr,
    index_of,
    ip4_hex,
    ipaddr,
    ipcut,
    ipmath,
    ipsubnet,
    ipv4,
    ipv6,
    ipv6form,
    ipwrap,
    keep_keys,
    macaddr,
    network_in_network,
    network_in_usable,
    next_nth_usable,
    nthhost,
    param_list_compare,
    previous_nth_usable,
    reduce_on_network,
    remove_keys,
    replace_keys,
    slaac,
    to_paths,
    to_xml,
    usable_range,
    validate,
}

/// Returns what an argument is that must be a list, as a module's would be read.
fn as_list(value: &Value) -> Result<Vec<Value>, Refusal> {
    match value {
        Value::List(items) | Value::Tuple(items) => Ok(items.to_vec()),
        Value::Str(text) => Ok(text.split(',').map(Value::str).collect()),
        Value::Int(_) | Value::Float(_) => Ok(vec![value.to_text().into()]),
        other => {
            let found = other.type_name();
            Err(format!("[\"argument 'value' is of type {found} and we were unable to convert to list: <class '{found}'> cannot be converted to a list\"]").into())
        }
    }
}

/// Answers a query about a hardware address.
fn hardware(call: &mut Invocation<'_, '_>, alias: &str) -> Answer {
    let (text, query) = (call.input_text(), call.text(0, ""));
    let card = match &call.value {
        Value::Int(number) => {
            u64::try_from(*number).ok().map(|number| Hardware { number, bytes: 6 })
        }
        _ => Hardware::parse(&text),
    };
    let Some(card) = card else {
        return match &*query {
            "" | "bool" => Ok(Value::None),
            _ => Err(Refusal::Apart(format!("{alias}: not a hardware address: {text}"))),
        };
    };
    let pairs = |separator: &str| card.grouped(2, separator);
    Ok(match &*query {
        "" => return Ok(Value::Str(text)),
        "bool" => return Ok(Value::Bool(true)),
        "int" => return Ok(Value::from(card.number)),
        "bare" => card.grouped(card.bytes * 2, "").to_uppercase(),
        "cisco" => card.grouped(4, "."),
        "eui48" | "win" => pairs("-").to_uppercase(),
        "linux" => pairs(":"),
        "pgsql" | "postgresql" | "psql" => card.grouped(6, ":"),
        "unix" => {
            let groups = pairs(":");
            let short = groups.split(':').map(|pair| match pair.strip_prefix('0') {
                Some(digit) => digit,
                None => pair,
            });
            short.collect::<Vec<_>>().join(":")
        }
        other => return Err(Refusal::Apart(format!("{alias}: unknown filter type: {other}"))),
    }
    .into())
}
