//! `cidr_merge`: networks joined.

use super::{Filter, Refusal};
use crate::{
    template::addresses::{Network, merged, spanning},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.cidr_merge",
    aliases: &["ansible.netcommon.cidr_merge", "cidr_merge"],
    summary: "Networks joined where they touch, or the one that spans them all",
    params: &["action"],
    examples: &[
        (
            "{{ ['192.168.0.0/17','192.168.128.0/17','192.168.128.1'] | ansible.utils.cidr_merge }}",
            "['192.168.0.0/16']",
        ),
        (
            "{{ ['192.168.0.0/24','192.168.3.0/24'] | ansible.utils.cidr_merge('span') }}",
            "192.168.0.0/22",
        ),
        (
            "{{ ['192.168.0.1','192.168.0.2'] | ansible.utils.cidr_merge }}",
            "['192.168.0.1/32', '192.168.0.2/32']",
        ),
        (
            "{{ ['192.168.0.1','x'] | ansible.utils.cidr_merge }}",
            "The filter plugin 'ansible.utils.cidr_merge' failed: cidr_merge: error in netaddr:\ninvalid IPNetwork x",
        ),
        (
            "{{ ['10.0.0.0/8'] | ansible.utils.cidr_merge('nope') }}",
            "The filter plugin 'ansible.utils.cidr_merge' failed: cidr_merge: invalid action 'nope'",
        ),
        ("{{ [] | ansible.utils.cidr_merge }}", "[]"),
    ],
    takes_undefined: false,
    call: |call| {
        let mut networks = Vec::new();
        for item in super::as_list(&call.value)? {
            let text = item.to_text();
            let Some(network) = Network::parse(&text) else {
                return Err(Refusal::Apart(format!(
                    "cidr_merge: error in netaddr:\ninvalid IPNetwork {text}"
                )));
            };
            networks.push(network);
        }
        match &*call.text(0, "merge") {
            "merge" => {
                Ok(Value::list(merged(&networks).iter().map(|network| network.cidr().into())))
            }
            "span" => Ok(spanning(&networks).map(|network| network.cidr()).into()),
            other => Err(format!("cidr_merge: invalid action '{other}'").into()),
        }
    },
};
