//! Snaps of a `snap` whose answers are canned.

use serde_json::{Value, json};

use crate::host::{Host, TestHost};

const LIST: &str = "Name  Version  Rev  Tracking       Publisher  Notes\na     1        2    latest/stable  x          -\nb     1        2    1/edge         x          classic,disabled\n";

/// A host with two snaps, of which one is disabled.
fn host(names: &[&str]) -> TestHost {
    let version = "snap    2.60\nsnapd   2.60\nkernel 6.1 x\n";
    let host = TestHost::with(&[("/usr/bin/snap", "")])
        .executable(&["/usr/bin/snap"])
        .answer("/usr/bin/snap version", 0, version)
        .answer("/usr/bin/snap list", 0, LIST);
    let said: Vec<String> =
        names.iter().map(|name| format!("name:   {name}\nlicense: x\n")).collect();
    host.answer(&format!("/usr/bin/snap info {}", names.join(" ")), 0, &said.join("\n---\n"))
}

fn snap(host: &Host, args: Value) -> Value {
    let Value::Object(given) = args else { unreachable!() };
    Value::Object(crate::find("snap").unwrap().run(&given, host))
}

#[test]
fn what_is_installed_stays() {
    let result = snap(&host(&["a"]), json!({"name": "a"}));
    let expected = json!({
        "changed": false, "classic": false, "channel": "stable",
        "version": {"snap": "2.60", "snapd": "2.60"}, "snap_names": ["a"], "diff": {},
    });
    assert_eq!(result, expected);
}

#[test]
fn snaps_are_installed_one_by_one_and_others_follow_another_channel() {
    let both = host(&["c", "d"]).answer("/usr/bin/snap install --channel 2/beta c", 0, "").answer(
        "/usr/bin/snap install --channel 2/beta d",
        0,
        "",
    );
    let result = snap(&both, json!({"name": ["c", "d"], "channel": "2/beta"}));
    assert_eq!(result["snaps_installed"], json!(["c", "d"]));
    assert_eq!(
        result["cmd"],
        "['state', 'classic', 'channel', 'dangerous', 'c']; ['state', 'classic', 'channel', 'dangerous', 'd']"
    );
    let other = host(&["b"]).answer("/usr/bin/snap refresh --channel 2/beta b", 0, "");
    assert_eq!(snap(&other, json!({"name": "b", "channel": "2/beta"}))["changed"], true);
    let checking = host(&["c"]).check();
    assert_eq!(snap(&checking, json!({"name": "c"}))["changed"], true);
}

#[test]
fn snaps_are_removed_enabled_and_disabled() {
    let remove = host(&[]).answer("/usr/bin/snap remove a", 0, "");
    let result = snap(&remove, json!({"name": ["a", "c"], "state": "absent"}));
    assert_eq!(result["snaps_removed"], json!(["a"]));
    let line = |name: &str| LIST.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let list = |host: TestHost, name: &str| {
        host.answer(&format!("/usr/bin/snap list {name}"), 0, &format!("x\n{}\n", line(name)))
    };
    let enable = list(host(&[]), "b").answer("/usr/bin/snap enable b", 0, "");
    let result = snap(&enable, json!({"name": "b", "state": "enabled"}));
    assert_eq!(result["snaps_enabled"], json!(["b"]));
    let disable = list(host(&[]), "b");
    assert_eq!(snap(&disable, json!({"name": "b", "state": "disabled"}))["changed"], false);
}

#[test]
fn settings_are_set_where_they_differ() {
    let get = "/usr/bin/snap get -d a";
    let now = "{\"ports\": {\"http\": 80}, \"on\": true}";
    let args =
        json!({"name": "a", "options": ["ports.http=8080", "a:on = True", "a:url=http://x"]});
    let other = host(&["a"]).answer(get, 0, now).answer(
        "/usr/bin/snap set a ports.http=8080 url=http://x",
        0,
        "",
    );
    let result = snap(&other, args);
    assert_eq!(result["options_changed"], json!(["a:ports.http=8080", "a:url=http://x"]));
    let refused = |options| {
        let host = host(&["a"]).answer(get, 0, now).answer("/usr/bin/snap set a z=1", 1, "");
        snap(&host, json!({"name": "a", "options": [options]}))["msg"].clone()
    };
    assert_eq!(refused("x"), "Cannot parse set option 'x'");
    assert_eq!(
        refused("b:x=1"),
        "Snap option 'b:x=1' refers to snap which is not in the list of snap names"
    );
    assert_eq!(refused("z=1"), "Cannot set options 'z=1' for snap 'a': error=");
}

#[test]
fn a_failure_tells_what_was_found() {
    let failing = host(&["c"]).answer("/usr/bin/snap install c", 1, "");
    let result = snap(&failing, json!({"name": "c"}));
    assert_eq!(
        result["msg"],
        "Ooops! Snap installation failed while executing '['state', 'classic', 'channel', 'dangerous', 'c']', please examine logs and error output for more details."
    );
    assert_eq!(result["vars"]["snap_names"], json!(["c"]));
    let missing = "warning: no snap found for \"d\"\n";
    let none = host(&["c"]).answer("/usr/bin/snap info c d", 1, missing);
    let result = snap(&none, json!({"name": ["c", "d"]}));
    assert_eq!(result["msg"], "Snaps not found: ['\"d\"'].");
}
