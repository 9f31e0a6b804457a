//! Tests of `filesystem`.

use serde_json::{Value, json};

use crate::host::{Host, TestHost};

const BLKID: &str = "/usr/sbin/blkid -c /dev/null -o value -s TYPE /img";

fn host(kind: &str) -> TestHost {
    let tools = [
        "mkfs.vfat",
        "blkid",
        "wipefs",
        "mkfs.ext4",
        "mkfs.xfs",
        "tune2fs",
        "dumpe2fs",
        "resize2fs",
        "mkswap",
    ]
    .map(|tool| format!("/usr/sbin/{tool}"));
    let mut files: Vec<(&str, &str)> = tools.iter().map(|path| (path.as_str(), "")).collect();
    files.push(("/img", "0123456789"));
    let paths: Vec<&str> = tools.iter().map(String::as_str).collect();
    let status = if kind.is_empty() { 2 } else { 0 };
    TestHost::with(&files).executable(&paths).answer(BLKID, status, kind)
}

fn run(host: &Host, args: Value) -> Value {
    let mut given = json!({"dev": "/img"});
    given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
    let Value::Object(given) = given else { unreachable!() };
    Value::Object(crate::find("filesystem").unwrap().run(&given, host))
}

#[test]
fn one_is_made_where_there_is_none() {
    let new = host("").answer("/usr/sbin/mkfs.ext4 -F -L a b /img", 0, "");
    assert_eq!(run(&new, json!({"fstype": "ext4", "opts": "-L 'a' b"}))["changed"], true);
    assert_eq!(run(&host("ext4\n"), json!({"fstype": "ext4"})), json!({"changed": false}));
    let forced = host("ext4\n").answer("/usr/sbin/mkfs.xfs -f -m uuid=u-1 /img", 0, "");
    assert_eq!(
        run(&forced, json!({"fstype": "xfs", "force": true, "uuid": "u-1"}))["changed"],
        true
    );
    assert_eq!(
        run(&host("ext4\n"), json!({"fstype": "xfs"}))["msg"],
        "'/img' is already used as ext4, use force=true to overwrite"
    );
}

#[test]
fn one_is_removed_once() {
    let there = host("ext4\n").answer("/usr/sbin/wipefs --all /img", 0, "");
    assert_eq!(run(&there, json!({"state": "absent"}))["changed"], true);
    assert_eq!(run(&host(""), json!({"state": "absent"}))["changed"], false);
    let gone = run(&host(""), json!({"state": "absent", "dev": "/none"}));
    assert_eq!(gone, json!({"changed": false, "msg": "Device /none not found."}));
}

#[test]
fn one_grows_to_its_device() {
    let answer = "Block count:              1\nBlock size:               8\n";
    let small = host("ext4\n").answer("/usr/sbin/dumpe2fs -h /img", 0, answer).answer(
        "/usr/sbin/resize2fs /img",
        0,
        "done",
    );
    let result = run(&small, json!({"fstype": "ext4", "resizefs": true}));
    assert_eq!(result, json!({"changed": true, "msg": "done"}));
    let answer = "Block count:              2\nBlock size:               8\n";
    let full = host("ext4\n").answer("/usr/sbin/dumpe2fs -h /img", 0, answer);
    assert_eq!(
        run(&full, json!({"fstype": "ext4", "resizefs": true}))["msg"],
        "Ext4 filesystem is using the whole device /img"
    );
    assert_eq!(
        run(&host("swap\n"), json!({"fstype": "swap", "resizefs": true}))["msg"],
        "module does not support resizing swap filesystem yet."
    );
}

#[test]
fn check_mode_predicts_and_mistakes_are_refused() {
    assert_eq!(run(&host("").check(), json!({"fstype": "ext4"}))["changed"], true);
    assert_eq!(
        run(&host(""), json!({}))["msg"],
        "state is present but all of the following are missing: fstype"
    );
    assert_eq!(
        run(&host(""), json!({"dev": "/none", "fstype": "ext4"}))["msg"],
        "Device /none not found."
    );
    assert_eq!(
        run(&host(""), json!({"fstype": "vfat", "uuid": "x"}))["msg"],
        "module does not support UUID option for this filesystem (vfat) yet."
    );
}
