//! Who made the machine, as its firmware says.

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "hardware",
    facts: &[
        "bios_date",
        "bios_vendor",
        "bios_version",
        "board_asset_tag",
        "board_name",
        "board_serial",
        "board_vendor",
        "board_version",
        "chassis_asset_tag",
        "chassis_serial",
        "chassis_vendor",
        "chassis_version",
        "form_factor",
        "product_name",
        "product_serial",
        "product_uuid",
        "product_version",
        "system_vendor",
    ],
    pace: Pace::Quick,
    gather,
};

const FOLDER: &str = "/sys/devices/virtual/dmi/id";

/// Types of chassis as SMBIOS numbers them.
const CHASSIS: [&str; 37] = [
    "Unknown",
    "Other",
    "Unknown",
    "Desktop",
    "Low Profile Desktop",
    "Pizza Box",
    "Mini Tower",
    "Tower",
    "Portable",
    "Laptop",
    "Notebook",
    "Hand Held",
    "Docking Station",
    "All In One",
    "Sub Notebook",
    "Space-saving",
    "Lunch Box",
    "Main Server Chassis",
    "Expansion Chassis",
    "Sub Chassis",
    "Bus Expansion Chassis",
    "Peripheral Chassis",
    "RAID Chassis",
    "Rack Mount Chassis",
    "Sealed-case PC",
    "Multi-system",
    "CompactPCI",
    "AdvancedTCA",
    "Blade",
    "Blade Enclosure",
    "Tablet",
    "Convertible",
    "Detachable",
    "IoT Gateway",
    "Embedded PC",
    "Mini PC",
    "Stick PC",
];

fn gather(host: &Host, _: &Ask) -> Facts {
    // Firmware that does not name its product is not asked for more.
    let named = host.exists(format!("{FOLDER}/product_name"));
    let value = |fact: &str| {
        let file = match fact {
            "system_vendor" => "sys_vendor",
            "form_factor" => "chassis_type",
            fact => fact,
        };
        // What only root may read, and what a virtual machine leaves out, is said to be missing.
        let Some(text) = host.line(format!("{FOLDER}/{file}")).filter(|_| named) else {
            return "NA".to_owned();
        };
        if fact != "form_factor" {
            return text;
        }
        let number = text.parse::<usize>().ok();
        match number.and_then(|number| CHASSIS.get(number)) {
            Some(name) => (*name).to_owned(),
            None => format!("unknown ({text})"),
        }
    };
    SOURCE.facts.iter().map(|fact| ((*fact).to_owned(), value(fact).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{facts::test_ask, host::TestHost};

    #[test]
    fn what_the_firmware_leaves_out_is_na() {
        let host = TestHost::with(&[
            ("/sys/devices/virtual/dmi/id/product_name", "PowerEdge R740\n"),
            ("/sys/devices/virtual/dmi/id/sys_vendor", "Dell Inc.\n"),
            ("/sys/devices/virtual/dmi/id/chassis_type", "23\n"),
            ("/sys/devices/virtual/dmi/id/board_asset_tag", "\n"),
        ]);
        let facts = gather(&host, &test_ask());
        assert_eq!(facts["product_name"], "PowerEdge R740");
        assert_eq!(facts["system_vendor"], "Dell Inc.");
        assert_eq!(facts["form_factor"], "Rack Mount Chassis");
        assert_eq!(
            (&facts["board_asset_tag"], &facts["product_uuid"]),
            (&"NA".into(), &"NA".into())
        );
        assert_eq!(facts.len(), 18);
    }
}
