//! `nthhost`: the address with an index in a network.

use super::Filter;
use crate::{template::addresses::query::Subject, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.nthhost",
    aliases: &["ansible.netcommon.nthhost", "nthhost"],
    summary: "The address at an index of a network, from its end where the index is negative",
    params: &["query"],
    examples: &[
        ("{{ '10.0.0.0/8' | ansible.utils.nthhost(305) }}", "10.0.1.49"),
        ("{{ '10.0.0.0/8' | ansible.utils.nthhost(-1) }}", "10.255.255.255"),
        ("{{ '10.0.0.0/30' | ansible.utils.nthhost(9) }}", "False"),
        ("{{ 'x' | ansible.utils.nthhost(1) }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let index = call.text(0, "").parse::<i64>();
        let network =
            Subject::read(call.eval.env, &call.value, None).map(|subject| subject.network);
        Ok(match (network, index) {
            (Some(network), Ok(index)) if network.extent() > 0 => match network.at(index) {
                Some(ip) => network.text(ip).into(),
                None => Value::Bool(false),
            },
            _ => Value::Bool(false),
        })
    },
};
