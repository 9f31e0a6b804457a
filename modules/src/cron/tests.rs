//! Tests of `cron`.

use serde_json::{Value, json};

use crate::host::{Host, TestHost};

fn run(host: &Host, args: Value) -> Value {
    let Value::Object(given) = args else { unreachable!() };
    Value::Object(crate::find("cron").unwrap().run(&given, host))
}

fn host(files: &[(&str, &str)]) -> TestHost {
    let files: Vec<_> = files.iter().copied().chain([("/usr/bin/crontab", "")]).collect();
    TestHost::with(&files).executable(&["/usr/bin/crontab"])
}

fn after(before: &str, args: Value) -> String {
    let host = host(&[("/etc/cron.d/tab", before)]);
    let mut args = args;
    args["cron_file"] = "tab".into();
    let result = run(&host, args.clone());
    assert!(result.get("failed").is_none(), "{result}");
    let text = host.read_text("/etc/cron.d/tab").unwrap().unwrap_or_default();
    assert_eq!(result["changed"], before != text, "{result}");
    assert_eq!(run(&host, args)["changed"], false);
    text
}

#[test]
fn jobs_are_added_changed_and_removed() {
    assert_eq!(
        after("# x\n", json!({"name": "a", "user": "root", "job": "b", "minute": "*/5"})),
        "# x\n#Ansible: a\n*/5 * * * * root b\n"
    );
    assert_eq!(
        after(
            "#Ansible: a\n1 1 1 1 1 root b\nrest\n",
            json!({"name": "a", "job": "b", "user": "me"})
        ),
        "#Ansible: a\n* * * * * me b\nrest\n"
    );
    assert_eq!(
        after(
            "",
            json!({"name": "a", "user": "root", "job": "b", "special_time": "daily", "disabled": true})
        ),
        "#Ansible: a\n#@daily root b\n"
    );
    assert_eq!(after("#Ansible: a\nx\nrest\n", json!({"name": "a", "state": "absent"})), "rest\n");
}

#[test]
fn names_belong_to_the_lines_below_them() {
    let job = json!({"name": "a", "user": "root", "job": "b"});
    let line = "* * * * * root b";
    for (before, then) in [
        // A name that stands twice.
        ("#Ansible: a\n1\n#Ansible: a\n2\n", "#Ansible: a\nLINE\n#Ansible: a\nLINE\n"),
        // A name without a line.
        ("#Ansible: a\n", "#Ansible: a\nLINE\n"),
        // The line without a name, with none, and with another.
        ("# x\nLINE\ny\n", "# x\n#Ansible: a\nLINE\ny\n"),
        ("#Ansible: None\nLINE\n", "#Ansible: a\nLINE\n"),
        ("#Ansible: c\nLINE\n", "#Ansible: c\nLINE\n#Ansible: a\nLINE\n"),
    ] {
        let text = after(&before.replace("LINE", line), job.clone());
        assert_eq!(text, then.replace("LINE", line));
    }
}

#[test]
fn variables_are_added_changed_and_removed() {
    let set = |before: &str, more: Value| {
        let mut args = json!({"name": "A", "user": "root", "value": "x y", "env": true});
        args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        after(before, args)
    };
    assert_eq!(set("B=1\n", json!({})), "A=\"x y\"\nB=1\n");
    assert_eq!(set("B=1\nA=2\n", json!({})), "B=1\nA=\"x y\"\n");
    assert_eq!(set("B=1\nC=1\n", json!({"insertafter": "B"})), "B=1\nA=\"x y\"\nC=1\n");
    assert_eq!(set("B=1\nC=1\n", json!({"insertbefore": "C"})), "B=1\nA=\"x y\"\nC=1\n");
    assert_eq!(set("B=1\nA=1\n", json!({"state": "absent"})), "B=1\n");
}

#[test]
fn a_file_that_has_nothing_left_is_removed() {
    let host = host(&[("/etc/cron.d/tab", "#Ansible: a\nx\n")]);
    let args = json!({"name": "a", "state": "absent", "cron_file": "tab"});
    assert_eq!(run(&host, args.clone())["changed"], true);
    assert!(!host.exists("/etc/cron.d/tab"));
    assert_eq!(run(&host, args)["changed"], false);
}

#[test]
fn check_mode_predicts_and_touches_nothing() {
    let host = host(&[]).check();
    let result = run(&host, json!({"name": "a", "user": "root", "job": "b", "cron_file": "tab"}));
    assert_eq!((&result["changed"], &result["jobs"]), (&true.into(), &json!(["a"])));
    assert!(!host.exists("/etc/cron.d/tab"));
}

#[test]
fn mistakes_are_told_in_the_words_of_the_reference() {
    let message = |args| run(&host(&[]), args)["msg"].as_str().unwrap().to_owned();
    assert_eq!(
        message(json!({"name": "a", "user": "root", "cron_file": "x"})),
        "You must specify 'job' to install a new cron job or variable"
    );
    assert_eq!(
        message(json!({"name": "a", "job": "b", "special_time": "daily", "hour": "1"})),
        "You cannot combine special_time with any of the time or day/date parameters."
    );
}
