//! Callbacks in Python: when Python is started, and what happens without it.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::world::{Seen, World};

/// Stands in for Python, and ends at once.
const PYTHON: &str = "#!/bin/sh\n: > \"$HOME/started\"\n";

const PLAYBOOK: &str =
    "- hosts: localhost\n  gather_facts: false\n  tasks: [{debug: {msg: shown}}]\n";

/// Returns what was seen, and whether Python was started.
fn run(callback: &str, settings: &str) -> (Seen, bool) {
    let python = "home/.local/share/pipx/venvs/ansible/bin/python3";
    let world = World::with(&[
        (callback, ""),
        (python, PYTHON),
        ("playbook.yml", PLAYBOOK),
        ("ansible.cfg", &format!("[defaults]\n{settings}\n")),
    ]);
    fs::set_permissions(world.path(python), fs::Permissions::from_mode(0o755)).expect("it is ours");
    let seen = world.run("ansible-playbook playbook.yml");
    (seen, world.path("home/started").exists())
}

#[test]
fn without_callbacks_no_python_is_started() {
    for file in ["callback_plugins/notes.txt", "callback_plugins/_hidden.py"] {
        let (seen, started) = run(file, "callbacks_enabled = timer, profile_tasks");
        assert_eq!(seen.status, 0, "{seen}");
        assert!(!started, "{seen}");
    }
}

#[test]
fn without_python_the_run_goes_on_and_says_so() {
    let (seen, started) = run("callback_plugins/mine.py", "");
    assert!(started, "{seen}");
    assert_eq!(seen.status, 0, "{seen}");
    assert!(seen.stderr.contains("[WARNING]: Skipping callbacks: Python ended"), "{seen}");
    assert!(seen.stdout.contains("\"msg\": \"shown\""), "{seen}");
}

#[test]
fn what_shows_the_run_has_to_be_there() {
    let (seen, _) = run("callback_plugins/mine.py", "stdout_callback = mine");
    assert_eq!(seen.status, 1, "{seen}");
    assert!(seen.stderr.contains("[ERROR]: Could not load 'mine' callback plugin."), "{seen}");
    assert!(seen.stderr.contains("hint: Python ended without an answer"), "{seen}");
}
