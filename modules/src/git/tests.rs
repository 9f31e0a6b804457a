//! `git` against repositories in a temporary folder, with the program of this machine.

use serde_json::{Value as Json, json};

use crate::host::{Command, Host, HostOptions, TestHost};

/// A folder with the repository `r` and room for checkouts.
struct World {
    folder: tempfile::TempDir,
    host: TestHost,
}

impl World {
    fn new() -> Option<World> {
        let host = TestHost::with(&[]).real();
        host.which("git")?;
        let world = World { folder: tempfile::tempdir().unwrap(), host };
        world.sh("git init -q -b main r && cd r && git config user.name n && git config user.email e
            echo one > f && git add f && git commit -qm one && git tag v1
            echo two > f && git commit -qam two && git checkout -qb dev && echo d > g && git add g && git commit -qm dev
            git checkout -q main");
        Some(world)
    }

    fn sh(&self, line: &str) -> String {
        let host = Host::new(HostOptions::default());
        let command = Command::shell(format!("cd {}; {line}", self.folder.path().display()));
        let output = host.run(&command).unwrap();
        assert!(output.success(), "{}", output.error_text());
        output.text().trim().to_owned()
    }

    fn run(&self, args: Json) -> Json {
        self.run_on(&self.host, args)
    }

    fn run_on(&self, host: &TestHost, args: Json) -> Json {
        let path = |name: &str| format!("{}/{name}", self.folder.path().display());
        let mut args = args.as_object().unwrap().clone();
        args.entry("repo").or_insert(format!("file://{}", path("r")).into());
        args.entry("dest").or_insert(path("co").into());
        Json::Object(crate::find("git").unwrap().run(&args, host))
    }
}

#[test]
fn a_checkout_is_made_and_then_only_looked_at() {
    let Some(world) = World::new() else { return };
    let head = world.sh("git -C r rev-parse HEAD");
    let checked = world.run_on(&TestHost::with(&[]).real().check(), json!({}));
    assert_eq!((&checked["changed"], &checked["after"]), (&json!(true), &json!(head)));
    let first = world.run(json!({}));
    assert_eq!(
        (&first["changed"], &first["after"], &first["before"]),
        (&json!(true), &json!(head), &Json::Null)
    );
    let second = world.run(json!({}));
    assert_eq!((&second["changed"], &second["before"]), (&json!(false), &json!(head)));
    assert_eq!(second["remote_url_changed"], false);
}

#[test]
fn versions_are_branches_tags_and_commits() {
    let Some(world) = World::new() else { return };
    let commit = |name: &str| json!(world.sh(&format!("git -C r rev-parse {name}")));
    for (version, expected) in
        [("v1", commit("v1")), ("dev", commit("dev")), ("main", commit("main"))]
    {
        let result = world.run(json!({"version": version}));
        assert_eq!((&result["changed"], &result["after"]), (&json!(true), &expected), "{version}");
        assert_eq!(world.run(json!({"version": version}))["changed"], false, "{version}");
    }
    let result = world.run(json!({"version": commit("v1")}));
    assert_eq!(result["after"], commit("v1"));
    let result = world.run(json!({"version": "none"}));
    assert_eq!(
        (&result["failed"], &result["msg"]),
        (&json!(true), &json!("Failed to checkout none"))
    );
}

#[test]
fn news_are_fetched_and_local_changes_kept_unless_forced() {
    let Some(world) = World::new() else { return };
    world.run(json!({}));
    world.sh("cd r && echo three > f && git commit -qam three");
    let after = world.sh("git -C r rev-parse HEAD");
    assert_eq!(world.run(json!({"update": false}))["changed"], false);
    let checked = world.run_on(&TestHost::with(&[]).real().check(), json!({}));
    assert_eq!((&checked["changed"], &checked["after"]), (&json!(true), &json!(after)));
    world.sh("echo mine > co/f");
    let refused = world.run(json!({}));
    let message = refused["msg"].as_str().unwrap();
    assert!(
        message.starts_with("Local modifications exist in the destination: ")
            && message.ends_with("(force=no).")
    );
    let forced = world.run(json!({"force": true}));
    assert_eq!((&forced["changed"], &forced["after"]), (&json!(true), &json!(after)));
    assert_eq!(world.sh("cat co/f"), "three");
}

#[test]
fn archives_and_bare_repositories() {
    let Some(world) = World::new() else { return };
    let path = |name: &str| format!("{}/{name}", world.folder.path().display());
    let args = json!({"archive": path("a.tar")});
    assert_eq!(world.run(args.clone())["changed"], true);
    assert!(world.sh("tar tf a.tar").contains('f'));
    assert_eq!(world.run(args)["changed"], false);
    let bare = json!({"bare": true, "dest": path("bare")});
    assert_eq!(world.run(bare.clone())["changed"], true);
    assert_eq!(world.run(bare)["changed"], false);
    let message = world.run(json!({"repo": path("none"), "dest": path("x")}))["msg"].clone();
    assert!(
        message.as_str().unwrap().contains("does not appear to be a git repository"),
        "{message}"
    );
}
