//! What settings are read from a made-up world.

use super::*;

fn world(dir: &Path, variables: &[(&str, &str)]) -> Environment {
    let mut all = vec![("HOME", "/home/ann")];
    all.extend(variables);
    Environment {
        variables: all.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        working_dir: dir.to_owned(),
    }
}

fn with_config(
    text: &str,
    variables: &[(&str, &str)],
) -> (tempfile::TempDir, Settings, Diagnostics) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ansible.cfg"), text).unwrap();
    let (settings, diagnostics) = Settings::load_from(&world(dir.path(), variables));
    (dir, settings, diagnostics)
}

#[test]
fn the_environment_beats_the_file_and_the_file_beats_the_default() {
    let text = "[defaults]\nforks = 20 ; many\ntimeout: 30\n[ssh_connection]\ntimeout=5\n";
    let (_dir, settings, diagnostics) = with_config(text, &[("ANSIBLE_FORKS", "7")]);
    assert!(diagnostics.0.is_empty(), "{diagnostics:?}");
    assert_eq!(*settings.forks, 7);
    assert!(matches!(settings.forks.origin, Origin::Environment("ANSIBLE_FORKS")));
    assert_eq!(*settings.timeout, 5, "of several keys the last counts");
    assert!(matches!(&settings.timeout.origin, Origin::File(span) if span.line == 4));
    assert_eq!(*settings.strategy, "linear");
    assert!(!settings.strategy.origin.is_set());
}

#[test]
fn paths_are_relative_to_the_file_they_stand_in() {
    let text = "[defaults]\ninventory = hosts, {{CWD}}/more\nroles_path = ~/roles:../shared:/abs\nprivate_key_file = '$HOME/key'\n";
    let (dir, settings, _) = with_config(text, &[]);
    let here = dir.path().display();
    assert_eq!(settings.inventory.0, [format!("{here}/hosts"), format!("{here}/more")]);
    let parent = dir.path().parent().unwrap();
    let roles = ["/home/ann/roles".into(), parent.join("shared"), "/abs".into()];
    assert_eq!(*settings.roles_path, roles);
    assert_eq!(settings.private_key_file.as_deref(), Some(Path::new("/home/ann/key")));
    assert_eq!(settings.local_tmp.value, Path::new("/home/ann/.ansible/tmp"));
}

#[test]
fn a_wrong_type_points_at_its_line_and_the_default_stays() {
    let (dir, settings, diagnostics) = with_config("[defaults]\nforks = many\ngathering=x\n", &[]);
    assert_eq!(*settings.forks, 5);
    let messages: Vec<_> = diagnostics
        .0
        .iter()
        .map(|d| {
            let message = d.message.replace(&*dir.path().to_string_lossy(), "<FOLDER>");
            (message, d.span.as_ref().map(|s| s.line))
        })
        .collect();
    assert_eq!(
        messages,
        [
            (
                "Config 'DEFAULT_FORKS' from '<FOLDER>/ansible.cfg' has an invalid value: Invalid value provided for 'integer': 'many'"
                    .to_owned(),
                Some(1)
            ),
            (
                "Invalid value 'x' for config 'DEFAULT_GATHERING'. Valid values are: implicit, explicit, smart"
                    .to_owned(),
                Some(2)
            ),
        ]
    );
}

#[test]
fn a_folder_that_all_may_write_to_is_not_trusted() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ansible.cfg"), "[defaults]\nforks=9\n").unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let (settings, diagnostics) = Settings::load_from(&world(dir.path(), &[]));
    assert_ne!(*settings.forks, 9);
    assert!(diagnostics.0[0].message.contains("world writable directory"));
}

#[test]
fn lines_that_are_no_settings_are_errors_with_a_place() {
    for (text, message, line) in [
        ("forks=5\n", "a setting needs a section before it", 0),
        ("[defaults]\nforks\n", "expected `key = value`", 1),
        ("[defaults]\na=1\nA=2\n", "setting `a` stands twice in section `defaults`", 2),
    ] {
        let (_dir, _, diagnostics) = with_config(text, &[]);
        assert_eq!(diagnostics.0[0].message, message);
        assert_eq!(diagnostics.0[0].span.as_ref().unwrap().line, line);
    }
}

#[test]
fn continued_lines_and_lists_are_read() {
    let text =
        "[defaults]\ncallbacks_enabled = timer,\n    profile_tasks\n# comment\nnocows=True\n";
    let (_dir, settings, _) = with_config(text, &[]);
    assert_eq!(*settings.callbacks_enabled, ["timer", "profile_tasks"]);
    assert!(*settings.nocows);
}

#[test]
fn every_entry_of_the_table_has_another_name_and_is_shown() {
    let settings = Settings::defaults();
    let mut names: Vec<_> = settings.shown().iter().map(|shown| shown.entry.name).collect();
    let n_names = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), n_names);
    assert!(names.contains(&"become"));
}

/// Whether an entry of the table is this setting of the reference.
fn is_same(entry: &super::Entry, known: &super::Known) -> bool {
    entry.variables.iter().any(|name| known.variables.contains(name))
        || entry.keys.iter().any(|key| known.keys.contains(key))
}

#[test]
fn the_catalogue_has_every_setting_of_the_table_that_the_reference_has() {
    for known in super::KNOWN.iter().filter(|known| known.has_effect) {
        let entry = Settings::ENTRIES.iter().find(|entry| is_same(entry, known));
        assert!(entry.is_some(), "{} is said to have an effect", known.name);
    }
    let names: Vec<_> = super::KNOWN.iter().map(|known| known.name).collect();
    assert!(names.is_sorted());
}

#[test]
fn every_entry_of_the_table_is_read_somewhere_or_only_accepted() {
    let mut sources = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with("settings/table.rs")
            {
                sources += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    // As a field, which may be a keyword of Rust, or by the name that plugins have for an option.
    let is_read = |name: &str| {
        let field = format!(".{name}");
        sources.match_indices(&field).any(|(at, _)| {
            let behind = sources[at + field.len()..].chars().next();
            behind.is_none_or(|c| !c.is_alphanumeric() && c != '_')
        }) || sources.contains(&format!(".r#{name}"))
            || sources.contains(&format!("\"{name}\""))
    };
    for entry in Settings::ENTRIES {
        let accepted = entry.summary.starts_with("Accepted");
        assert!(accepted || is_read(entry.name), "nobody reads `{}`", entry.name);
        let mut known = super::KNOWN.iter().filter(|known| is_same(entry, known));
        let says_otherwise = known.find(|known| known.has_effect == accepted);
        assert!(says_otherwise.is_none(), "{says_otherwise:?}");
    }
}
