//! Under which further names block devices are known.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "hardware", facts: &["device_links"], pace: Pace::Quick, gather };

/// Names by device, sorted.
pub(super) type Links = BTreeMap<String, Vec<String>>;

/// The four kinds of links.
pub(super) struct DeviceLinks {
    pub(super) ids: Links,
    pub(super) uuids: Links,
    pub(super) labels: Links,
    /// Devices that are made of the device.
    pub(super) masters: Links,
}

impl DeviceLinks {
    pub(super) fn of(host: &Host) -> DeviceLinks {
        DeviceLinks {
            ids: by(host, "by-id"),
            uuids: by(host, "by-uuid"),
            labels: by(host, "by-label"),
            masters: masters(host),
        }
    }
}

fn gather(host: &Host, _: &Ask) -> Facts {
    let links = DeviceLinks::of(host);
    Facts::from_iter([(
        "device_links".to_owned(),
        json!({
            "ids": links.ids,
            "uuids": links.uuids,
            "labels": links.labels,
            "masters": links.masters,
        }),
    )])
}

/// The links of a folder below `/dev/disk`, by the device that they lead to.
pub(super) fn by(host: &Host, kind: &str) -> Links {
    let mut links = Links::new();
    for name in host.folder(format!("/dev/disk/{kind}")) {
        if let Some(target) = host.link(format!("/dev/disk/{kind}/{name}")) {
            let device = target.rsplit('/').next().unwrap_or_default();
            links.entry(device.to_owned()).or_default().push(name);
        }
    }
    for names in links.values_mut() {
        names.sort_unstable();
    }
    links
}

fn masters(host: &Host) -> Links {
    let mut links = Links::new();
    for device in host.folder("/sys/block") {
        for slave in host.folder(format!("/sys/block/{device}/slaves")) {
            links.entry(slave).or_default().push(device.clone());
        }
    }
    for names in links.values_mut() {
        names.sort_unstable();
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{facts::test_ask, host::TestHost};

    #[test]
    fn links_are_listed_by_their_device() {
        let host = TestHost::with(&[
            ("/dev/disk/by-id/x", ""),
            ("/sys/block/dm-0/slaves/vda2/dev", "254:2"),
        ]);
        for name in ["b", "a"] {
            std::os::unix::fs::symlink("../../vda", host.path(format!("/dev/disk/by-id/{name}")))
                .unwrap();
        }
        assert_eq!(
            gather(&host, &test_ask())["device_links"],
            json!({"ids": {"vda": ["a", "b"]}, "uuids": {}, "labels": {}, "masters": {"vda2": ["dm-0"]}})
        );
    }
}
