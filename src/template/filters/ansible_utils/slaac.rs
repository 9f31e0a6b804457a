//! `slaac`: the address of IPv6 that a card gives itself.

use super::Filter;
use crate::{
    template::addresses::{Version, hardware::Hardware, query::Subject},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.slaac",
    aliases: &["ansible.netcommon.slaac", "slaac"],
    summary: "The address that a card with this hardware address gives itself in a network of IPv6",
    params: &["query"],
    examples: &[
        (
            "{{ '2001:db8::/64' | ansible.utils.slaac('52:54:00:11:22:33') }}",
            "2001:db8::5054:ff:fe11:2233",
        ),
        ("{{ '10.0.0.0/8' | ansible.utils.slaac('52:54:00:11:22:33') }}", "False"),
        ("{{ '2001:db8::/64' | ansible.utils.slaac('x') }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let network =
            Subject::read(call.eval.env, &call.value, None).map(|subject| subject.network);
        let card = Hardware::parse(&call.text(0, "")).filter(|card| card.bytes == 6);
        Ok(match (network, card) {
            (Some(network), Some(card)) if network.version == Version::V6 => {
                let (high, low) = (card.number >> 24, card.number & 0xff_ffff);
                let identifier = (high << 40 | 0xff_fe00_0000 | low) ^ (1 << 57);
                network.text(network.first().wrapping_add(u128::from(identifier))).into()
            }
            _ => Value::Bool(false),
        })
    },
};
