//! `random_mac`: a MAC address that begins as told.

use super::Filter;
use crate::{template::random::Random, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.random_mac",
    aliases: &["random_mac"],
    summary: "A MAC address that begins with this, its rest by chance",
    params: &["seed"],
    examples: &[
        ("{{ '52:54:00' | community.general.random_mac(seed='x') }}", "52:54:00:60:a1:7b"),
        ("{{ 'AB:cd' | community.general.random_mac(seed=7) }}", "ab:cd:75:26:9e:0d"),
        (
            "{{ '' | community.general.random_mac }}",
            "The filter plugin 'community.general.random_mac' failed: Invalid value () for random_mac: empty item",
        ),
        (
            "{{ 'zz' | community.general.random_mac }}",
            "The filter plugin 'community.general.random_mac' failed: Invalid value (zz) for random_mac: zz not hexa byte",
        ),
        (
            "{{ '52:54:00:11:22:33' | community.general.random_mac }}",
            "The filter plugin 'community.general.random_mac' failed: Invalid value (52:54:00:11:22:33) for random_mac: 5 colon(:) separated items max",
        ),
        (
            "{{ 5 | community.general.random_mac }}",
            "The filter plugin 'community.general.random_mac' failed: Invalid value type (<class 'int'>) for random_mac (5)",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Value::Str(prefix) = &call.value else {
            let (class, text) = (super::python_class(&call.value), call.value.to_text());
            return Err(format!("Invalid value type ({class}) for random_mac ({text})").into());
        };
        let prefix = prefix.to_lowercase();
        let parts: Vec<&str> = prefix.split(':').collect();
        if parts.len() > 5 {
            return Err(format!(
                "Invalid value ({prefix}) for random_mac: 5 colon(:) separated items max"
            )
            .into());
        }
        let complaints: Vec<String> = parts
            .iter()
            .filter_map(|part| {
                let is_byte = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
                match (part.is_empty(), is_byte) {
                    (true, _) => Some("empty item".to_owned()),
                    (_, true) => None,
                    _ => Some(format!("{part} not hexa byte")),
                }
            })
            .collect();
        if !complaints.is_empty() {
            let complaints = complaints.join(",");
            return Err(format!("Invalid value ({prefix}) for random_mac: {complaints}").into());
        }
        let mut random = Random::seeded(call.some(0));
        let number = 68_719_476_736 + random.below(1_099_511_627_775 - 68_719_476_736 + 1);
        // Ten digits, of which the last are taken.
        let digits = format!("{number:x}");
        let rest = digits.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair));
        let mut all: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        all.extend(rest.take(6 - parts.len()).map(std::borrow::Cow::into_owned));
        Ok(all.join(":").into())
    },
};
