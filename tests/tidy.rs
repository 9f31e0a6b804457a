//! The rules that no compiler checks: who may use whom, how files begin, how long they are.

#![cfg(test)]

use std::{fs, path::Path};

/// Folder of `src/` -> what it may use, from the command line down to values.
const MAY_USE: &[(&str, &[&str])] = &[
    ("main", &[]),
    ("lib", &[]),
    (
        "cli",
        &[
            "actions",
            "connection",
            "diagnostic",
            "executor",
            "inventory",
            "output",
            "paths",
            "playbook",
            "plugins",
            "settings",
            "template",
            "value",
            "vars",
            "vault",
            "yaml",
        ],
    ),
    (
        "executor",
        &[
            // The executor looks actions up, and they run through its tasks: the only circle.
            "actions",
            "connection",
            "diagnostic",
            "inventory",
            "output",
            "paths",
            "playbook",
            "plugins",
            "remote",
            "settings",
            "template",
            "value",
            "vars",
            "vault",
        ],
    ),
    (
        "actions",
        &[
            "connection",
            "diagnostic",
            "executor",
            "output",
            "paths",
            "playbook",
            "plugins",
            "remote",
            "vault",
            "template",
            "value",
            "yaml",
        ],
    ),
    ("vars", &["diagnostic", "inventory", "paths", "playbook", "template", "value", "vault"]),
    ("plugins", &["connection", "template", "value"]),
    ("remote", &["connection"]),
    ("connection", &[]),
    ("output", &["diagnostic", "paths", "plugins", "value", "yaml"]),
    ("playbook", &["diagnostic", "paths", "value", "vault", "yaml"]),
    ("template", &["diagnostic", "paths", "value", "vault", "yaml"]),
    (
        "inventory",
        &[
            "diagnostic",
            "memory",
            "paths",
            "plugins",
            "settings",
            "template",
            "value",
            "vault",
            "yaml",
        ],
    ),
    ("settings", &["diagnostic", "paths", "value"]),
    ("yaml", &["diagnostic", "value"]),
    ("value", &["diagnostic"]),
    ("vault", &[]),
    ("diagnostic", &[]),
    ("paths", &[]),
    ("memory", &[]),
];

/// Files that may have more than 500 lines of code -> how many they may have, which never grows, and why.
const LONG: &[(&str, usize, &str)] = &[];

#[test]
fn dependencies_point_one_way() {
    for (path, text) in sources(&["src"]) {
        let layer = path.split(['/', '.']).nth(1).unwrap();
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == layer) else {
            panic!("{path}: say in tests/tidy.rs what {layer} may use");
        };
        for used in text.split("crate::").skip(1).flat_map(first_names) {
            let known = used == layer || allowed.contains(&used);
            assert!(known, "{path}: {layer} must not use {used}");
        }
    }
}

#[test]
fn what_runs_on_hosts_knows_nothing_of_the_controller() {
    for (path, text) in sources(&["modules"]) {
        assert!(!text.contains("windlass::"), "{path}: modules must not use src/");
    }
    for manifest in ["", "helper/", "macros/", "protocol/", "seed/"] {
        let path = format!("modules/{manifest}Cargo.toml");
        let text = fs::read_to_string(&path).unwrap();
        let depends = text.lines().any(|line| {
            line.strip_prefix("windlass").is_some_and(|rest| rest.starts_with([' ', '.', '=']))
        });
        assert!(!depends, "{path}: modules must not use src/");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for (path, text) in sources(&["aws", "src", "modules", "tests"]) {
        assert!(text.starts_with("//! "), "{path}: begin with a `//!` sentence");
    }
}

#[test]
fn no_file_is_too_long() {
    for (path, text) in sources(&["aws", "src", "modules", "tests"]) {
        let code = text.split("#[cfg(test)]").next().unwrap().lines().count();
        match LONG.iter().find(|(name, ..)| *name == path) {
            Some((_, most, reason)) => {
                assert!(code <= *most, "{path}: {code} lines; split it ({reason})");
                assert!(code > 500, "{path}: take it out of the list of long files");
            }
            None => assert!(code <= 500, "{path}: {code} lines; split it"),
        }
    }
}

/// Paths and texts of the Rust files below these folders.
fn sources(roots: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for root in roots {
        visit(Path::new(root), &mut found);
    }
    assert!(!found.is_empty(), "there are no files below {roots:?}");
    return found;

    fn visit(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            // Links of test trees may lead in circles.
            if entry.file_type().unwrap().is_dir() {
                visit(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
            }
        }
    }
}

/// `host::Host` -> `host`; `{host::{Error, Host}, spec}` -> `host`, `spec`.
fn first_names(path: &str) -> Vec<&str> {
    let name =
        |text: &str| text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len());
    let Some(group) = path.strip_prefix('{') else { return vec![&path[..name(path)]] };
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        if depth == 0 && (c == ',' || c == '}') {
            let item = group[start..at].trim();
            found.push(&item[..name(item)]);
            start = at + 1;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => (),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}
