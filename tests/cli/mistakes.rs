//! Mistakes in a playbook: each is found before the run, with its place and a way out.

use crate::world::{Seen, World, play, task};

/// Nothing was run: no play was announced.
fn refused(seen: &Seen) -> String {
    assert!(!seen.stdout.contains("TASK ["), "a task ran:\n{seen}");
    seen.to_string()
}

#[test]
fn a_tab_is_no_indentation() {
    insta::assert_snapshot!(refused(&play("- hosts: all\n  tasks:\n\t- debug:\n")), @"");
}

#[test]
fn a_template_needs_quotes() {
    insta::assert_snapshot!(refused(&task("    - debug:\n        msg: {{ x }}\n")), @"");
}

#[test]
fn an_unknown_module_comes_with_a_suggestion() {
    insta::assert_snapshot!(refused(&task("    - debgu:\n        msg: hi\n")), @"");
}

#[test]
fn a_misspelt_parameter_comes_with_a_suggestion() {
    insta::assert_snapshot!(refused(&task("    - file:\n        path: /x\n        stat: absent\n")), @"");
}

#[test]
fn a_required_parameter_is_missing() {
    insta::assert_snapshot!(refused(&task("    - file:\n        state: absent\n")), @"");
}

#[test]
fn a_choice_is_none_of_the_choices() {
    insta::assert_snapshot!(refused(&task("    - file:\n        path: /x\n        state: abesnt\n")), @"");
}

#[test]
fn a_number_is_no_number() {
    insta::assert_snapshot!(refused(&task("    - wait_for:\n        port: eighty\n")), @"");
}

#[test]
fn a_misspelt_keyword_of_a_task() {
    insta::assert_snapshot!(refused(&task("    - debug:\n      regsiter: x\n")), @"");
}

#[test]
fn a_misspelt_keyword_of_a_play() {
    insta::assert_snapshot!(refused(&play("- hosts: all\n  gather_fact: false\n")), @"");
}

#[test]
fn a_role_is_nowhere() {
    insta::assert_snapshot!(refused(&play("- hosts: all\n  roles: [ngnix]\n")), @"");
}

#[test]
fn an_import_is_nowhere() {
    insta::assert_snapshot!(refused(&task("    - import_tasks: nowhere.yml\n")), @"");
}

#[test]
fn a_handler_is_nowhere() {
    insta::assert_snapshot!(refused(&task("    - command: /bin/true\n      notify: restart ngnix\n")), @"");
}

#[test]
fn a_template_does_not_parse() {
    insta::assert_snapshot!(refused(&task("    - debug:\n        msg: \"{{ x | }}\"\n")), @"");
}

#[test]
fn a_condition_does_not_parse() {
    insta::assert_snapshot!(refused(&task("    - debug:\n      when: x ==\n")), @"");
}

#[test]
fn a_filter_is_unknown() {
    insta::assert_snapshot!(refused(&task("    - debug:\n        msg: \"{{ x | uper }}\"\n")), @"");
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let seen = play(
        "- hosts: all\n  tasks:\n    - debgu:\n    - file:\n        pth: /x\n    - debug:\n      whn: x\n",
    );
    let report = refused(&seen);
    for word in ["debgu", "pth", "whn"] {
        assert!(report.contains(word), "nothing about `{word}`:\n{report}");
    }
}

#[test]
fn a_mistake_in_a_role_points_into_the_role() {
    let world = World::with(&[
        ("playbook.yml", "- hosts: all\n  roles: [web]\n"),
        ("roles/web/tasks/main.yml", "- debgu:\n"),
    ]);
    let seen = world.run("ansible-playbook -i a, -c local playbook.yml");
    assert!(refused(&seen).contains("roles/web/tasks/main.yml:1:3"), "{seen}");
}

#[test]
fn a_syntax_check_finds_what_a_run_would() {
    let world = World::with(&[("playbook.yml", "- hosts: all\n  tasks:\n    - debgu:\n")]);
    let check = world.run("ansible-playbook -i a, --syntax-check playbook.yml");
    let run = world.run("ansible-playbook -i a, -c local playbook.yml");
    assert_eq!(check.stderr, run.stderr);
    assert_ne!(check.status, 0);
}
