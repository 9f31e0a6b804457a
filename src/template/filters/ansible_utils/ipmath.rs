//! `ipmath`: an address moved by a number.

use super::{Filter, Refusal};
use crate::template::addresses::Network;

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ipmath",
    aliases: &["ansible.netcommon.ipmath", "ipmath"],
    summary: "The address that lies so many further on, or before it where the number is negative",
    params: &["amount"],
    examples: &[
        ("{{ '192.168.1.5' | ansible.utils.ipmath(5) }}", "192.168.1.10"),
        ("{{ '192.168.1.5/24' | ansible.utils.ipmath(-10) }}", "192.168.0.251"),
        ("{{ '2001::1' | ansible.utils.ipmath(9) }}", "2001::a"),
        (
            "{{ '255.255.255.255' | ansible.utils.ipmath(1) }}",
            "The filter plugin 'ansible.utils.ipmath' failed: result outside valid IP address boundary!",
        ),
        (
            "{{ 'x' | ansible.utils.ipmath(1) }}",
            "The filter plugin 'ansible.utils.ipmath' failed: You must pass a valid IP address; x is invalid",
        ),
        (
            "{{ '192.168.0.5' | ansible.utils.ipmath('x') }}",
            "The filter plugin 'ansible.utils.ipmath' failed: ['argument \\'amount\\' is of type str and we were unable to convert to int: \"\\'x\\'\" cannot be converted to an int']",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let amount = call.required(0, "amount")?;
        let text = amount.to_text();
        let Ok(amount) = text.trim().parse::<i64>() else {
            let found = amount.type_name();
            return Err(format!("['argument \\'amount\\' is of type {found} and we were unable to convert to int: \"\\'{text}\\'\" cannot be converted to an int']").into());
        };
        let given = call.input_text();
        let Some(network) = Network::parse(&given) else {
            return Err(Refusal::Apart(format!(
                "You must pass a valid IP address; {given} is invalid"
            )));
        };
        let moved = if amount < 0 {
            network.ip.checked_sub(u128::from(amount.unsigned_abs()))
        } else {
            network.ip.checked_add(u128::from(amount.unsigned_abs()))
        };
        let last = Network { prefix: 0, ..network }.last();
        match moved.filter(|ip| *ip <= last) {
            Some(ip) => Ok(network.text(ip).into()),
            None => Err("result outside valid IP address boundary!".into()),
        }
    },
};
