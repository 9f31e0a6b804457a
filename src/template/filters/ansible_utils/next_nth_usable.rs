//! `next_nth_usable`: the address so many after this one.

use super::{Answer, Filter, Invocation};
use crate::{template::addresses::query::Subject, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.next_nth_usable",
    aliases: &["ansible.netcommon.next_nth_usable", "next_nth_usable"],
    summary: "The usable address so many after this one in its network",
    params: &["offset"],
    examples: &[
        ("{{ '10.0.0.5/24' | ansible.utils.next_nth_usable(2) }}", "10.0.0.7"),
        ("{{ '10.0.0.254/24' | ansible.utils.next_nth_usable(2) }}", "None"),
        ("{{ 'x' | ansible.utils.next_nth_usable(2) }}", "False"),
        (
            "{{ '10.0.0.1/24' | ansible.utils.next_nth_usable }}",
            "The filter plugin 'ansible.utils.next_nth_usable' failed: Must pass in an integer",
        ),
    ],
    takes_undefined: false,
    call: |call| moved_by(call, u128::checked_add),
};

/// The address that a step of so many leads to, where it is a usable one of its network.
pub(super) fn moved_by(call: &Invocation<'_, '_>, step: fn(u128, u128) -> Option<u128>) -> Answer {
    let Some(subject) = Subject::read(call.eval.env, &call.value, None) else {
        return Ok(Value::Bool(false));
    };
    let Some(offset) = call.some(0).and_then(Value::as_int) else {
        return Err("Must pass in an integer".into());
    };
    let network = subject.network;
    let Some((first, last)) = network.usable() else { return Ok(Value::None) };
    let distance = u128::from(offset.unsigned_abs());
    let Some(moved) = step(network.ip, distance) else {
        let below = num_bigint::BigInt::from(network.ip) - distance;
        return Err(format!("failed to detect a valid IP address from {below}").into());
    };
    let moved = Some(moved).filter(|ip| first <= *ip && *ip <= last);
    Ok(moved.map(|ip| network.text(ip)).into())
}
