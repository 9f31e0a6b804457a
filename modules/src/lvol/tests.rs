//! Tests of `lvol`.

use serde_json::{Value, json};

use super::size::{Of, Size};
use crate::host::{Host, TestHost};

const GROUP: &str = "/sbin/vgs --noheadings --nosuffix -o vg_name,size,free,vg_extent_size --units m --separator ; vg";
const VOLUMES: &str =
    "/sbin/lvs -a --noheadings --nosuffix -o lv_name,size,lv_attr --units m --separator ; vg";

fn host() -> TestHost {
    let tools = ["lvm", "vgs", "lvs", "lvcreate", "lvextend", "lvreduce", "lvremove", "lvchange"]
        .map(|tool| format!("/sbin/{tool}"));
    let files: Vec<(&str, &str)> = tools.iter().map(|path| (path.as_str(), "")).collect();
    let paths: Vec<&str> = tools.iter().map(String::as_str).collect();
    TestHost::with(&files)
        .executable(&paths)
        .answer("/sbin/lvm version", 0, "  LVM version:     2.03.16(2) (2022-05-18)\n")
        .answer(GROUP, 0, "  vg;10240.00;4096.00;4.00\n")
        .answer(VOLUMES, 0, "  data;1024.00;-wi-ao----\n")
}

fn run(host: &Host, args: Value) -> Value {
    let mut given = json!({"vg": "vg", "lv": "data"});
    given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
    let Value::Object(given) = given else { unreachable!() };
    Value::Object(crate::find("lvol").unwrap().run(&given, host))
}

#[test]
fn a_volume_of_its_size_stays() {
    assert_eq!(run(&host(), json!({"size": "1024"}))["changed"], false);
    assert_eq!(run(&host(), json!({}))["changed"], false);
}

#[test]
fn one_is_made_and_removed() {
    let new = host().answer("/sbin/lvcreate --yes -n new -L 512m vg", 0, "");
    assert_eq!(run(&new, json!({"lv": "new", "size": "512"}))["changed"], true);
    let gone = host().answer("/sbin/lvremove --force vg/data", 0, "");
    assert_eq!(run(&gone, json!({"state": "absent", "force": true}))["changed"], true);
    assert_eq!(
        run(&host(), json!({"state": "absent"}))["msg"],
        "Sorry, no removal of logical volume data without force=true."
    );
}

#[test]
fn one_grows_and_shrinks_only_by_force() {
    let more = host().answer("/sbin/lvextend -L 2048m vg/data", 0, "");
    assert_eq!(run(&more, json!({"size": "2048"}))["changed"], true);
    let result = run(&host(), json!({"size": "1024"}));
    assert_eq!((&result["lv"], &result["size"]), (&json!("data"), &json!(1024.0)));
    let share = host().answer("/sbin/lvextend -l +10%FREE vg/data", 0, "");
    assert_eq!(run(&share, json!({"size": "+10%FREE"}))["changed"], true);
    assert_eq!(
        run(&host(), json!({"size": "90%VG"}))["msg"],
        "Logical Volume data could not be extended. Not enough free space left (8192.0m required / 4096.0m available)"
    );
    let same = host().answer("/sbin/lvextend -L 1025m vg/data", 5, "it matches existing size");
    assert_eq!(run(&same, json!({"size": "1025"}))["changed"], false);
    assert_eq!(
        run(&host(), json!({"size": "512"}))["msg"],
        "Sorry, no shrinking of data without force=true."
    );
}

#[test]
fn sizes_are_read() {
    let read = |text: &str| Size::read(text, false).map_err(|failure| failure.message);
    assert_eq!(read("+50%VG").unwrap().of, Of::Share("VG"));
    assert_eq!(read("1.5g").unwrap().text(), "1.5g");
    assert_eq!(read("200%VG").unwrap_err(), "Size percentage cannot be larger than 100%");
    for text in ["", "x", "10x", "g", "1%WHAT", "x%VG", "1%vg", "1%ORIGIN"] {
        assert!(read(text).is_err(), "{text}");
    }
}
