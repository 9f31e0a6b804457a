//! Tests of `find`.

use serde_json::{Value, json};

use crate::host::{Host, TestHost};

fn run(host: &Host, args: Value) -> Value {
    let Value::Object(given) = args else { unreachable!() };
    Value::Object(crate::find("find").unwrap().run(&given, host))
}

fn host() -> TestHost {
    let host = TestHost::with(&[
        ("/t/a.txt", "hello\n"),
        ("/t/b.log", "hello world\nend"),
        ("/t/.dot", ""),
        ("/t/sub/c.txt", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("/t/sub/deep/d.txt", ""),
    ]);
    host.symlink("sub", "/t/link").unwrap();
    host
}

fn found(args: Value) -> String {
    let mut args = args;
    args["paths"] = json!(["/t"]);
    let result = run(&host(), args);
    let mut names: Vec<_> = result["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap().trim_start_matches("/t/").to_owned())
        .collect();
    names.sort();
    names.join(" ")
}

#[test]
fn names_kinds_and_levels_are_chosen() {
    assert_eq!(found(json!({})), "a.txt b.log");
    assert_eq!(found(json!({"hidden": true})), ".dot a.txt b.log");
    assert_eq!(found(json!({"recurse": true})), "a.txt b.log sub/c.txt sub/deep/d.txt");
    assert_eq!(found(json!({"recurse": true, "depth": 2})), "a.txt b.log sub/c.txt");
    assert_eq!(found(json!({"patterns": "*.txt,b*", "excludes": "a*"})), "b.log");
    assert_eq!(found(json!({"patterns": "[ab].t", "use_regex": true})), "a.txt");
    assert_eq!(found(json!({"file_type": "directory"})), "sub");
    assert_eq!(found(json!({"file_type": "link"})), "link");
    assert_eq!(found(json!({"file_type": "any"})), "a.txt b.log link sub");
    assert_eq!(
        found(json!({"recurse": true, "follow": true, "patterns": "c*"})),
        "link/c.txt sub/c.txt"
    );
}

#[test]
fn contents_sizes_ages_and_modes_are_chosen() {
    assert_eq!(found(json!({"contains": "hello.*"})), "a.txt b.log");
    assert_eq!(found(json!({"contains": "world"})), "");
    assert_eq!(found(json!({"contains": "wor|end"})), "b.log");
    assert_eq!(found(json!({"contains": "d\nend", "read_whole_file": true})), "b.log");
    assert_eq!(found(json!({"size": "10b"})), "b.log");
    assert_eq!(found(json!({"size": "-10"})), "a.txt");
    assert_eq!(found(json!({"age": "1d"})), "");
    assert_eq!(found(json!({"age": "-1D"})), "a.txt b.log");
    assert_eq!(found(json!({"mode": "0001"})), "");
    assert_eq!(found(json!({"mode": "0611", "exact_mode": false})), "a.txt b.log");
}

#[test]
fn a_result_says_what_was_looked_at() {
    let result = run(&host(), json!({"paths": "/t/../t//,/none", "limit": 5}));
    assert_eq!(result["matched"], 2);
    assert_eq!(result["examined"], 5);
    assert_eq!(result["msg"], "Not all paths examined, check warnings for details");
    assert_eq!(result["skipped_paths"], json!({"/none": "'/none' is not a directory"}));
    assert_eq!(
        result["warnings"],
        json!(["Skipped '/none' path due to this access issue: '/none' is not a directory"])
    );
    let result = run(&host(), json!({"paths": "/t", "limit": 1, "get_checksum": true}));
    assert_eq!(result["msg"], "Limit of matches reached");
    assert_eq!(result["files"][0]["checksum"].as_str().unwrap().len(), 40);
}

#[test]
fn a_loop_of_links_ends() {
    let host = host();
    host.symlink("..", "/t/sub/up").unwrap();
    let result = run(&host, json!({"paths": "/t", "recurse": true, "follow": true}));
    assert_eq!(result["failed"], Value::Null);
    assert!(result["matched"].as_u64().unwrap() < 20);
}

#[test]
fn mistakes_are_told_in_the_words_of_the_reference() {
    let message = |args: Value| run(&host(), args)["msg"].as_str().unwrap().to_owned();
    assert_eq!(message(json!({"paths": "/t", "age": "5y"})), "failed to process age");
    assert_eq!(message(json!({"paths": "/t", "size": "x"})), "failed to process size");
    assert_eq!(
        message(json!({"paths": "/t", "limit": 0})),
        "limit cannot be 0 (use None for unlimited)"
    );
    let result = run(&host(), json!({"paths": "/t", "patterns": "[", "use_regex": true}));
    assert_eq!(result["skipped_paths"], json!({"/t": "unterminated character set at position 0"}));
}
