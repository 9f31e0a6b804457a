//! Inventory sources whose plugin is Python: what an ansible-core on this machine lists of them is taken in.
//!
//! The Python here stands in for one: it knows the sources of the tests.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::world::{Seen, World};

const PYTHON: &str = r#"#!/bin/sh
case $3 in
*good.yml) echo "[WARNING]: something is old" >&2
    echo '{"all": {"children": ["ungrouped", "racks"]}, "racks": {"hosts": ["h1", "h2"], "vars": {"rack": "one"}},'
    echo ' "ungrouped": {"hosts": ["h3"]}, "_meta": {"hostvars": {"h1": {"a": "{{ 1 + 1 }}", "b": {"__ansible_unsafe": "{{ 1 + 1 }}"}}}}}' ;;
*good.racks) echo '{"all": {"children": ["racks"]}, "racks": {"hosts": ["h1"], "vars": {"rack": "'"${4##*/}"'"}}}' ;;
*bad.yml) printf '%s\n\n%s\n' "[WARNING]: Failed to parse inventory with 'auto' plugin: no such rack" "More of it." >&2
    exit 4 ;;
*) exit 3 ;;
esac
"#;

fn run(source: &str, line: &str) -> Seen {
    seen(&[(source, "plugin: acme.tools.racks\n")], line)
}

/// With a plugin beside the playbook, and one that is enabled.
fn enabled(name: &str, line: &str) -> Seen {
    let settings = format!("[inventory]\nenable_plugins = {name}, yaml\n");
    let files =
        [("ansible.cfg", &*settings), ("good.racks", ""), ("inventory_plugins/racks.py", "")];
    seen(&files, line)
}

fn seen(files: &[(&str, &str)], line: &str) -> Seen {
    let python = "home/.local/share/pipx/venvs/ansible/bin/python3";
    let playbook = "- hosts: racks\n  gather_facts: false\n  tasks: [{debug: {msg: '{{ rack }} {{ a | default() }} {{ b | default() }}'}}]\n";
    let own = [(python, PYTHON), ("playbook.yml", playbook)];
    let world = World::with(&[files, &own].concat());
    fs::set_permissions(world.path(python), fs::Permissions::from_mode(0o755)).expect("it is ours");
    world.run(line)
}

#[test]
fn what_the_plugin_lists_is_the_inventory() {
    let seen = run("good.yml", "ansible-playbook -i good.yml playbook.yml");
    assert_eq!(seen.status, 0, "{seen}");
    assert!(seen.stderr.contains("[WARNING]: something is old"), "{seen}");
    assert!(seen.stdout.contains("\"msg\": \"one 2 {{ 1 + 1 }}\""), "{seen}");
    assert!(seen.stdout.contains("\"msg\": \"one  \""), "{seen}");
}

#[test]
fn why_a_plugin_fails_is_told() {
    let seen = run("bad.yml", "ansible-inventory -i bad.yml --graph");
    assert!(
        seen.stderr
            .contains("[WARNING]: Failed to parse inventory with 'auto' plugin: no such rack\n"),
        "{seen}"
    );
    assert!(!seen.stderr.contains("More of it."), "{seen}");
}

#[test]
fn without_an_ansible_core_the_plugin_is_unknown() {
    let seen = run("other.yml", "ansible-inventory -i other.yml --graph");
    assert!(seen.stderr.contains("specifies unknown plugin 'acme.tools.racks'"), "{seen}");
    assert!(seen.stderr.contains("activate its virtual environment"), "{seen}");
}

#[test]
fn an_enabled_plugin_beside_the_playbook_is_asked_first() {
    let line = "ansible-playbook -i good.racks playbook.yml";
    let seen = enabled("racks", line);
    assert_eq!(seen.status, 0, "{seen}");
    assert!(seen.stdout.contains("\"msg\": \"inventory_plugins  \""), "{seen}");
    let seen = enabled("shelves", line);
    assert!(seen.stderr.contains("Failed to load inventory plugin, skipping shelves"), "{seen}");
}
