//! What `user` does to accounts.

use serde_json::json;

use crate::{
    find,
    host::TestHost,
    spec::{Json, JsonMap},
};

fn host() -> TestHost {
    let tools =
        ["useradd", "usermod", "userdel", "chage", "chpasswd"].map(|tool| format!("/sbin/{tool}"));
    let mut files = vec![
        ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nme:x:1000:1000:Me:/home/me:/bin/sh\n"),
        ("/etc/group", "root:x:0:\nme:x:1000:\nweb:x:33:me\nsudo:x:27:\n"),
        ("/etc/shadow", "me:$6$a$b:1:0:99999:7:::\n"),
        ("/home/me/.profile", ""),
    ];
    files.extend(tools.iter().map(|tool| (tool.as_str(), "")));
    let paths: Vec<&str> = tools.iter().map(String::as_str).collect();
    TestHost::with(&files).executable(&paths)
}

fn user(host: &TestHost, given: Json) -> JsonMap {
    let Json::Object(given) = given else { unreachable!() };
    find("user").unwrap().run(&given, host)
}

#[test]
fn an_account_that_is_as_wanted_costs_no_command() {
    let wanted = json!({
        "name": "me", "uid": 1000, "group": "me", "groups": "web", "comment": "Me", "shell": "/bin/sh",
        "password": "$6$a$b", "password_expire_max": 99999, "expires": -1, "password_lock": false,
    });
    let result = user(&host(), wanted);
    insta::assert_snapshot!(Json::Object(result), @r#"{"changed":false,"name":"me","state":"present","append":false,"move_home":false,"uid":1000,"group":1000,"comment":"Me","home":"/home/me","shell":"/bin/sh","groups":"web","password":"NOT_LOGGING_PASSWORD","warnings":["The input password appears not to have been hashed. The 'password' argument must be encrypted for this module to work properly."]}"#);
}

#[test]
fn only_what_differs_is_changed() {
    let host = host()
        .answer("/sbin/usermod -u 5 -o -g 33 -G sudo,web -c You -d /srv/me -m -s /bin/bash -e 2015-01-28 -f 3 -L me", 0, "")
        .answer("/sbin/chage -m 2 -W 9 me", 0, "");
    let result = user(
        &host,
        json!({
            "name": "me", "uid": 5, "non_unique": true, "group": "web", "groups": ["sudo", "web"], "comment": "You",
            "home": "/srv/me", "move_home": true, "shell": "/bin/bash", "expires": 1_422_403_387, "password_lock": true,
            "password_expire_account_disable": 3, "password_expire_min": 2, "password_expire_warn": 9,
        }),
    );
    assert_eq!((&result["changed"], &result["groups"]), (&json!(true), &json!("sudo,web")));
}

#[test]
fn the_days_after_a_password_are_set_each_time() {
    let host = host().answer("/sbin/usermod -f -1 me", 0, "usermod: no changes\n");
    assert_eq!(
        user(&host, json!({"name": "me", "password_expire_account_disable": -1}))["changed"],
        true
    );
}

#[test]
fn what_fails_is_not_gone_on_from() {
    let host = host().answer("/sbin/usermod -u 0 me", 4, "");
    let result = user(&host, json!({"name": "me", "uid": 0, "password_expire_warn": 9}));
    assert_eq!(result["rc"], 4);
}

#[test]
fn groups_are_added_or_replaced() {
    let appended = host().answer("/sbin/usermod -a -G sudo me", 0, "");
    assert_eq!(
        user(&appended, json!({"name": "me", "groups": "sudo", "append": true}))["changed"],
        true
    );
    assert_eq!(
        user(&host(), json!({"name": "me", "groups": "web", "append": true}))["changed"],
        false
    );
    let emptied = host().answer("/sbin/usermod -G  me", 0, "");
    assert_eq!(user(&emptied, json!({"name": "me", "groups": ""}))["changed"], true);
    let missing = host().answer("getent group nobody", 2, "");
    assert_eq!(
        user(&missing, json!({"name": "me", "groups": "nobody"}))["msg"],
        "Group nobody does not exist"
    );
}

#[test]
fn real_hashes_do_not_stand_in_arguments() {
    let host = host().answer("chpasswd -e", 0, "");
    assert_eq!(user(&host, json!({"name": "me", "password": "$6$c$d"}))["changed"], true);
    let kept = json!({"name": "me", "password": "$6$c$d", "update_password": "on_create"});
    assert_eq!(user(&host, kept)["changed"], false);
}

#[test]
fn new_accounts_are_made_as_asked() {
    let host = host()
        .answer("getent passwd web", 2, "")
        .answer("/sbin/useradd -u 7 -o -G sudo -c c -d /opt/w -s /bin/false -e 2015-01-28 -p !! -M -r -K UID_MIN=1 web", 0, "")
        .answer("getent passwd web", 2, "");
    // A group `web` is there already.
    let host = host.answer("/sbin/useradd -u 7 -o -N -G sudo -c c -d /opt/w -s /bin/false -e 2015-01-28 -p !! -M -r -K UID_MIN=1 web", 0, "");
    let result = user(
        &host,
        json!({
            "name": "web", "uid": 7, "non_unique": true, "groups": "sudo", "comment": "c", "home": "/opt/w", "uid_min": 1,
            "shell": "/bin/false", "expires": 1_422_403_387, "password": "!", "password_lock": true, "create_home": false, "system": true,
        }),
    );
    assert_eq!(
        (&result["changed"], &result["system"], &result["create_home"]),
        (&json!(true), &json!(true), &json!(false))
    );
}

#[test]
fn check_mode_predicts() {
    let host = host().check().answer("getent passwd new", 2, "");
    assert_eq!(Json::Object(user(&host, json!({"name": "new"}))), json!({"changed": true}));
    assert_eq!(
        Json::Object(user(&host, json!({"name": "me", "state": "absent"}))),
        json!({"changed": true})
    );
    let result = user(&host, json!({"name": "me", "shell": "/bin/zsh"}));
    assert_eq!((&result["changed"], &result["shell"]), (&json!(true), &json!("/bin/sh")));
}

#[test]
fn accounts_are_removed_once() {
    let host = host().answer("/sbin/userdel -f -r me", 0, "").answer("getent passwd gone", 2, "");
    let result =
        user(&host, json!({"name": "me", "state": "absent", "force": true, "remove": true}));
    assert_eq!(
        (&result["changed"], &result["force"], &result["remove"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert_eq!(
        Json::Object(user(&host, json!({"name": "gone", "state": "absent"}))),
        json!({"changed": false, "name": "gone", "state": "absent"})
    );
}

#[test]
fn a_failing_tool_fails_the_task() {
    let host = host().answer("/sbin/usermod -u 0 me", 4, "");
    let result = user(&host, json!({"name": "me", "uid": 0}));
    assert_eq!(
        (&result["failed"], &result["rc"], &result["name"]),
        (&json!(true), &json!(4), &json!("me"))
    );
}

#[test]
fn accounts_of_this_machine_alone_get_groups_and_days_by_programs_of_their_own() {
    let host = || {
        let tools = ["lusermod", "lgroupmod", "lchage"].map(|tool| format!("/sbin/{tool}"));
        let mut files = vec![
            ("/etc/passwd", "me:x:1000:1000:Me:/home/me:/bin/sh\n"),
            ("/etc/group", "me:x:1000:\nweb:x:33:me\nsudo:x:27:\n"),
            ("/etc/shadow", "me:$6$a$b:1:0:99999:7:::\n"),
        ];
        files.extend(tools.iter().map(|tool| (tool.as_str(), "")));
        let paths: Vec<&str> = tools.iter().map(String::as_str).collect();
        TestHost::with(&files).executable(&paths)
    };
    let added = host().answer("/sbin/lgroupmod -M me sudo", 0, "");
    let given = json!({"name": "me", "local": true, "groups": "sudo", "append": true});
    assert_eq!(user(&added, given)["changed"], true);
    let replaced = host()
        .answer("/sbin/lusermod -c You me", 0, "")
        .answer("/sbin/lgroupmod -M me sudo", 0, "")
        .answer("/sbin/lgroupmod -m me web", 0, "")
        .answer("/sbin/lchage -E 16463 me", 0, "");
    let given = json!({"name": "me", "local": true, "groups": "sudo", "comment": "You", "expires": 1_422_403_387});
    assert_eq!(user(&replaced, given)["changed"], true);
}
