//! Block devices and their partitions.

use serde_json::Value as Json;

use super::{
    Ask, Facts, Pace, Source,
    device_links::{DeviceLinks, Links},
};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "hardware",
    facts: &["devices"],
    // Never waits, but reads more files than all the others together: beside them.
    pace: Pace::Slow,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    let links = DeviceLinks::of(host);
    let devices = host.folder("/sys/block").into_iter().map(|name| {
        let device = device(host, &name, &links);
        (name, Json::Object(device))
    });
    Facts::from_iter([("devices".to_owned(), devices.collect::<Facts>().into())])
}

fn device(host: &Host, name: &str, links: &DeviceLinks) -> Facts {
    let base = format!("/sys/block/{name}");
    let read = |file: &str| host.line(format!("{base}/{file}"));
    let mut facts = Facts::new();
    let mut put = |key: &str, value: Json| drop(facts.insert(key.to_owned(), value));
    // As the reference: where `/sys/block` holds links, every device is called virtual.
    let linked = host.link(&base).is_some();
    let hardware = !linked && host.exists(format!("{base}/device"));
    put("virtual", u8::from(!hardware).into());
    put("links", links_of(links, name));
    for key in ["vendor", "model", "sas_address", "sas_device_handle"] {
        put(key, read(&format!("device/{key}")).into());
    }
    if let Some(serial) = read("device/serial") {
        put("serial", serial.into());
    }
    put("removable", read("removable").into());
    put("support_discard", read("queue/discard_granularity").into());
    if let Some(wwn) = wwn(links, name) {
        put("wwn", wwn.into());
    }
    let partitions =
        host.folder(&base).into_iter().filter(|folder| is_partition(folder, name)).map(|part| {
            let facts = partition(host, &format!("{base}/{part}"), &part, links);
            (part, Json::Object(facts))
        });
    put("partitions", partitions.collect::<Facts>().into());
    put("rotational", read("queue/rotational").into());
    put("scheduler_mode", scheduler(&read("queue/scheduler").unwrap_or_default()).into());
    let sectors = read("size").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    put("sectors", sectors.into());
    put("sectorsize", sector_size(host, &base).unwrap_or_else(|| "512".to_owned()).into());
    put("size", human(sectors.saturating_mul(512)).into());
    put("host", controller(host, &base).into());
    put("holders", holders(host, &base).into());
    facts
}

fn partition(host: &Host, base: &str, name: &str, links: &DeviceLinks) -> Facts {
    let number = |file: &str| {
        host.line(format!("{base}/{file}")).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
    };
    let sectors = number("size");
    let size: Json = match sector_size(host, base) {
        Some(text) => text.into(),
        None => 512.into(),
    };
    let uuid = links.uuids.get(name).and_then(|uuids| uuids.first());
    Facts::from_iter([
        ("links".to_owned(), links_of(links, name)),
        ("start".to_owned(), number("start").to_string().into()),
        ("sectors".to_owned(), sectors.into()),
        ("sectorsize".to_owned(), size),
        ("size".to_owned(), human(sectors.saturating_mul(512)).into()),
        ("uuid".to_owned(), uuid.cloned().into()),
        ("holders".to_owned(), holders(host, base).into()),
    ])
}

fn links_of(links: &DeviceLinks, name: &str) -> Json {
    let of = |links: &Links| links.get(name).cloned().unwrap_or_default();
    serde_json::json!({
        "ids": of(&links.ids),
        "uuids": of(&links.uuids),
        "labels": of(&links.labels),
        "masters": of(&links.masters),
    })
}

/// Whether a folder of the device `disk` is one of its partitions: `sda1`, `nvme0n1p2`.
fn is_partition(folder: &str, disk: &str) -> bool {
    let Some(rest) = folder.strip_prefix(disk) else { return false };
    let digits = rest.strip_prefix('p').unwrap_or(rest);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The world wide name among the device's links.
fn wwn(links: &DeviceLinks, name: &str) -> Option<String> {
    let mut ids = links.ids.get(name)?.iter();
    ids.find_map(|id| id.strip_prefix("wwn-")).map(ToOwned::to_owned)
}

fn sector_size(host: &Host, base: &str) -> Option<String> {
    host.line(format!("{base}/queue/logical_block_size"))
        .or_else(|| host.line(format!("{base}/queue/hw_sector_size")))
}

/// The scheduler in square brackets.
fn scheduler(text: &str) -> &str {
    let chosen = text.split_once('[').and_then(|(_, rest)| rest.rsplit_once(']'));
    chosen.map_or("", |(chosen, _)| chosen)
}

/// What is built on the device: the name behind a device mapper's number.
fn holders(host: &Host, base: &str) -> Vec<String> {
    let folders = host.folder(format!("{base}/holders")).into_iter();
    folders
        .map(|folder| {
            let name = host.line(format!("{base}/holders/{folder}/dm/name"));
            name.filter(|_| folder.starts_with("dm-")).unwrap_or(folder)
        })
        .collect()
}

/// The controller that the device hangs on, as `lspci` names it.
///
/// Only hosts with `lspci` have it in the reference.
fn controller(host: &Host, base: &str) -> String {
    let Some(target) = host.link(base) else { return String::new() };
    let Some(slot) = target.split('/').rfind(|part| is_slot(part)) else {
        return String::new();
    };
    if host.which("lspci").is_none() {
        return String::new();
    }
    super::pci::describe(host, slot).unwrap_or_default()
}

/// Whether a folder's name is a place on a PCI bus: `0000:00:1f.2`.
fn is_slot(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() == 12
        && (bytes[4], bytes[7], bytes[10]) == (b':', b':', b'.')
        && name.split([':', '.']).all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A size with two decimals in the largest unit that leaves a whole number.
#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
pub(super) fn human(bytes: u64) -> String {
    let units = ["KB", "MB", "GB", "TB", "PB", "EB"];
    let mut size = bytes as f64;
    if bytes < 1024 {
        return format!("{size:.2} Bytes");
    }
    let mut unit = "";
    for next in units {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    format!("{size:.2} {unit}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{facts::test_ask, host::TestHost};

    #[test]
    fn a_disk_with_a_partition_is_described() {
        let host = TestHost::with(&[
            ("/sys/block/sda/device/vendor", "ATA     \n"),
            ("/sys/block/sda/device/model", "SSD 870\n"),
            ("/sys/block/sda/removable", "0\n"),
            ("/sys/block/sda/size", "1048576\n"),
            ("/sys/block/sda/queue/rotational", "0\n"),
            ("/sys/block/sda/queue/scheduler", "none [mq-deadline] kyber\n"),
            ("/sys/block/sda/queue/logical_block_size", "512\n"),
            ("/sys/block/sda/queue/discard_granularity", "4096\n"),
            ("/sys/block/sda/sda1/start", "2048\n"),
            ("/sys/block/sda/sda1/size", "1046528\n"),
            ("/sys/block/sda/sda1/holders/dm-0/dm/name", "vg-root\n"),
        ]);
        let empty = json!({"ids": [], "uuids": [], "labels": [], "masters": []});
        assert_eq!(
            gather(&host, &test_ask())["devices"]["sda"],
            json!({
                "virtual": 0, "links": empty, "vendor": "ATA", "model": "SSD 870", "sas_address": null,
                "sas_device_handle": null, "removable": "0", "support_discard": "4096",
                "partitions": {"sda1": {
                    "links": empty, "start": "2048", "sectors": 1_046_528, "sectorsize": 512,
                    "size": "511.00 MB", "uuid": null, "holders": ["vg-root"],
                }},
                "rotational": "0", "scheduler_mode": "mq-deadline", "sectors": 1_048_576, "sectorsize": "512",
                "size": "512.00 MB", "host": "", "holders": [],
            })
        );
    }

    #[test]
    fn partitions_and_slots_are_recognised() {
        assert!(is_partition("sda1", "sda") && is_partition("nvme0n1p2", "nvme0n1"));
        assert!(
            !is_partition("queue", "sda")
                && !is_partition("sdab", "sda")
                && !is_partition("sda", "sda")
        );
        assert!(is_slot("0000:00:1f.2") && !is_slot("virtio2") && !is_slot("pci0000:00"));
    }

    #[test]
    fn sizes_are_rounded_to_two_decimals() {
        for (bytes, expected) in [
            (0, "0.00 Bytes"),
            (1023, "1023.00 Bytes"),
            (1024, "1.00 KB"),
            (536_870_912 * 512, "256.00 GB"),
            (1_500_000_000_000, "1.36 TB"),
        ] {
            assert_eq!(human(bytes), expected);
        }
    }
}
