//! Tests of `ini_file`.

use serde_json::{Value, json};

use crate::host::{Host, TestHost};

fn run(host: &Host, args: Value) -> Value {
    let Value::Object(given) = args else { unreachable!() };
    Value::Object(crate::find("ini_file").unwrap().run(&given, host))
}

fn after(before: &str, args: Value) -> (String, String) {
    let host = TestHost::with(&[("/f", before)]);
    let mut args = args;
    args["path"] = "/f".into();
    let result = run(&host, args.clone());
    assert!(result.get("failed").is_none(), "{result}");
    let text = host.read_text("/f").unwrap().unwrap();
    assert_eq!(result["changed"], before != text, "{result}");
    let again = run(&host, args);
    assert_eq!(again["changed"], false, "{}", host.read_text("/f").unwrap().unwrap());
    (text, result["msg"].as_str().unwrap().to_owned())
}

fn check(before: &str, args: Value, expected: &str, message: &str) {
    assert_eq!(after(before, args), (expected.to_owned(), message.to_owned()));
}

#[test]
fn options_are_set() {
    let set = |value: &str| json!({"section": "s", "option": "a", "value": value});
    check("[s]\na = 1\n", set("1"), "[s]\na = 1\n", "OK");
    check("[s]\na=1\n", set("2"), "[s]\na = 2\n", "option changed");
    check("[s]\nb=1\n\n[t]\na = 3\n", set("2"), "[s]\nb=1\na = 2\n\n[t]\na = 3\n", "option added");
    check("[s]\n#a = 1\n", set("2"), "[s]\na = 2\n", "option changed");
    check("[t]", set("2"), "[t]\n[s]\na = 2\n", "section and option added");
    check("", json!({"option": "a", "value": "1"}), "a = 1\n\n", "option added");
    check("[ s ]\n#a = 1\na = 3\n;a = 2\n", set("2"), "[ s ]\na = 2\n", "option changed");
    check("x=1\n[s]\n", json!({"option": "x", "value": "2"}), "x = 2\n[s]\n", "option changed");
}

#[test]
fn a_value_needs_an_option_where_the_section_is_there() {
    let host = TestHost::with(&[("/f", "[s]\na = 1\n")]);
    let set = |section: &str| run(&host, json!({"path": "/f", "section": section, "value": ""}));
    let failed = set("s")["msg"].as_str().unwrap().to_owned();
    assert!(failed.ends_with("need a bytes-like object, NoneType found"), "{failed}");
    assert_eq!(set("t")["msg"], "only section added");
}

#[test]
fn an_open_last_line_ends_whatever_is_done() {
    let absent = json!({"section": "s", "option": "b", "state": "absent"});
    check("[s]\na = 1", absent, "[s]\na = 1\n", "OK");
}

#[test]
fn options_have_values_or_none() {
    let bare = json!({"section": "s", "option": "a", "allow_no_value": true});
    check("[s]\na = 1\na = 2\n", bare.clone(), "[s]\na\na = 2\n", "option changed");
    check("[s]\n#a = 1\n", bare.clone(), "[s]\na\n", "option changed");
    check("[s]\na\n", bare, "[s]\na\n", "OK");
    let spaces = json!({"section": "s", "option": "a", "value": " 1 "});
    check("[s]\na = 1\n", spaces, "[s]\na =  1 \n", "option changed");
    let new = json!({"section": "t", "option": "a", "value": "1"});
    check("[s]\n  [t]\n", new, "[s]\n  [t]\n[t]\na = 1\n", "section and option added");
}

#[test]
fn several_values_are_several_lines() {
    let set = |values: Value, exclusive: bool| json!({"section": "s", "option": "a", "values": values, "exclusive": exclusive});
    check(
        "[s]\na = 1\na = 2\n",
        set(json!(["1", "3"]), true),
        "[s]\na = 1\na = 3\n",
        "option changed",
    );
    check("[s]\na = 1\na = 2\n", set(json!(["2"]), true), "[s]\na = 2\n", "option changed");
    check("[s]\na = 1\n", set(json!(["2"]), false), "[s]\na = 1\na = 2\n", "option added");
}

#[test]
fn options_and_sections_are_removed() {
    let absent =
        |option: Option<&str>| json!({"section": "s", "option": option, "state": "absent"});
    check("[s]\na = 1\nb=2\n", absent(Some("a")), "[s]\nb=2\n", "option changed");
    check("[s]\nb=2\n", absent(Some("a")), "[s]\nb=2\n", "OK");
    check("[r]\n[s]\na = 1\n[t]\n", absent(None), "[r]\n[t]\n", "section removed");
    check("[r]\n", absent(None), "[r]\n", "OK");
}

#[test]
fn a_section_is_told_by_its_values() {
    let args = json!({"section": "s", "section_has_values": [{"option": "n", "value": "2"}], "option": "k", "value": "c"});
    check(
        "[s]\nn = 1\nk = a\n[s]\nn = 2\nk = b\n",
        args.clone(),
        "[s]\nn = 1\nk = a\n[s]\nn = 2\nk = c\n",
        "option changed",
    );
    check("[s]\nn = 1\n", args, "[s]\nn = 1\n[s]\nn = 2\nk = c\n", "section and option added");
}

#[test]
fn check_mode_predicts_and_touches_nothing() {
    let host = TestHost::with(&[("/f", "[s]\na = 1\n")]).check();
    let result = run(&host, json!({"path": "/f", "section": "s", "option": "a", "value": "2"}));
    assert_eq!((&result["changed"], &result["msg"]), (&true.into(), &"option changed".into()));
    assert_eq!(result["diff"]["after"], "[s]\na = 2\n");
    assert_eq!(host.read("/f").unwrap().unwrap(), b"[s]\na = 1\n");
}

#[test]
fn mistakes_are_told_in_the_words_of_the_reference() {
    let message = |args| run(&TestHost::with(&[]), args)["msg"].as_str().unwrap().to_owned();
    assert_eq!(
        message(json!({"path": "/f", "section": "s", "option": "a"})),
        "Parameter 'value(s)' must be defined if state=present and allow_no_value=False."
    );
    assert_eq!(
        message(
            json!({"path": "/f", "section": "s", "option": "a", "value": "1", "create": false})
        ),
        "Destination /f does not exist!"
    );
}
