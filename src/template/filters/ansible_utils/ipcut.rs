//! `ipcut`: some of the groups of an address.

use super::Filter;
use crate::template::addresses::{Version, address};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ipcut",
    aliases: &["ansible.netcommon.ipcut", "ipcut"],
    summary: "The first or last groups of an address",
    params: &["amount"],
    examples: &[
        ("{{ '192.168.1.5' | ansible.utils.ipcut(2) }}", "3"),
        ("{{ '192.168.1.5' | ansible.utils.ipcut(-2) }}", "1"),
        ("{{ '2001:db8::1' | ansible.utils.ipcut(3) }}", "1"),
        (
            "{{ 'x' | ansible.utils.ipcut(1) }}",
            "The filter plugin 'ansible.utils.ipcut' failed: You must pass a valid IP address; x is invalid",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let given = call.input_text();
        let amount = call.int(0, 0)?;
        let Some((version, ip)) = address(&given) else {
            return Err(format!("You must pass a valid IP address; {given} is invalid").into());
        };
        let (separator, groups): (&str, Vec<String>) = match version {
            Version::V4 => (".", version.text(ip).split('.').map(str::to_owned).collect()),
            Version::V6 => (
                ":",
                std::net::Ipv6Addr::from(ip)
                    .segments()
                    .iter()
                    .map(|part| format!("{part:x}"))
                    .collect(),
            ),
        };
        let count = usize::try_from(amount.unsigned_abs()).unwrap_or(usize::MAX).min(groups.len());
        let cut = if amount < 0 { &groups[groups.len() - count..] } else { &groups[..count] };
        Ok(cut.join(separator).into())
    },
};
