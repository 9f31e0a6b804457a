//! Tests of `blockinfile`.

use serde_json::{Value, json};

use crate::host::{Host, TestHost};

fn run(host: &Host, args: Value) -> Value {
    let Value::Object(given) = args else { unreachable!() };
    Value::Object(crate::find("blockinfile").unwrap().run(&given, host))
}

fn text(host: &Host) -> String {
    host.read_text("/f").unwrap().unwrap()
}

fn edited(before: &str, args: Value) -> String {
    let host = TestHost::with(&[("/f", before)]);
    let mut args = args;
    args["path"] = "/f".into();
    args["marker"] = "# {mark}".into();
    let result = run(&host, args.clone());
    assert!(result.get("failed").is_none(), "{result}");
    let after = text(&host);
    assert_eq!(result["changed"], before != after);
    assert_eq!(run(&host, args)["changed"], false);
    assert_eq!(text(&host), after);
    after
}

#[test]
fn a_block_is_added_replaced_and_removed() {
    assert_eq!(edited("a", json!({"block": "x"})), "a\n# BEGIN\nx\n# END\n");
    assert_eq!(edited("", json!({"block": "x\n"})), "# BEGIN\nx\n# END\n");
    assert_eq!(
        edited("a\n# BEGIN\nold\n# END\nb\n", json!({"block": "x\ny"})),
        "a\n# BEGIN\nx\ny\n# END\nb\n"
    );
    assert_eq!(edited("a\n# BEGIN\nold\n# END\nb\n", json!({"block": ""})), "a\nb\n");
    assert_eq!(
        edited("a\n# BEGIN\nold\n# END\nb\n", json!({"block": "x", "state": "absent"})),
        "a\nb\n"
    );
    assert_eq!(
        edited("a\n# END\nold\n# BEGIN\nb\n", json!({"block": "x"})),
        "a\n# BEGIN\nx\n# END\nb\n"
    );
}

#[test]
fn a_new_block_goes_where_it_should() {
    let with = |key: &str, pattern: &str| {
        edited("one\ntwo\nthree\n", json!({"block": "x", key: pattern})).replace('\n', " ")
    };
    assert_eq!(with("insertafter", "^t"), "one two three # BEGIN x # END ");
    assert_eq!(with("insertafter", "one"), "one # BEGIN x # END two three ");
    assert_eq!(with("insertbefore", "^t"), "one two # BEGIN x # END three ");
    assert_eq!(with("insertbefore", "BOF"), "# BEGIN x # END one two three ");
    assert_eq!(with("insertafter", "EOF"), "one two three # BEGIN x # END ");
    assert_eq!(with("insertafter", "none"), "one two three # BEGIN x # END ");
    assert_eq!(with("insertafter", "(?m)^two$"), "one two # BEGIN x # END three ");
    assert_eq!(with("insertbefore", "(?m)two\nthree"), "one # BEGIN x # END two three ");
}

#[test]
fn empty_lines_are_added_once() {
    let args = json!({"block": "x", "insertafter": "one", "append_newline": true, "prepend_newline": true});
    assert_eq!(edited("one\ntwo\n", args.clone()), "one\n\n# BEGIN\nx\n# END\n\ntwo\n");
    assert_eq!(edited("one\n\ntwo\n", args.clone()), "one\n\n# BEGIN\nx\n# END\n\ntwo\n");
    assert_eq!(edited("one\n", args), "one\n\n# BEGIN\nx\n# END\n");
}

#[test]
fn check_mode_predicts_and_touches_nothing() {
    let host = TestHost::with(&[("/f", "a\n")]).check();
    let result = run(&host, json!({"path": "/f", "block": "x"}));
    assert_eq!((&result["changed"], &result["msg"]), (&true.into(), &"Block inserted".into()));
    assert_eq!(
        result["diff"][0]["after"],
        "a\n# BEGIN ANSIBLE MANAGED BLOCK\nx\n# END ANSIBLE MANAGED BLOCK\n"
    );
    assert_eq!(text(&host), "a\n");
    let result = run(&host, json!({"path": "/new", "block": "x", "create": true, "mode": "0600"}));
    assert_eq!(result["msg"], "File created");
    assert!(!host.exists("/new"));
}

#[test]
fn mistakes_are_told_in_the_words_of_the_reference() {
    let host = TestHost::with(&[("/f", "a\n"), ("/d/x", "")]);
    let failed = |args| run(&host, args)["msg"].as_str().unwrap().to_owned();
    assert_eq!(failed(json!({"path": "/none", "block": "x"})), "Path /none does not exist !");
    assert_eq!(failed(json!({"path": "/d", "block": "x"})), "Path /d is a directory !");
    assert_eq!(
        failed(json!({"path": "/f", "insertafter": "a", "insertbefore": "b"})),
        "parameters are mutually exclusive: insertbefore|insertafter"
    );
    assert_eq!(
        failed(json!({"path": "/f", "block": "x", "insertafter": "["})),
        "Task failed: Module failed: unterminated character set at position 0"
    );
}

#[test]
fn bytes_that_are_no_text_stay() {
    let host = TestHost::with(&[]);
    host.write("/f", b"\xff\xfe\r\n").unwrap();
    run(&host, json!({"path": "/f", "block": "x"}));
    let bytes = host.read("/f").unwrap().unwrap();
    assert!(bytes.starts_with(b"\xff\xfe\r\n# BEGIN"));
}
