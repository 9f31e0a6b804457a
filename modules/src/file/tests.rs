//! `file` on a host in a temporary folder.

use serde_json::{Value as Json, json};

use crate::host::{Host, TestHost};

/// Runs the module and returns its result without what depends on the machine.
fn file(host: &Host, args: Json) -> Json {
    let Json::Object(args) = args else { unreachable!() };
    let mut result = crate::find("file").unwrap().run(&args, host);
    for key in ["uid", "gid", "owner", "group", "size"] {
        result.remove(key);
    }
    Json::Object(result)
}

fn host() -> TestHost {
    TestHost::with(&[("/t/a", "hi\n"), ("/t/d/f", "x\n")])
}

#[test]
fn a_file_gets_its_mode_once() {
    let host = host();
    let args = json!({"path": "/t/a", "mode": "0600"});
    let result = file(&host, args.clone());
    assert_eq!(
        result,
        json!({
            "changed": true, "path": "/t/a", "mode": "0600", "state": "file",
            "diff": {"before": {"path": "/t/a", "mode": "0644"}, "after": {"path": "/t/a", "mode": "0600"}},
        })
    );
    let result = file(&host, args);
    assert_eq!(result["changed"], false);
    assert_eq!(result["diff"], json!({"before": {"path": "/t/a"}, "after": {"path": "/t/a"}}));
}

#[test]
fn folders_are_created_with_their_parents_and_once() {
    let host = host();
    let args = json!({"path": "/t/n/m", "state": "directory", "mode": "0750"});
    let result = file(&host, args.clone());
    assert_eq!((&result["changed"], &result["mode"]), (&json!(true), &json!("0750")));
    assert_eq!(host.path_info("/t/n")["mode"], "0750");
    assert_eq!(result["diff"]["before"]["state"], "absent");
    assert_eq!(file(&host, args)["changed"], false);
}

#[test]
fn check_mode_predicts_and_touches_nothing() {
    let host = host().check();
    for args in [
        json!({"path": "/t/n/m", "state": "directory"}),
        json!({"path": "/t/a", "state": "absent"}),
        json!({"path": "/t/d", "state": "absent"}),
        json!({"path": "/t/l", "state": "link", "src": "a"}),
        json!({"path": "/t/h", "state": "hard", "src": "/t/a"}),
        json!({"path": "/t/new", "state": "touch"}),
        json!({"path": "/t/a", "state": "touch", "modification_time": "200001010000.00"}),
        json!({"path": "/t/a", "mode": "0600"}),
        json!({"path": "/t/d", "recurse": true, "mode": "u=rwX,go="}),
    ] {
        assert_eq!(file(&host, args.clone())["changed"], true, "{args}");
    }
    assert_eq!(host.list("/t").unwrap(), ["a", "d"]);
    assert_eq!(host.path_info("/t/a")["mode"], "0644");
    assert_eq!(host.path_info("/t/d/f")["mode"], "0644");
}

#[test]
fn recursion_reaches_everything_below() {
    let host = host();
    let args = json!({"path": "/t/d", "state": "directory", "recurse": true, "mode": "u=rwX,go="});
    assert_eq!(file(&host, args.clone())["changed"], true);
    assert_eq!(host.path_info("/t/d")["mode"], "0700");
    assert_eq!(host.path_info("/t/d/f")["mode"], "0600");
    assert_eq!(file(&host, args)["changed"], false);
}

#[test]
fn links_are_made_changed_and_left_alone() {
    let host = host();
    let args = json!({"path": "/t/l", "state": "link", "src": "a"});
    let result = file(&host, args.clone());
    assert_eq!(
        result,
        json!({
            "changed": true, "dest": "/t/l", "src": "a", "state": "link", "mode": "0777",
            "diff": {"before": {"path": "/t/l", "state": "absent"}, "after": {"path": "/t/l", "state": "link"}},
        })
    );
    assert_eq!(file(&host, args)["changed"], false);
    let result = file(&host, json!({"path": "/t/l", "state": "link", "src": "d"}));
    assert_eq!(
        result["diff"],
        json!({"before": {"path": "/t/l", "src": "a"}, "after": {"path": "/t/l", "src": "d"}})
    );
    let result = file(&host, json!({"path": "/t/l", "state": "link", "src": "no", "force": true}));
    assert_eq!(result["changed"], true);
    assert!(result["warnings"][0].as_str().unwrap().starts_with("Cannot set fs attributes"));
    assert_eq!(result.get("state"), None);
}

#[test]
fn hard_links_are_made_once() {
    let host = host();
    let args = json!({"path": "/t/h", "state": "hard", "src": "/t/a"});
    let result = file(&host, args.clone());
    assert_eq!((&result["changed"], &result["state"]), (&json!(true), &json!("hard")));
    assert_eq!(file(&host, args)["changed"], false);
    // A folder means: in it, under the same name.
    let result = file(&host, json!({"path": "/t/d", "state": "hard", "src": "/t/a"}));
    assert_eq!(result["dest"], "/t/d/a");
}

#[test]
fn what_is_removed_is_listed() {
    let host = host();
    let result = file(&host, json!({"path": "/t/d", "state": "absent"}));
    assert_eq!(
        result,
        json!({
            "changed": true, "path": "/t/d", "state": "absent",
            "diff": {
                "before": {"path": "/t/d", "state": "directory", "path_content": {"directories": [], "files": ["/t/d/f"]}},
                "after": {"path": "/t/d", "state": "absent"},
            },
        })
    );
    assert_eq!(file(&host, json!({"path": "/t/d", "state": "absent"}))["changed"], false);
}

#[test]
fn touching_sets_times_as_asked() {
    let host = host();
    assert_eq!(file(&host, json!({"path": "/t/new", "state": "touch"}))["changed"], true);
    let keep = json!({
        "path": "/t/new", "state": "touch", "modification_time": "preserve", "access_time": "preserve",
    });
    assert_eq!(file(&host, keep)["changed"], false);
    let fixed = json!({
        "path": "/t/new", "state": "touch", "modification_time": "2020-01-01", "access_time": "preserve",
        "modification_time_format": "%Y-%m-%d",
    });
    let result = file(&host, fixed.clone());
    assert_eq!(result["diff"]["after"]["mtime"], 1_577_836_800.0);
    assert_eq!(file(&host, fixed)["changed"], false);
}

#[test]
fn failures_are_in_the_words_of_the_reference() {
    let host = host();
    host.symlink("a", "/t/l").unwrap();
    let message = |args| {
        let result = file(&host, args);
        assert_eq!(result["failed"], true, "{result}");
        result["msg"].as_str().unwrap().to_owned()
    };
    insta::assert_snapshot!(message(json!({"path": "/t/none"})), @"file (/t/none) is absent, cannot continue");
    insta::assert_snapshot!(message(json!({"path": "/t/d", "state": "file"})), @"file (/t/d) is directory, cannot continue");
    insta::assert_snapshot!(message(json!({"path": "/t/l", "state": "file", "follow": false})), @"file (/t/l) is link, cannot continue");
    insta::assert_snapshot!(message(json!({"path": "/t/a", "src": "b"})), @"src option requires state to be 'link' or 'hard'");
    insta::assert_snapshot!(message(json!({"path": "/t/a", "recurse": true})), @"recurse option requires state to be 'directory'");
    insta::assert_snapshot!(message(json!({"path": "/t/a", "state": "directory"})), @"/t/a already exists as a file");
    insta::assert_snapshot!(message(json!({"path": "/t/a/x", "state": "directory"})), @"There was an issue creating /t/a/x as requested: [Errno 20] Not a directory: b'/t/a/x'");
    insta::assert_snapshot!(message(json!({"path": "/t/x", "state": "link"})), @"src is required for creating new symlinks");
    insta::assert_snapshot!(message(json!({"path": "/t/x", "state": "link", "src": "no"})), @"src file does not exist, use 'force=yes' if you really want to create the link: /t/no");
    insta::assert_snapshot!(message(json!({"path": "/t/a", "state": "link", "src": "d"})), @"refusing to convert from file to symlink for /t/a");
    insta::assert_snapshot!(message(json!({"path": "/t/d", "state": "link", "src": "/t/a", "force": true})), @"the directory /t/d is not empty, refusing to convert it");
    insta::assert_snapshot!(message(json!({"path": "/t/no/x", "state": "link", "src": "a", "force": true})), @"Error while linking: [Errno 2] No such file or directory: b'a' -> b'/t/no/x'");
    insta::assert_snapshot!(message(json!({"path": "/t/h", "state": "hard"})), @"src is required for creating new hardlinks");
    insta::assert_snapshot!(message(json!({"path": "/t/h", "state": "hard", "src": "no"})), @"src does not exist");
    insta::assert_snapshot!(message(json!({"path": "/t/a", "state": "hard", "src": "/t/d/f"})), @"Cannot link, file exists at destination");
    insta::assert_snapshot!(message(json!({"path": "/t/no/x", "state": "touch"})), @"Error, could not touch target.");
    insta::assert_snapshot!(message(json!({"path": "/t/a", "state": "touch", "access_time": "2020"})), @"Error while obtaining timestamp for time 2020 using format %Y%m%d%H%M.%S: time data '2020' does not match format '%Y%m%d%H%M.%S'");
    insta::assert_snapshot!(message(json!({"path": "/t/a", "state": "gone"})), @"value of state must be one of: absent, directory, file, hard, link, touch, got: gone");
}
