//! Roles and collections of `galaxy`.

use crate::world::World;

#[test]
fn a_role_is_made_and_installed_from_an_archive() {
    let world = World::with(&[]);
    let made = world.run("windlass galaxy role init web");
    assert_eq!((made.status, made.stdout.as_str()), (0, "- Role web was created successfully\n"));
    assert!(world.path("web/tasks/main.yml").is_file());
    let again = world.run("windlass galaxy init web");
    assert_eq!(again.status, 1);
    assert!(again.stderr.contains("the directory ./web already exists"), "{}", again.stderr);
}

#[test]
fn a_collection_is_built_installed_and_verified() {
    let world = World::with(&[]);
    assert_eq!(world.run("windlass galaxy collection init acme.tools").status, 0);
    assert_eq!(world.run("windlass galaxy collection build acme/tools").status, 0);
    let installed = world.run("windlass galaxy collection install acme-tools-1.0.0.tar.gz -p got");
    assert!(installed.stdout.ends_with("acme.tools:1.0.0 was installed successfully\n"));
    let verified = world.run("windlass galaxy collection verify acme.tools -p got");
    assert_eq!(verified.status, 0, "{}", verified.stderr);
    std::fs::write(world.path("got/ansible_collections/acme/tools/more"), "x").unwrap();
    let changed = world.run("windlass galaxy collection verify acme.tools -p got");
    assert_eq!(changed.status, 1);
    assert!(changed.stdout.ends_with("in the following files:\n    more\n"), "{}", changed.stdout);
}

#[test]
fn what_only_a_server_knows_needs_one() {
    let world = World::with(&[]);
    let refused = world.run("windlass galaxy collection install acme.tools -p got --offline");
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("* acme.tools:* (direct request)"), "{}", refused.stderr);
    let silent = "-s http://127.0.0.1:1";
    let refused =
        world.run(&format!("windlass galaxy collection install acme.tools -p got {silent}"));
    assert_eq!(refused.status, 1);
    let told = "Skipping Galaxy server http://127.0.0.1:1. Got an unexpected error";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    let refused = world.run(&format!("windlass galaxy role install acme.web -p got {silent}"));
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("acme.web was NOT installed successfully"));
    let ours =
        world.run(&format!("windlass galaxy collection install ansible.posix -p got {silent}"));
    assert_eq!(ours.status, 0, "{}", ours.stderr);
    assert!(
        ours.stderr.contains("ansible.posix is not installed: windlass has its modules itself")
    );
}
