//! `copy` on a host in a temporary folder, with contents from memory.

use std::{
    cell::RefCell,
    io::{self, Read},
    rc::Rc,
};

use serde_json::{Value as Json, json};

use crate::host::{Contents, Hasher, Host, TestHost, checksum_of};

/// Contents in memory, and what was asked for.
struct Held {
    contents: Vec<Vec<u8>>,
    asked: Rc<RefCell<Vec<u32>>>,
}

impl Contents for Held {
    fn request(&self, contents: &[u32]) -> io::Result<()> {
        self.asked.borrow_mut().extend(contents);
        Ok(())
    }
    fn open(&self, content: u32) -> io::Result<Box<dyn Read + '_>> {
        assert!(self.asked.borrow().contains(&content), "content {content} was not asked for");
        Ok(Box::new(self.contents[content as usize].as_slice()))
    }
}

/// Runs the module with these files below `dest`, as the controller sends them; what depends on the machine is left out.
fn copy(host: &mut TestHost, files: &[(&str, &[u8])], args: Json) -> (Json, Vec<u32>) {
    let asked = Rc::new(RefCell::new(Vec::new()));
    let held = files.iter().map(|(_, bytes)| bytes.to_vec()).collect();
    host.hold(Box::new(Held { contents: held, asked: Rc::clone(&asked) }));
    let mut sent = Vec::new();
    for (at, (path, bytes)) in files.iter().enumerate() {
        let sha1 = checksum_of(&mut &bytes[..], Hasher::sha1()).unwrap();
        sent.push(json!({
            "path": path, "kind": "file", "size": bytes.len(), "sha1": sha1, "mode": 0o640, "content": at,
        }));
    }
    let Json::Object(mut args) = args else { unreachable!() };
    if let Some(Json::Array(more)) = args.remove("more") {
        sent.extend(more);
    }
    args.insert("_windlass_contents".into(), sent.into());
    let result = run(host, args);
    let asked = asked.borrow().clone();
    (result, asked)
}

fn run(host: &Host, args: crate::spec::JsonMap) -> Json {
    let mut result = crate::find("copy").unwrap().run(&args, host);
    for key in ["uid", "gid", "owner", "group", "src"] {
        result.remove(key);
    }
    Json::Object(result)
}

fn host() -> TestHost {
    TestHost::with(&[("/t/old", "old\n"), ("/s/a", "one\n"), ("/s/sub/b", "two\n")])
}

#[test]
fn a_new_file_is_written_and_the_second_run_asks_for_nothing() {
    let mut host = host();
    let args = json!({"dest": "/t/new", "src": "/c/new"});
    let (result, asked) = copy(&mut host, &[("", b"one\n")], args.clone());
    assert_eq!(
        result,
        json!({
            "changed": true, "dest": "/t/new", "size": 4, "state": "file", "mode": "0644",
            "checksum": "c7059bb19433cc3cabaa6236c83d56668a843dd2", "md5sum": "5bbf5a52328e7439ae6e719dfe712200",
            "diff": [{"before": "", "after": "one\n", "after_header": "/c/new"}],
        })
    );
    assert_eq!(asked, [0]);
    let (result, asked) = copy(&mut host, &[("", b"one\n")], args);
    assert_eq!(
        result,
        json!({
            "changed": false, "dest": "/t/new", "path": "/t/new", "size": 4, "state": "file", "mode": "0644",
            "checksum": "c7059bb19433cc3cabaa6236c83d56668a843dd2",
            "diff": {"before": {"path": "/t/new"}, "after": {"path": "/t/new"}},
        })
    );
    assert!(asked.is_empty());
}

#[test]
fn a_changed_file_has_a_diff_and_a_backup() {
    let mut host = host();
    let (result, _) = copy(&mut host, &[("", b"new\n")], json!({"dest": "/t/old", "backup": true}));
    assert_eq!(
        result["diff"],
        json!([{"before": "old\n", "after": "new\n", "before_header": "/t/old", "after_header": "/t/old"}])
    );
    let backup = result["backup_file"].as_str().unwrap();
    assert_eq!(host.read(backup).unwrap().unwrap(), b"old\n");
    assert_eq!(host.list("/t").unwrap().len(), 2);
}

#[test]
fn attributes_alone_are_a_change() {
    let mut host = host();
    let args = json!({"dest": "/t/old", "mode": "0600"});
    let (result, asked) = copy(&mut host, &[("", b"old\n")], args.clone());
    assert_eq!((&result["changed"], &result["mode"]), (&json!(true), &json!("0600")));
    assert!(asked.is_empty());
    assert_eq!(copy(&mut host, &[("", b"old\n")], args).0["changed"], false);
    let args = json!({"dest": "/t/old", "mode": "preserve"});
    assert_eq!(copy(&mut host, &[("", b"old\n")], args).0["mode"], "0640");
}

#[test]
fn check_mode_predicts_and_touches_nothing() {
    let mut host = host().check();
    let (result, _) = copy(&mut host, &[("", b"new\n")], json!({"dest": "/t/old"}));
    let diff = json!([{"before": "old\n", "after": "new\n", "before_header": "/t/old", "after_header": "/t/old"}]);
    assert_eq!(result, json!({"changed": true, "diff": diff}));
    let (result, _) =
        copy(&mut host, &[("", b"x")], json!({"dest": "/no/where/", "_windlass_name": "x"}));
    assert_eq!(result["changed"], true);
    let files: &[(&str, &[u8])] = &[("a", b"1"), ("b/c", b"2")];
    let (result, asked) = copy(&mut host, files, json!({"dest": "/t", "src": "/c/"}));
    assert_eq!(result, json!({"changed": true, "dest": "/t/"}));
    assert!(asked.is_empty());
    assert_eq!(host.list("/t").unwrap(), ["old"]);
}

#[test]
fn a_folder_as_dest_takes_the_name_of_the_source() {
    let mut host = host();
    let args = json!({"dest": "/t", "_windlass_name": "n"});
    assert_eq!(copy(&mut host, &[("", b"x")], args).0["dest"], "/t/n");
    let args = json!({"dest": "/t/p/q/", "_windlass_name": "n", "directory_mode": "0700"});
    assert_eq!(copy(&mut host, &[("", b"x")], args).0["dest"], "/t/p/q/n");
    assert_eq!(host.path_info("/t/p")["mode"], "0700");
}

#[test]
fn a_tree_asks_for_what_differs_only() {
    let mut host = host();
    let files: &[(&str, &[u8])] = &[("s/a", b"1\n"), ("s/b/c", b"2\n"), ("s/d", b"3\n")];
    let more = json!([
        {"path": "s/empty", "kind": "directory"}, {"path": "s/l", "kind": "link", "target": "a"},
    ]);
    let args = json!({"dest": "/t/x", "src": "/c/s", "mode": "0600", "directory_mode": "0750", "more": more});
    let (result, asked) = copy(&mut host, files, args.clone());
    assert_eq!(result, json!({"changed": true, "dest": "/t/x/"}));
    assert_eq!(asked, [0, 1, 2]);
    assert_eq!(host.path_info("/t/x/s/b")["mode"], "0750");
    assert_eq!(host.path_info("/t/x/s/b/c")["mode"], "0600");
    assert_eq!(host.link_target("/t/x/s/l").unwrap(), "a");
    let (result, asked) = copy(&mut host, files, args.clone());
    assert_eq!((&result["changed"], asked.as_slice()), (&json!(false), &[][..]));
    host.replace("/t/x/s/d", None, |file| io::Write::write_all(file, b"no\n")).unwrap();
    let (result, asked) = copy(&mut host, files, args);
    assert_eq!((&result["changed"], asked.as_slice()), (&json!(true), &[2][..]));
    assert_eq!(host.read("/t/x/s/d").unwrap().unwrap(), b"3\n");
}

#[test]
fn links_are_replaced_or_followed() {
    let mut host = host();
    host.symlink("old", "/t/l").unwrap();
    let args = json!({"dest": "/t/l", "follow": true});
    assert_eq!(copy(&mut host, &[("", b"x")], args).0["dest"], "/t/old");
    assert_eq!(copy(&mut host, &[("", b"x")], json!({"dest": "/t/l"})).0["changed"], true);
    assert!(host.link_target("/t/l").is_err());
    assert_eq!(copy(&mut host, &[("", b"x")], json!({"dest": "/t/l"})).0["changed"], false);
}

#[test]
fn long_and_binary_contents_are_not_shown() {
    let mut host = host();
    let (result, _) = copy(&mut host, &[("", b"a\0b")], json!({"dest": "/t/old"}));
    assert_eq!(
        result["diff"],
        json!([{"before": "old\n", "before_header": "/t/old", "src_binary": 1}])
    );
    let long = vec![b'x'; 200_000];
    let (result, _) = copy(&mut host, &[("", &long)], json!({"dest": "/t/old"}));
    assert_eq!(result["diff"], json!([{"dst_binary": 1, "src_larger": 104_448}]));
}

#[test]
fn failures_leave_the_old_file() {
    let mut host = host();
    let mut message = |args: Json| {
        let (result, _) = copy(&mut host, &[("", b"x")], args);
        assert_eq!(result["failed"], true, "{result}");
        assert_eq!(host.list("/t").unwrap(), ["old"]);
        assert_eq!(host.read("/t/old").unwrap().unwrap(), b"old\n");
        result["msg"].as_str().unwrap().to_owned()
    };
    insta::assert_snapshot!(message(json!({"dest": "/t"})), @"can not use content with a dir as dest");
    insta::assert_snapshot!(message(json!({"dest": "/t/no/x"})), @"Destination directory /t/no does not exist");
    insta::assert_snapshot!(message(json!({"dest": "/t/old", "checksum": "abc"})), @"Copied file does not match the expected checksum. Transfer failed.");
    insta::assert_snapshot!(message(json!({"dest": "/t/old", "validate": "true"})), @"validate must contain %s: true");
}

#[test]
fn a_content_is_validated_before_it_is_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let dest = folder.path().join("f").display().to_string();
    let mut host = TestHost::with(&[]).real();
    let args = json!({"dest": dest, "validate": "grep -q yes %s"});
    let (result, _) = copy(&mut host, &[("", b"no")], args.clone());
    assert_eq!((&result["msg"], &result["exit_status"]), (&json!("failed to validate"), &json!(1)));
    assert!(host.list(folder.path()).unwrap().is_empty());
    let (result, _) = copy(&mut host, &[("", b"yes")], args);
    assert_eq!(result["changed"], true);
}

#[test]
fn existing_files_stay_without_force() {
    let mut host = host();
    let (result, asked) = copy(&mut host, &[("", b"x")], json!({"dest": "/t/old", "force": false}));
    assert_eq!(result, json!({"changed": false, "dest": "/t/old"}));
    assert!(asked.is_empty());
}

fn on_host(host: &Host, args: Json) -> Json {
    let Json::Object(mut args) = args else { unreachable!() };
    args.insert("remote_src".into(), true.into());
    run(host, args)
}

#[test]
fn a_file_of_the_host_is_copied_once() {
    let host = host();
    host.set_times("/s/a", Some(1.0), Some(2.0)).unwrap();
    let args = json!({"src": "/s/a", "dest": "/t/new"});
    let result = on_host(&host, args.clone());
    assert_eq!(
        result,
        json!({
            "changed": true, "dest": "/t/new", "size": 4, "state": "file", "mode": "0644",
            "checksum": "c7059bb19433cc3cabaa6236c83d56668a843dd2", "md5sum": "5bbf5a52328e7439ae6e719dfe712200",
        })
    );
    let meta = host.stat("/t/new").unwrap().unwrap();
    assert!((crate::host::seconds(meta.modified()) - 2.0).abs() < 1e-6);
    assert_eq!(on_host(&host, args)["changed"], false);
    let result = on_host(&host, json!({"src": "/s/none", "dest": "/t/new"}));
    assert_eq!(result["msg"], "Source /s/none not found");
    let result = on_host(&host, json!({"src": "/s/a", "dest": "/t/no/x"}));
    assert_eq!(result["msg"], "Destination directory /t/no does not exist");
    let result = on_host(&host, json!({"src": "/s/a", "dest": "/t/old", "force": false}));
    assert_eq!(result["msg"], "file already exists");
}

#[test]
fn a_folder_of_the_host_is_copied_once() {
    let host = host();
    let contents = json!({"src": "/s/", "dest": "/t/c"});
    let result = on_host(&host, contents.clone());
    assert_eq!((&result["changed"], &result["checksum"]), (&json!(true), &Json::Null));
    assert_eq!(host.read("/t/c/sub/b").unwrap().unwrap(), b"two\n");
    assert_eq!(on_host(&host, contents)["changed"], false);
    let itself = json!({"src": "/s", "dest": "/t/d"});
    assert_eq!(on_host(&host, itself.clone())["dest"], "/t/d");
    assert_eq!(host.read("/t/d/s/a").unwrap().unwrap(), b"one\n");
    let result = on_host(&host, itself);
    assert_eq!((&result["changed"], &result["dest"]), (&json!(false), &json!("/t/d/s")));
}
