//! What `apt` makes of packages.

use serde_json::json;

use crate::{
    find,
    host::TestHost,
    spec::{Json, JsonMap},
};

const STATUS: &str = "Package: jq\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.6-2\n\n\
                      Package: old\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n";
const OPTIONS: &str = "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=60";

fn host() -> TestHost {
    let files = [
        ("/bin/apt-get", ""),
        ("/bin/apt-mark", ""),
        ("/var/lib/dpkg/status", STATUS),
        ("/var/lib/dpkg/info/old.list", "/etc/old\n"),
    ];
    TestHost::with(&files).executable(&["/bin/apt-get", "/bin/apt-mark"])
}

fn apt(host: &TestHost, given: Json) -> JsonMap {
    let Json::Object(given) = given else { unreachable!() };
    find("apt").unwrap().run(&given, host)
}

fn policy(name: &str, candidate: &str) -> String {
    format!(
        "{name}:\n  Installed: (none)\n  Candidate: {candidate}\n  Version table:\n     {candidate} 500\n        500 http://x y\n"
    )
}

#[test]
fn what_is_installed_costs_no_command() {
    let host = host();
    for name in ["jq", "jq=1.6*", "jq>=1.5", "jq:amd64"] {
        let result = apt(&host, json!({ "name": name }));
        assert_eq!(
            Json::Object(result),
            json!({"changed": false, "cache_updated": false, "cache_update_time": 0})
        );
    }
    assert_eq!(
        Json::Object(apt(&host, json!({"name": "old", "state": "absent"}))),
        json!({"changed": false})
    );
}

#[test]
fn what_is_missing_is_installed_in_the_version_that_apt_prefers() {
    let printed = "Reading state information...\nThe following NEW packages will be installed:\n  tree\n0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.\nmore\n";
    let host = host().answer("apt-cache policy tree", 0, &policy("tree", "2.1.0-1")).answer(
        &format!("/bin/apt-get -y {OPTIONS} install tree=2.1.0-1 -o APT::Install-Recommends=no"),
        0,
        printed,
    );
    let result = apt(&host, json!({"pkg": ["tree", "jq"], "install_recommends": false}));
    assert_eq!((&result["changed"], &result["stdout"]), (&json!(true), &json!(printed)));
    assert_eq!(
        result["diff"]["prepared"],
        "The following NEW packages will be installed:\n  tree\n0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded."
    );
}

#[test]
fn check_mode_only_simulates() {
    let host = host()
        .check()
        .answer("apt-cache policy tree", 0, &policy("tree", "2"))
        .answer(&format!("/bin/apt-get -y {OPTIONS} --simulate install tree=2"), 0, "")
        .answer(&format!("/bin/apt-get -q -y {OPTIONS} --simulate remove jq"), 0, "");
    assert_eq!(apt(&host, json!({"name": "tree"}))["changed"], true);
    assert_eq!(apt(&host, json!({"name": "jq", "state": "absent"}))["changed"], true);
    assert_eq!(apt(&host, json!({"update_cache": true}))["cache_updated"], true);
}

#[test]
fn a_refresh_that_is_never_tried_has_no_reason_to_name() {
    assert_eq!(
        apt(&host(), json!({"update_cache": true, "update_cache_retries": 0}))["msg"],
        "Failed to update apt cache after 0 retries: unknown reason"
    );
}

#[test]
fn latest_upgrades_what_is_older() {
    let host = host()
        .answer("apt-cache policy jq", 0, &policy("jq", "1.6-2"))
        .answer("apt-cache policy jq", 0, &policy("jq", "1.6-3"))
        .answer(&format!("/bin/apt-get -y {OPTIONS} install jq=1.6-3"), 0, "")
        .answer("apt-cache policy tree", 0, &policy("tree", "2"));
    assert_eq!(apt(&host, json!({"name": "jq", "state": "latest"}))["changed"], false);
    assert_eq!(apt(&host, json!({"name": "jq", "state": "latest"}))["changed"], true);
    let only = json!({"name": "tree", "state": "latest", "only_upgrade": true});
    assert_eq!(apt(&host, only)["changed"], false);
}

#[test]
fn unknown_names_and_versions_are_told_in_the_words_of_the_reference() {
    let message = |host: TestHost, given: Json| apt(&host, given)["msg"].clone();
    let nothing = host().answer("apt-cache policy nope", 0, "");
    assert_eq!(
        message(nothing, json!({"name": "nope"})),
        "No package matching 'nope' is available"
    );
    let known = host().answer("apt-cache policy jq", 0, &policy("jq", "1.6-2"));
    assert_eq!(
        message(known, json!({"name": "jq=9"})),
        "no available installation candidate for jq=9"
    );
    let names = host().answer("apt-cache pkgnames", 0, "jq\ntree\n");
    assert_eq!(
        message(names, json!({"name": "nope*"})),
        "No package(s) matching 'nope*' available"
    );
    assert_eq!(message(host(), json!({"name": "a=1=2"})), "invalid package spec: a=1=2");
    let both = json!({"name": ["*", "jq"], "state": "latest"});
    assert_eq!(
        message(host(), both),
        "unable to install additional packages when upgrading all installed packages"
    );
    let exclusive = json!({"name": "jq", "upgrade": "dist"});
    assert_eq!(
        message(host(), exclusive),
        "parameters are mutually exclusive: deb|package|upgrade"
    );
    assert_eq!(
        message(host(), json!({"deb": "/nope.deb"})),
        "Unable to install package: E:Could not open file /nope.deb - open (2: No such file or directory)"
    );
}

#[test]
fn a_failing_apt_shows_its_call() {
    let host = host().answer("apt-cache policy tree", 0, &policy("tree", "2")).answer(
        &format!("/bin/apt-get -y {OPTIONS} install tree=2"),
        100,
        "",
    );
    let result = apt(&host, json!({"name": "tree"}));
    assert_eq!(
        result["msg"],
        "'/bin/apt-get -y -o \"Dpkg::Options::=--force-confdef\" -o \"Dpkg::Options::=--force-confold\" -o DPkg::Lock::Timeout=60       install 'tree=2'' failed: "
    );
    assert_eq!((&result["rc"], &result["cache_updated"]), (&json!(100), &json!(false)));
}

#[test]
fn removal_takes_what_is_there() {
    let host = host()
        .answer(
            &format!("/bin/apt-get -q -y {OPTIONS} --purge --auto-remove remove jq old"),
            0,
            "x",
        )
        .answer(&format!("/bin/apt-get -q -y {OPTIONS} remove jq"), 0, "x");
    let given = json!({"name": ["jq", "old", "none"], "state": "absent", "purge": true, "autoremove": true});
    assert_eq!(apt(&host, given)["changed"], true);
    assert_eq!(apt(&host, json!({"name": "j*", "state": "absent"}))["changed"], true);
}

#[test]
fn yaml_booleans_mean_the_upgrade_that_they_spell() {
    let host = host().answer(
        &format!("/bin/apt-get -y {OPTIONS} upgrade --with-new-pkgs"),
        0,
        "Calculating\n0 upgraded, 0 newly installed, 0 to remove\n",
    );
    assert_eq!(apt(&host, json!({"upgrade": true}))["changed"], false);
}

#[test]
fn automatic_packages_become_wanted_ones() {
    let states = "Package: jq\nArchitecture: amd64\nAuto-Installed: 1\n";
    let host = TestHost::with(&[
        ("/bin/apt-get", ""),
        ("/bin/apt-mark", ""),
        ("/var/lib/dpkg/status", STATUS),
        ("/var/lib/apt/extended_states", states),
    ])
    .executable(&["/bin/apt-get", "/bin/apt-mark"])
    .answer("/bin/apt-mark manual jq", 0, "");
    assert_eq!(apt(&host, json!({"name": "jq"}))["changed"], false);
    assert_eq!(
        apt(&host, json!({"name": "jq"}))["failed"],
        true,
        "the canned apt-mark was used up"
    );
}
