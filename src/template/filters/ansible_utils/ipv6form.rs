//! `ipv6form`: an address of IPv6 in another form.

use super::{Filter, Refusal};
use crate::template::addresses::{Version, address};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.ipv6form",
    aliases: &[],
    summary: "An address of IPv6 in long, short, or certificates' form",
    params: &["format"],
    examples: &[
        (
            "{{ '2001:db8::1' | ansible.utils.ipv6form('expand') }}",
            "2001:0db8:0000:0000:0000:0000:0000:0001",
        ),
        ("{{ '2001:0db8:0000::1' | ansible.utils.ipv6form('compress') }}", "2001:db8::1"),
        ("{{ '2001:db8::1' | ansible.utils.ipv6form('x509') }}", "2001:db8:0:0:0:0:0:1"),
        (
            "{{ 'x' | ansible.utils.ipv6form('expand') }}",
            "The filter plugin 'ansible.utils.ipv6form' failed: You must pass a valid IP address; x is invalid",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let given = call.input_text();
        let format = call.text(0, "");
        let ip = match address(&given) {
            Some((Version::V6, ip)) => ip,
            Some(_) if matches!(&*format, "expand" | "compress") => return Ok(given.into()),
            _ => {
                return Err(Refusal::Apart(format!(
                    "You must pass a valid IP address; {given} is invalid"
                )));
            }
        };
        let groups = std::net::Ipv6Addr::from(ip).segments();
        let joined = |groups: Vec<String>| Ok(groups.join(":").into());
        match &*format {
            "expand" => joined(groups.iter().map(|group| format!("{group:04x}")).collect()),
            "x509" => joined(groups.iter().map(|group| format!("{group:x}")).collect()),
            "compress" => Ok(Version::V6.text(ip).into()),
            other => Err(format!(
                "['value of format must be one of: compress, expand, x509, got: {other}']"
            )
            .into()),
        }
    },
};
