//! `lineinfile`: texts before and after.

use serde_json::{Value as Json, json};

use crate::host::{Host, TestHost};

fn run(host: &Host, args: &Json) -> Json {
    let mut args = args.as_object().unwrap().clone();
    args.entry("path").or_insert("/f".into());
    Json::Object(crate::find("lineinfile").unwrap().run(&args, host))
}

/// Runs twice on a file and compares what it holds and the message; the second run must change nothing.
fn check(before: &str, args: Json, after: &str, message: &str) {
    let host = TestHost::with(&[("/f", before)]);
    let result = run(&host, &args);
    assert_eq!(host.read_text("/f").unwrap().unwrap(), after, "{args}");
    assert_eq!(result["msg"], message, "{args}");
    assert_eq!(result["changed"], before != after, "{args}");
    assert_eq!(result["diff"][0]["before"], before);
    assert_eq!(result["diff"][0]["after"], after);
    let again = run(&host, &args);
    assert_eq!(again["changed"], false, "second run of {args}");
    let host = TestHost::with(&[("/f", before)]).check();
    let predicted = run(&host, &args);
    assert_eq!((&predicted["changed"], &predicted["msg"]), (&result["changed"], &result["msg"]));
    assert_eq!(host.read_text("/f").unwrap().unwrap(), before);
}

#[test]
fn lines_go_where_they_should() {
    check("a\nb\n", json!({"line": "c"}), "a\nb\nc\n", "line added");
    check("a\nb", json!({"line": "c"}), "a\nb\nc\n", "line added");
    check("", json!({"line": "c"}), "c\n", "line added");
    check("a\nb\n", json!({"line": "a"}), "a\nb\n", "");
    check("a\nb\n", json!({"line": "c", "insertafter": "a"}), "a\nc\nb\n", "line added");
    check("a\nb", json!({"line": "c", "insertafter": "b"}), "a\nb\nc\n", "line added");
    check("a\nb\na\n", json!({"line": "c", "insertafter": "a"}), "a\nb\na\nc\n", "line added");
    check(
        "a\nb\na\n",
        json!({"line": "c", "insertafter": "a", "firstmatch": true}),
        "a\nc\nb\na\n",
        "line added",
    );
    check("a\nb\n", json!({"line": "c", "insertbefore": "b"}), "a\nc\nb\n", "line added");
    check("a\nb\n", json!({"line": "c", "insertbefore": "BOF"}), "c\na\nb\n", "line added");
    check("a\nb\n", json!({"line": "c", "insertafter": "zz"}), "a\nb\nc\n", "line added");
    check("a\r\nb\r\n", json!({"line": "b"}), "a\r\nb\n", "line replaced");
}

#[test]
fn lines_are_replaced() {
    check("a\nb\na\n", json!({"line": "X", "regexp": "^(a|X)"}), "a\nb\nX\n", "line replaced");
    check(
        "a\nb\na\n",
        json!({"line": "X", "regexp": "^(a|X)", "firstmatch": true}),
        "X\nb\na\n",
        "line replaced",
    );
    check("a\nb\n", json!({"line": "bX", "search_string": "b"}), "a\nbX\n", "line replaced");
    check(
        "p = 1\nq\n",
        json!({"line": "\\1 = 2", "regexp": "^(p) =", "backrefs": true}),
        "p = 2\nq\n",
        "line replaced",
    );
    check("q\n", json!({"line": "\\1 = 2", "regexp": "^(p) =", "backrefs": true}), "q\n", "");
    check(
        "#Port 22\n",
        json!({"line": "Port 2222", "regexp": "^#?Port "}),
        "Port 2222\n",
        "line replaced",
    );
}

#[test]
fn lines_are_removed() {
    check("a\nb\na\n", json!({"state": "absent", "line": "a"}), "b\n", "2 line(s) removed");
    check("a\nb\n", json!({"state": "absent", "regexp": "^b$"}), "a\n", "1 line(s) removed");
    check("a\nb\n", json!({"state": "absent", "search_string": "z"}), "a\nb\n", "");
}

#[test]
fn bytes_that_are_no_text_stay() {
    let host = TestHost::with(&[("/f", "")]);
    host.replace("/f", None, |file| std::io::Write::write_all(file, b"a\xff\n")).unwrap();
    assert_eq!(run(&host, &json!({"line": "b"}))["changed"], true);
    assert_eq!(host.read("/f").unwrap().unwrap(), b"a\xff\nb\n");
}

#[test]
fn a_new_file_has_its_folder_mode_and_diff() {
    let host = TestHost::with(&[]);
    let args = json!({"path": "/d/e/f", "line": "q", "create": true, "mode": "0600"});
    assert_eq!(
        run(&host, &args),
        json!({
            "changed": true, "msg": "line added and ownership, perms or SE linux context changed", "backup": "",
            "diff": [
                {"before": "", "after": "q\n", "before_header": "/d/e/f (content)", "after_header": "/d/e/f (content)"},
                {
                    "before": {"mode": "0644"}, "after": {"mode": "0600"},
                    "before_header": "/d/e/f (file attributes)", "after_header": "/d/e/f (file attributes)",
                },
            ],
        })
    );
    assert_eq!(run(&host, &args)["changed"], false);
    let host = TestHost::with(&[]).check();
    let result = run(&host, &args);
    assert_eq!((&result["changed"], &result["diff"]["after"]), (&json!(true), &json!("q\n")));
    assert!(!host.exists("/d"));
}

#[test]
fn a_link_stays_and_a_backup_is_kept() {
    let host = TestHost::with(&[("/d/f", "a\n")]);
    host.symlink("f", "/d/l").unwrap();
    let result = run(&host, &json!({"path": "/d/l", "line": "b", "backup": true}));
    let backup = result["backup"].as_str().unwrap();
    assert!(backup.starts_with("/d/l."), "{backup}");
    assert_eq!(host.read_text(backup).unwrap().unwrap(), "a\n");
    assert_eq!(host.link_target("/d/l").unwrap(), "f");
    assert_eq!(host.read_text("/d/f").unwrap().unwrap(), "a\nb\n");
}

#[test]
fn a_content_is_validated_before_it_is_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f").display().to_string();
    let host = TestHost::with(&[]).real();
    let result =
        run(&host, &json!({"path": path, "create": true, "line": "x", "validate": "grep -q y %s"}));
    assert_eq!(result["msg"], "failed to validate: rc:1 error:");
    assert!(host.list(folder.path()).unwrap().is_empty());
    let args = json!({"path": path, "create": true, "line": "y", "validate": "grep -q y %s"});
    assert_eq!(run(&host, &args)["changed"], true);
}

#[test]
fn failures_are_in_the_words_of_the_reference() {
    let host = TestHost::with(&[("/f", "a\n"), ("/d/f", "")]);
    let message = |args: Json| {
        let result = run(&host, &args);
        assert_eq!(result["failed"], true, "{result}");
        result["msg"].as_str().unwrap().to_owned()
    };
    insta::assert_snapshot!(message(json!({"path": "/x", "line": "a"})), @"Destination /x does not exist !");
    insta::assert_snapshot!(message(json!({"path": "/d", "line": "a"})), @"Path /d is a directory !");
    insta::assert_snapshot!(message(json!({"regexp": "a"})), @"line is required with state=present");
    insta::assert_snapshot!(message(json!({"line": "a", "backrefs": true})), @"regexp is required with backrefs=true");
    insta::assert_snapshot!(message(json!({"state": "absent"})), @"one of line, search_string, or regexp is required with state=absent");
    insta::assert_snapshot!(message(json!({"line": "b", "validate": "true"})), @"validate must contain %s: true");
    insta::assert_snapshot!(message(json!({"line": "b", "regexp": "(a"})), @"Task failed: Module failed: missing ), unterminated subpattern at position 0");
    insta::assert_snapshot!(message(json!({"line": "\\3", "regexp": "(a)", "backrefs": true})), @"Task failed: Module failed: invalid group reference 3 at position 1");
    insta::assert_snapshot!(message(json!({"line": "b", "insertafter": "a", "insertbefore": "b"})), @"parameters are mutually exclusive: insertbefore|insertafter");
    let result = run(&host, &json!({"path": "/x", "line": "a", "state": "absent"}));
    assert_eq!(result, json!({"changed": false, "msg": "file not present"}));
    let warned = run(&host, &json!({"line": "a", "regexp": ""}));
    assert!(
        warned["warnings"][0].as_str().unwrap().starts_with("The regular expression is an empty")
    );
}
