//! Tests of `unarchive`.

use serde_json::{Value, json};

use super::unquoted;
use crate::host::{Command, Host, TestHost};

fn run(host: &Host, args: Value) -> Value {
    let Value::Object(given) = args else { unreachable!() };
    Value::Object(crate::find("unarchive").unwrap().run(&given, host))
}

/// A host of this machine's with folders `t` (two files and a link) and `d`.
fn host() -> (TestHost, String) {
    let host = TestHost::with(&[("/t/p/a", "one\n"), ("/t/p/s/b", "two\n"), ("/d/keep", "")]);
    host.symlink("a", "/t/p/l").unwrap();
    let host = host.real();
    let root = host.root().display().to_string();
    (host, root)
}

fn shell(host: &Host, line: String) {
    let output = host.run(&Command::shell(line)).unwrap();
    assert!(output.success(), "{}", output.error_text());
}

#[test]
fn a_tar_is_unpacked_once() {
    for (name, flag) in [("a.tar", ""), ("a.tgz", "-z")] {
        let (host, root) = host();
        shell(&host, format!("tar -C {root}/t -c {flag} -f {root}/{name} p"));
        let args = json!({"src": format!("{root}/{name}"), "dest": format!("{root}/d"), "remote_src": true, "list_files": true});
        let result = run(&host, args.clone());
        assert_eq!(result["changed"], true, "{result}");
        let mut files: Vec<_> =
            result["files"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        files.sort_unstable();
        assert_eq!(files, ["p/", "p/a", "p/l", "p/s/", "p/s/b"]);
        assert_eq!(host.read(format!("{root}/d/p/s/b")).unwrap().unwrap(), b"two\n");
        assert_eq!(run(&host, args.clone())["changed"], false);
        host.write(format!("{root}/d/p/a"), b"other").unwrap();
        assert_eq!(run(&host, args)["changed"], true);
        assert_eq!(host.read(format!("{root}/d/p/a")).unwrap().unwrap(), b"one\n");
    }
}

#[test]
fn attributes_are_set_below_the_folder_only() {
    let (host, root) = host();
    shell(&host, format!("tar -C {root}/t -cf {root}/a.tar p"));
    let args = json!({"src": format!("{root}/a.tar"), "dest": format!("{root}/d"), "remote_src": true, "mode": "u=rwX,go="});
    assert_eq!(run(&host, args.clone())["changed"], true);
    assert_eq!(host.path_info(&format!("{root}/d/p/a"))["mode"], "0600");
    assert_eq!(host.path_info(&format!("{root}/d/p/s"))["mode"], "0700");
    assert_eq!(host.path_info(&format!("{root}/d/keep"))["mode"], "0644");
    assert_eq!(run(&host, args)["changed"], false);
}

#[test]
fn an_archive_that_leads_out_writes_nothing_outside() {
    let (host, root) = host();
    shell(
        &host,
        format!(
            "cd {root}/d && echo evil > ../evil && tar -P -cf ../e.tar ../evil {root}/evil && rm ../evil"
        ),
    );
    run(
        &host,
        json!({"src": format!("{root}/e.tar"), "dest": format!("{root}/d"), "remote_src": true, "mode": "0600"}),
    );
    assert!(!host.exists(format!("{root}/evil")));
}

#[test]
fn check_mode_touches_nothing() {
    let (host, root) = host();
    shell(&host, format!("tar -C {root}/t -cf {root}/a.tar p"));
    let host = host.check();
    let result = run(
        &host,
        json!({"src": format!("{root}/a.tar"), "dest": format!("{root}/d"), "remote_src": true}),
    );
    // As the reference says; a tar is not compared without being unpacked.
    assert_eq!(result["skipped"], true);
    assert_eq!(host.list(format!("{root}/d")).unwrap(), ["keep"]);
}

#[test]
fn what_is_there_is_skipped_and_nonsense_refused() {
    let (host, root) = host();
    let message = |args: Value| run(&host, args)["msg"].as_str().unwrap().to_owned();
    let with = |src: &str, dest: &str| json!({"src": format!("{root}/{src}"), "dest": format!("{root}/{dest}"), "remote_src": true});
    assert!(message(with("none", "d")).ends_with("does not exist"));
    assert!(message(with("t/p/a", "d")).starts_with("Failed to find handler for"));
    assert!(message(with("d/keep", "d")).ends_with("the file is 0 bytes"));
    assert!(message(with("t/p/a", "none")).ends_with("must be an existing dir"));
    let mut args = with("none", "d");
    args["creates"] = json!(format!("{root}/d"));
    assert_eq!(run(&host, args)["skipped"], true);
}

#[test]
fn names_are_read_as_tar_writes_them() {
    assert_eq!(unquoted(r"gr\303\274\303\237e"), "grüße");
    assert_eq!(unquoted(r"a\\b\nc"), "a\\b\nc");
    assert_eq!(unquoted("plain"), "plain");
}
