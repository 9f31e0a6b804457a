//! Tests of `authorized_key`.

use serde_json::{Value, json};

use crate::host::{Host, TestHost};

const FILE: &str = "/home/me/.ssh/authorized_keys";

fn run(host: &Host, args: Value) -> Value {
    let Value::Object(given) = args else { unreachable!() };
    Value::Object(crate::find("authorized_key").unwrap().run(&given, host))
}

fn host(keys: &str) -> TestHost {
    let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let line = format!("me:x:{uid}:{gid}::/home/me:/bin/sh\n");
    TestHost::with(&[("/etc/passwd", &line), (FILE, keys)])
}

fn after(keys: &str, args: Value) -> String {
    let host = host(keys);
    let mut args = args;
    args["user"] = "me".into();
    let result = run(&host, args.clone());
    let text = host.read_text(FILE).unwrap().unwrap();
    assert_eq!(result["changed"], keys != text, "{result}");
    assert_eq!(run(&host, args)["changed"], false);
    text
}

#[test]
fn keys_are_added_changed_and_removed() {
    assert_eq!(after("", json!({"key": "ssh-rsa A a"})), "ssh-rsa A a\n");
    assert_eq!(
        after("# c\n\nssh-rsa B", json!({"key": "ssh-rsa A a"})),
        "# c\n\nssh-rsa B \nssh-rsa A a\n"
    );
    assert_eq!(after("ssh-rsa A a\n", json!({"key": "ssh-rsa A a"})), "ssh-rsa A a\n");
    assert_eq!(
        after("ssh-rsa A a\nssh-rsa B b\n", json!({"key": "ssh-rsa A a", "key_options": "no-pty"})),
        "ssh-rsa B b\nno-pty ssh-rsa A a\n"
    );
    assert_eq!(
        after("ssh-rsa A a\nssh-rsa B b\n", json!({"key": "ssh-rsa A", "state": "absent"})),
        "ssh-rsa B b\n"
    );
    assert_eq!(
        after("# c\nssh-rsa A a\nssh-rsa B b\n", json!({"key": "ssh-rsa B b", "exclusive": true})),
        "ssh-rsa B b\n"
    );
    assert_eq!(
        after("", json!({"key": "# no\n\nssh-rsa A a\nssh-rsa B b", "comment": "x"})),
        "ssh-rsa A x\nssh-rsa B x\n"
    );
}

#[test]
fn lines_are_kept_once_and_options_in_any_order() {
    assert_eq!(
        after("garbage", json!({"key": "ssh-rsa A a\u{b}rsa-sha2-512 B"})),
        "garbage\nssh-rsa A a\nrsa-sha2-512 B \n"
    );
    let key = json!({"key": "ssh-rsa A", "key_options": "no-pty,from=\"a,b\""});
    let line = "from=\"a,b\",no-pty ssh-rsa A \n";
    assert_eq!(after(line, key), line);
    // What is written is written as it was understood.
    assert_eq!(
        after("\n\n  command=\"a  b\" ssh-rsa  A\ta\n\n#c", json!({"key": "ssh-rsa B b"})),
        "command=\"a b\" ssh-rsa A a\n\nssh-rsa B b\n#c"
    );
    assert_eq!(after("#c\nssh-rsa A\n", json!({"key": "ssh-rsa A", "state": "absent"})), "#c\n");
}

#[test]
fn file_and_folder_are_the_users_alone() {
    let host = host("");
    run(&host, json!({"user": "me", "key": "ssh-rsa A"}));
    assert_eq!(host.path_info(FILE)["mode"], "0600");
    assert_eq!(host.path_info("/home/me/.ssh")["mode"], "0700");
}

#[test]
fn check_mode_predicts_and_touches_nothing() {
    let host = host("ssh-rsa B\n").check();
    let result = run(&host, json!({"user": "me", "key": "ssh-rsa A"}));
    assert_eq!((&result["changed"], &result["keyfile"]), (&true.into(), &FILE.into()));
    assert_eq!(result["diff"]["after"], "ssh-rsa B \nssh-rsa A \n");
    assert_eq!(host.read_text(FILE).unwrap().unwrap(), "ssh-rsa B\n");
}

#[test]
fn mistakes_are_told_in_the_words_of_the_reference() {
    let message = |args| run(&host(""), args)["msg"].as_str().unwrap().to_owned();
    assert_eq!(
        message(json!({"user": "me", "key": "nonsense"})),
        "invalid key specified: nonsense"
    );
    assert_eq!(
        message(json!({"user": "me", "key": "file://x/no?y"})),
        "Path to a key file not found: /no"
    );
    assert!(
        message(json!({"user": "no", "key": "ssh-rsa A"})).starts_with("Failed to lookup user no")
    );
}
