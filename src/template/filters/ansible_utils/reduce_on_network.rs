//! `reduce_on_network`: the addresses in a network.

use super::Filter;
use crate::{template::addresses::Network, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.reduce_on_network",
    aliases: &["ansible.netcommon.reduce_on_network", "reduce_on_network"],
    summary: "The addresses and networks that lie in a network",
    params: &["network"],
    examples: &[
        (
            "{{ ['10.0.0.5','192.168.1.1','x','10.0.1.0/24'] | ansible.utils.reduce_on_network('10.0.0.0/8') }}",
            "['10.0.0.5', '10.0.1.0/24']",
        ),
        ("{{ '10.0.0.5' | ansible.utils.reduce_on_network('10.0.0.0/8') }}", "['10.0.0.5']"),
    ],
    takes_undefined: false,
    call: |call| {
        let items = super::as_list(&call.value)?;
        let (first, last) = Network::bounds(&call.text(0, ""));
        let holds = |item: &Value| {
            let (from, to) = Network::bounds(&item.to_text());
            first <= from && to <= last
        };
        Ok(Value::list(items.into_iter().filter(holds)))
    },
};
