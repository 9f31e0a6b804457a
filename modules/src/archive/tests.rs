//! Tests of `archive`.

use serde_json::{Value, json};

use crate::host::{Command, Host, TestHost};

fn run(host: &Host, args: Value) -> Value {
    let Value::Object(given) = args else { unreachable!() };
    Value::Object(crate::find("archive").unwrap().run(&given, host))
}

/// A host of this machine's with a folder `t`.
fn host() -> (TestHost, String) {
    let host = TestHost::with(&[("/t/a", "one\n"), ("/t/s/b", "two\n"), ("/t/c.log", "")]).real();
    let root = host.root().display().to_string();
    (host, root)
}

fn said(host: &Host, line: String) -> String {
    host.run(&Command::shell(line)).unwrap().text()
}

#[test]
fn a_folder_is_packed_once() {
    let (host, root) = host();
    let args = json!({"path": format!("{root}/t"), "dest": format!("{root}/t.tgz"), "exclusion_patterns": ["*.log"]});
    let result = run(&host, args.clone());
    assert_eq!(
        (&result["changed"], &result["dest_state"]),
        (&true.into(), &"archive".into()),
        "{result}"
    );
    assert_eq!(said(&host, format!("tar tf {root}/t.tgz | sort")), "t/a\nt/s/\nt/s/b\n");
    assert_eq!(run(&host, args.clone())["changed"], false);
    host.write(format!("{root}/t/a"), b"other\n").unwrap();
    assert_eq!(run(&host, args)["changed"], true);
}

#[test]
fn one_file_is_compressed_and_removed() {
    let (host, root) = host();
    let result = run(&host, json!({"path": format!("{root}/t/a"), "remove": true}));
    assert_eq!(
        (&result["changed"], &result["dest_state"]),
        (&true.into(), &"compress".into()),
        "{result}"
    );
    assert_eq!(said(&host, format!("gzip -dc {root}/t/a.gz")), "one\n");
    assert!(!host.exists(format!("{root}/t/a")));
}

#[test]
fn what_is_missing_is_told() {
    let (host, root) = host();
    let result = run(
        &host,
        json!({"path": [format!("{root}/n"), format!("{root}/t/a")], "dest": format!("{root}/x.tar"), "format": "tar"}),
    );
    assert_eq!(result["dest_state"], "incomplete");
    let result = run(&host, json!({"path": format!("{root}/n"), "dest": format!("{root}/y.tar")}));
    assert_eq!((&result["changed"], &result["dest_state"]), (&false.into(), &"absent".into()));
    let result = run(&host, json!({"path": [format!("{root}/t/a"), format!("{root}/t/s")]}));
    assert_eq!(
        result["msg"],
        "Error, must specify \"dest\" when archiving multiple files or trees"
    );
}

#[test]
fn check_mode_touches_nothing() {
    let (host, root) = host();
    let host = host.check();
    let result = run(&host, json!({"path": format!("{root}/t"), "dest": format!("{root}/t.tgz")}));
    assert_eq!(result["changed"], true);
    assert!(!host.exists(format!("{root}/t.tgz")));
}
