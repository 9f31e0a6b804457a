//! Names of PCI devices, from the list that `lspci` reads.

use crate::host::Host;

/// Returns what `lspci` prints behind the slot: class, vendor, device and revision.
pub(super) fn describe(host: &Host, slot: &str) -> Option<String> {
    let number = |file: &str| {
        let text = host.line(format!("/sys/bus/pci/devices/{slot}/{file}"))?;
        Some(text.trim_start_matches("0x").to_owned())
    };
    let (class, vendor, device) = (number("class")?, number("vendor")?, number("device")?);
    let list = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"]
        .iter()
        .find_map(|path| host.text(path))?;
    let class_id = class.get(..4)?;
    let class = named(&list, &format!("C {}", &class_id[..2]), &class_id[2..])
        .1
        .unwrap_or_else(|| format!("Class [{class_id}]"));
    let (vendor_name, device_name) = named(&list, &vendor, &device);
    let product = match (vendor_name, device_name) {
        (Some(vendor), Some(device)) => format!("{vendor} {device}"),
        (Some(vendor), None) => format!("{vendor} Device {device}"),
        _ => format!("Device {vendor}:{device}"),
    };
    let revision = number("revision").filter(|revision| revision != "00");
    let revision = revision.map(|revision| format!(" (rev {revision})")).unwrap_or_default();
    Some(format!("{class}: {product}{revision}"))
}

/// The names of the entry `group` and of `member` within it.
fn named(list: &str, group: &str, member: &str) -> (Option<String>, Option<String>) {
    let name = |line: &str, id: &str| {
        line.strip_prefix(id)?.strip_prefix("  ").map(|name| name.trim().to_owned())
    };
    let mut lines = list.lines().skip_while(|line| name(line, group).is_none());
    let group_name = lines.next().and_then(|line| name(line, group));
    let mut members = lines.take_while(|line| line.starts_with(['\t', '#']) || line.is_empty());
    let member_name = members.find_map(|line| name(line.strip_prefix('\t')?, member));
    (group_name, member_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn a_device_is_named_as_lspci_names_it() {
        let list = "# list\n1af4  Red Hat, Inc.\n\t1001  Virtio block device\n\t\t1af4 0002  sub\n8086  Intel Corporation\n\nC 01  Mass storage controller\n\t00  SCSI storage controller\n";
        let slot = "/sys/bus/pci/devices/0000:00:04.0";
        let host = TestHost::with(&[
            ("/usr/share/misc/pci.ids", list),
            (&format!("{slot}/class"), "0x010000\n"),
            (&format!("{slot}/vendor"), "0x1af4\n"),
            (&format!("{slot}/device"), "0x1001\n"),
            (&format!("{slot}/revision"), "0x02\n"),
        ]);
        assert_eq!(
            describe(&host, "0000:00:04.0").as_deref(),
            Some("SCSI storage controller: Red Hat, Inc. Virtio block device (rev 02)")
        );
        assert_eq!(describe(&host, "0000:00:05.0"), None);
    }
}
