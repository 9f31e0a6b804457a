//! Executable sources.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Writes an executable source.
fn script(text: &str) -> World {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hosts.sh");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let sources = [path.display().to_string()];
    let (inventory, diagnostics) =
        Inventory::load(&sources, &Settings::defaults(), &crate::vault::Opener::default());
    World { dir, inventory, diagnostics }
}

#[test]
fn scripts_give_groups_and_variables() {
    let world = script(
        "#!/bin/sh
cat <<'END'
{\"web\": {\"hosts\": [\"w1\", \"w2:22\"], \"vars\": {\"t\": \"{{ x }}\"}, \"children\": [\"sub\"]},
 \"sub\": [\"s1\"], \"lonely\": {\"a\": 1},
 \"_meta\": {\"hostvars\": {\"w1\": {\"x\": {\"__ansible_unsafe\": \"{{ y }}\"}}, \"nosuch\": {\"q\": 1}}}}
END
",
    );
    assert_eq!(world.messages(), ["Found both group and host with same name: lonely"]);
    assert_eq!(world.members("web"), "w1 w2:22 s1");
    world.check_var("w1", "t", "Template(\"{{ x }}\")");
    world.check_var("w1", "x", "Literal(\"{{ y }}\")");
    world.check_var("lonely", "a", "1");
    assert!(world.inventory.host_id("nosuch").is_none());
}

#[test]
fn scripts_without_meta_are_asked_for_each_host() {
    let world = script(
        "#!/bin/sh\n[ \"$1\" = --host ] && { echo \"{\\\"me\\\": \\\"$2\\\"}\"; exit; }\necho '{\"g\": {\"hosts\": [\"a\", \"b\"]}}'\n",
    );
    assert_eq!(world.messages(), Vec::<String>::new());
    world.check_var("b", "me", "\"b\"");
}

#[test]
fn scripts_that_fail_say_why() {
    for (text, message) in [
        ("exit 3", "Inventory script returned non-zero exit code 3."),
        (
            "echo '[1]'",
            "Unable to get JSON decoder for inventory script result: Value is 'list' instead of 'dict'.",
        ),
        (
            "echo '{\"a\": {\"hosts\": \"x\"}}'",
            "Value contains 'a.hosts' which is 'str' instead of 'list'.",
        ),
        (
            "echo '{\"a\": '",
            "Unable to get JSON decoder for inventory script result: Value could not be parsed as JSON",
        ),
    ] {
        let world = script(&format!("#!/bin/sh\n{text}\n"));
        assert_eq!(
            world.messages()[0],
            format!("Failed to parse inventory with 'script' plugin: {message}")
        );
    }
}

#[test]
fn an_executable_text_file_is_still_read() {
    let world = script("[web]\nw1 x=1\n");
    assert_eq!(world.messages(), Vec::<String>::new());
    assert_eq!(world.members("web"), "w1");
}
