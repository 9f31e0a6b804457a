//! `wait_for` on files in a temporary folder and on ports of this machine.

use std::{io::Write, net::TcpListener};

use serde_json::{Value as Json, json};

use crate::host::{Host, TestHost};

fn wait(host: &Host, args: Json) -> Json {
    let mut result = crate::find("wait_for").unwrap().run(args.as_object().unwrap(), host);
    for key in ["uid", "gid", "owner", "group", "size", "mode"] {
        result.remove(key);
    }
    Json::Object(result)
}

#[test]
fn files_are_there_gone_or_have_a_text() {
    let host = TestHost::with(&[("/f", "one\nport=80\n")]);
    assert_eq!(
        wait(&host, json!({"path": "/f", "search_regex": "^port=(?P<n>\\d+)$"})),
        json!({
            "changed": false, "elapsed": 0, "path": "/f", "port": null, "state": "file",
            "search_regex": "^port=(?P<n>\\d+)$", "match_groups": ["80"], "match_groupdict": {"n": "80"},
        })
    );
    assert_eq!(wait(&host, json!({"path": "/none", "state": "absent"}))["state"], "absent");
}

#[test]
fn ports_answer_and_say_something() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let host = TestHost::with(&[]);
    let result = wait(&host, json!({"port": port}));
    assert_eq!((&result["state"], &result["port"]), (&json!("started"), &json!(port)));
    let server = std::thread::spawn(move || {
        // The first is the connection of the wait before.
        for stream in listener.incoming().take(2) {
            // It may be closed already.
            let _ = stream.unwrap().write_all(b"220 mail ready\r\n");
        }
    });
    let result = wait(&host, json!({"port": port, "search_regex": "^220 (\\w+)"}));
    assert_eq!((&result["state"], &result["match_groups"]), (&json!("started"), &json!([])));
    server.join().unwrap();
    let result = wait(&host, json!({"port": port, "state": "stopped"}));
    assert_eq!(result["state"], "stopped");
}

#[test]
fn failures_are_in_the_words_of_the_reference() {
    let host = TestHost::with(&[("/f", "")]);
    let message = |args: Json| {
        let result = wait(&host, args);
        assert_eq!((&result["failed"], &result["elapsed"]), (&json!(true), &json!(0)), "{result}");
        result["msg"].as_str().unwrap().to_owned()
    };
    insta::assert_snapshot!(message(json!({"port": 1, "timeout": 0})), @"Timeout when waiting for 127.0.0.1:1");
    insta::assert_snapshot!(message(json!({"port": 1, "timeout": 0, "msg": "custom"})), @"custom");
    insta::assert_snapshot!(message(json!({"port": 1, "timeout": 0, "search_regex": "x"})), @"Timeout when waiting for search string x in 127.0.0.1:1");
    insta::assert_snapshot!(message(json!({"path": "/x", "timeout": 0})), @"Timeout when waiting for file /x");
    insta::assert_snapshot!(message(json!({"path": "/f/x", "timeout": 1})), @"Failed to stat /f/x, Not a directory");
    insta::assert_snapshot!(message(json!({"path": "/f", "timeout": 0, "search_regex": "x"})), @"Timeout when waiting for search string x in /f");
    insta::assert_snapshot!(message(json!({"path": "/f", "timeout": 0, "state": "absent"})), @"Timeout when waiting for /f to be absent.");
    insta::assert_snapshot!(message(json!({"port": 1, "timeout": 0, "state": "stopped"})), @"Timeout when waiting for 127.0.0.1:1 to stop.");
    insta::assert_snapshot!(message(json!({"port": 1, "timeout": 0, "state": "drained"})), @"Timeout when waiting for 127.0.0.1:1 to drain");
    insta::assert_snapshot!(message(json!({"port": 1, "path": "/f"})), @"port and path parameter can not both be passed to wait_for");
    insta::assert_snapshot!(message(json!({"path": "/f", "state": "stopped"})), @"state=stopped should only be used for checking a port in the wait_for module");
    insta::assert_snapshot!(message(json!({"path": "/f", "state": "drained"})), @"state=drained should only be used for checking a port in the wait_for module");
    insta::assert_snapshot!(message(json!({"port": 1, "exclude_hosts": ["a"]})), @"exclude_hosts should only be with state=drained");
    insta::assert_snapshot!(message(json!({"port": 1, "active_connection_states": ["FOO"]})), @"unknown active_connection_state (FOO) defined");
}

#[test]
fn check_mode_is_skipped() {
    let host = TestHost::with(&[]).check();
    assert_eq!(
        wait(&host, json!({"port": 1})),
        json!({
            "changed": false, "skipped": true,
            "msg": "remote module (wait_for) does not support check mode",
        })
    );
}
