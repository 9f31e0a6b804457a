//! `ipcut`: some of the bits of an address.

use super::{Filter, Refusal};
use crate::template::addresses::{Version, address};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ipcut",
    aliases: &["ansible.netcommon.ipcut", "ipcut"],
    summary: "The first or last bits of an address, in groups",
    params: &["amount"],
    examples: &[
        ("{{ '192.168.1.5' | ansible.utils.ipcut(24) }}", "192.168.1"),
        ("{{ '192.168.1.5' | ansible.utils.ipcut(-12) }}", "16.5"),
        ("{{ '2001:db8:1:2:3:4:5:6' | ansible.utils.ipcut(80) }}", "2001:db8:1:2:3"),
        ("{{ '2001:db8:1:2:3:4:5:6' | ansible.utils.ipcut(-70) }}", "800:c00:1000:1400:6"),
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
            return Err(Refusal::Apart(format!(
                "You must pass a valid IP address; {given} is invalid"
            )));
        };
        let (separator, width) = match version {
            Version::V4 => (".", 8),
            Version::V6 => (":", 16),
        };
        let bits = format!("{ip:0count$b}", count = version.bits() as usize);
        let count = usize::try_from(amount.unsigned_abs()).unwrap_or(usize::MAX).min(bits.len());
        let cut = if amount < 0 { &bits[bits.len() - count..] } else { &bits[..count] };
        let groups: Vec<String> = (0..cut.len())
            .step_by(width)
            .map(|at| {
                let number =
                    u16::from_str_radix(&cut[at..cut.len().min(at + width)], 2).unwrap_or(0);
                if version == Version::V4 { number.to_string() } else { format!("{number:x}") }
            })
            .collect();
        Ok(groups.join(separator).into())
    },
};
