//! Manuals of plugins in Python: an ansible-core on this machine shows them.
//!
//! The Python here stands in for one: it says what it is asked.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::world::{Seen, World};

fn run(line: &str, python: &str) -> Seen {
    let program = "home/.local/share/pipx/venvs/ansible/bin/python3";
    let world = World::with(&[(program, python)]);
    fs::set_permissions(world.path(program), fs::Permissions::from_mode(0o755))
        .expect("it is ours");
    world.run(line)
}

const PYTHON: &str = "#!/bin/sh\nshift 2\necho \"asked: $*\"\nexit 4\n";

fn check(line: &str, asked: Option<&str>) {
    let seen = run(line, PYTHON);
    match asked {
        Some(asked) => assert_eq!((seen.status, &*seen.stdout), (4, asked), "{seen}"),
        None => assert!(seen.status == 0 && !seen.stdout.starts_with("asked"), "{seen}"),
    }
}

#[test]
fn what_is_not_ours_is_shown_by_an_ansible_core() {
    check("windlass doc -M lib my_module", Some("asked: -M lib my_module\n"));
    check("windlass doc ping acme.tools.say", Some("asked: ping acme.tools.say\n"));
    check("windlass doc -t role -l", Some("asked: -t role -l\n"));
    check("windlass doc -l --playbook-dir .", Some("asked: -l --playbook-dir .\n"));
}

#[test]
fn what_is_ours_needs_none() {
    check("windlass doc --playbook-dir . ping", None);
    check("windlass doc -l", None);
    check("windlass doc -t keyword none_such", None);
    check("windlass doc -t lookup aws_secret amazon.aws.aws_ssm ansible.builtin.dig", None);
    check("windlass doc ansible.builtin.docker_container community.general.postgresql_db", None);
}

#[test]
fn without_an_ansible_core_it_is_not_found() {
    let seen = run("windlass doc my_module", "#!/bin/sh\nexit 99\n");
    assert_eq!(seen.status, 0, "{seen}");
    assert!(seen.stderr.contains("my_module was not found"), "{seen}");
}
