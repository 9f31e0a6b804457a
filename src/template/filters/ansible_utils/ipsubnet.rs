//! `ipsubnet`: subnets of a network, and where one lies in another.

use super::Filter;
use crate::{
    template::addresses::{Network, number, query::Subject},
    value::Value,
};
use num_bigint::BigInt;

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ipsubnet",
    aliases: &["ansible.netcommon.ipsubnet", "ipsubnet"],
    summary: "Subnets of a network, their number, or the network around an address",
    params: &["query", "index"],
    examples: &[
        ("{{ '192.168.0.0/16' | ansible.utils.ipsubnet(20) }}", "16"),
        ("{{ '192.168.0.0/16' | ansible.utils.ipsubnet(20, -1) }}", "192.168.240.0/20"),
        ("{{ '192.168.0.0/16' | ansible.utils.ipsubnet(20, 50) }}", "False"),
        ("{{ '192.168.144.5' | ansible.utils.ipsubnet(20) }}", "192.168.144.0/20"),
        ("{{ '192.168.144.5' | ansible.utils.ipsubnet(18, -5) }}", "192.168.144.0/27"),
        ("{{ '192.168.144.16/30' | ansible.utils.ipsubnet('192.168.0.0/16') }}", "9221"),
        (
            "{{ '192.168.144.5' | ansible.utils.ipsubnet('10.0.0.0/8') }}",
            "The filter plugin 'ansible.utils.ipsubnet' failed: 192.168.144.5/32 is not in the subnet 10.0.0.0/8",
        ),
        (
            "{{ '192.168.0.0/16' | ansible.utils.ipsubnet('x') }}",
            "The filter plugin 'ansible.utils.ipsubnet' failed: You must pass a valid subnet or IP address; x is invalid",
        ),
        (
            "{{ '192.168.0.0/16' | ansible.utils.ipsubnet(8) }}",
            "The filter plugin 'ansible.utils.ipsubnet' failed: Requested subnet size of 8 is invalid",
        ),
        ("{{ 'x' | ansible.utils.ipsubnet(20) }}", "False"),
        ("{{ '192.168.1.5' | ansible.utils.ipsubnet }}", "192.168.1.5/32"),
        ("{{ '192.168.0.0/16' | ansible.utils.ipsubnet(33) }}", "False"),
        ("{{ '2001:db8::/32' | ansible.utils.ipsubnet(48, 1) }}", "2001:db8:1::/48"),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(subject) = Subject::read(call.eval.env, &call.value, None) else {
            return Ok(Value::Bool(false));
        };
        let given = subject.network;
        let network = Network { ip: given.first(), ..given };
        let query = call.text(0, "");
        if query.is_empty() {
            return Ok(network.cidr().into());
        }
        let index = call.some(1).map(Value::to_text).and_then(|text| text.parse::<i64>().ok());
        let Ok(prefix) = query.parse::<u32>() else {
            let Some(outer) = Network::parse(&query) else {
                return Err(format!(
                    "You must pass a valid subnet or IP address; {query} is invalid"
                )
                .into());
            };
            if !outer.holds(&network) {
                return Err(
                    format!("{} is not in the subnet {}", given.cidr(), outer.cidr()).into()
                );
            }
            let size = network.extent() + 1;
            return Ok(number((network.first() - outer.first()) / size + 1).to_text().into());
        };
        let bits = network.version.bits();
        if prefix > bits {
            return Ok(Value::Bool(false));
        }
        let is_address = network.extent() == 0;
        if !is_address && prefix < network.prefix {
            // With an index nobody looks whether the network is large enough.
            if let Some(index) = index {
                let whole = Network { prefix, ..network }.with_prefix(network.first());
                return Ok(if index == 0 { whole.into() } else { Value::Bool(false) });
            }
            return Err(format!("Requested subnet size of {prefix} is invalid").into());
        }
        let subnet = match (is_address, index) {
            (true, None) => Some(Network { prefix, ..network }),
            // The networks around an address, the largest first.
            (true, Some(index)) => {
                let count = i64::from(bits.saturating_sub(prefix));
                let at = if index < 0 { index + count } else { index };
                let is_far = index.saturating_mul(2) > i64::from(bits) + 1;
                if at >= count && !is_far {
                    return Err("list index out of range".into());
                }
                (0..count).contains(&at).then(|| Network {
                    prefix: prefix + u32::try_from(at).unwrap_or_default(),
                    ..network
                })
            }
            (false, None) => {
                return Ok((BigInt::from(1) << (prefix - network.prefix)).to_string().into());
            }
            (false, Some(index)) => {
                let size = Network { prefix, ..network }.extent() + 1;
                let count = network.extent() / size;
                let distance = u128::from(index.unsigned_abs());
                let at =
                    if index >= 0 { Some(distance) } else { (count + 1).checked_sub(distance) };
                let at = at.filter(|at| *at <= count);
                at.map(|at| Network { prefix, ip: network.first() + at * size, ..network })
            }
        };
        Ok(match subnet {
            Some(subnet) => subnet.with_prefix(subnet.first()).into(),
            None => Value::Bool(false),
        })
    },
};
