//! Logical volumes.

use serde_json::{Value as Json, json};

use super::{Ask, Facts, Pace, Source};
use crate::host::{Command, Host};

pub(super) static SOURCE: Source =
    Source { collector: "hardware", facts: &["lvm"], pace: Pace::Slow, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    let root = rustix::process::geteuid().is_root();
    let lvm = match host.which("vgs") {
        Some(_) if root => volumes(host),
        _ => "N/A".into(),
    };
    Facts::from_iter([("lvm".to_owned(), lvm)])
}

fn volumes(host: &Host) -> Json {
    // The commands take long, and without a volume there is nothing that they could find.
    if !has_volumes(host) {
        return json!({ "lvs": {}, "vgs": {}, "pvs": {} });
    }
    let groups = table(host, "vgs", 7, |row| {
        let facts = json!({
            "size_g": row[row.len() - 2], "free_g": row[row.len() - 1], "num_lvs": row[2], "num_pvs": row[1],
        });
        (row[0].to_owned(), facts)
    });
    let logical =
        table(host, "lvs", 4, |row| (row[0].to_owned(), json!({ "size_g": row[3], "vg": row[1] })));
    let physical = table(host, "pvs", 6, |row| {
        let facts = json!({ "size_g": row[4], "free_g": row[5], "vg": row[1] });
        (mapper_name(host, row[0]), facts)
    });
    json!({ "lvs": logical, "vgs": groups, "pvs": physical })
}

/// Whether a block device is a logical volume or a part of one.
fn has_volumes(host: &Host) -> bool {
    host.folder("/sys/class/block").iter().any(|name| {
        let base = format!("/sys/class/block/{name}");
        let logical =
            host.line(format!("{base}/dm/uuid")).is_some_and(|uuid| uuid.starts_with("LVM-"));
        logical
            || host.line(format!("{base}/dev")).is_some_and(|number| {
                let udev = host.text(format!("/run/udev/data/b{number}")).unwrap_or_default();
                udev.contains("E:ID_FS_TYPE=LVM2_member")
            })
    })
}

/// The rows that an LVM command lists, each as a name and its facts.
fn table(
    host: &Host,
    program: &str,
    columns: usize,
    read: impl Fn(&[&str]) -> (String, Json),
) -> Json {
    let words = [program, "--noheadings", "--nosuffix", "--units", "g", "--separator", ","];
    let output = host.run(&Command::new(words)).map(|output| output.text()).unwrap_or_default();
    let rows = output.lines().filter_map(|line| {
        let row: Vec<_> = line.trim().split(',').collect();
        (row.len() >= columns).then(|| read(&row))
    });
    rows.collect::<Facts>().into()
}

/// The name below `/dev/mapper` of a device that is given by its number.
fn mapper_name(host: &Host, device: &str) -> String {
    let name = device
        .strip_prefix("/dev/dm-")
        .and_then(|number| host.line(format!("/sys/class/block/dm-{number}/dm/name")));
    name.map_or_else(|| device.to_owned(), |name| format!("/dev/mapper/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn without_volumes_no_command_runs() {
        let host = TestHost::with(&[("/sys/class/block/sda/dev", "8:0\n")]);
        assert_eq!(volumes(&host), json!({"lvs": {}, "vgs": {}, "pvs": {}}));
    }

    #[test]
    fn the_tables_of_the_commands_are_read() {
        let options = "--noheadings --nosuffix --units g --separator ,";
        let host = TestHost::with(&[("/sys/class/block/dm-0/dm/uuid", "LVM-abc\n")])
            .answer(&format!("vgs {options}"), 0, "  vg0,1,2,0,wz--n-,19.99,5.00\n")
            .answer(&format!("lvs {options}"), 0, "  root,vg0,-wi-ao----,10.00,,,,,,,,\n")
            .answer(&format!("pvs {options}"), 0, "  /dev/sda2,vg0,lvm2,a--,19.99,5.00\n");
        assert_eq!(
            volumes(&host),
            json!({
                "vgs": {"vg0": {"size_g": "19.99", "free_g": "5.00", "num_lvs": "2", "num_pvs": "1"}},
                "lvs": {"root": {"size_g": "10.00", "vg": "vg0"}},
                "pvs": {"/dev/sda2": {"size_g": "19.99", "free_g": "5.00", "vg": "vg0"}},
            })
        );
    }
}
