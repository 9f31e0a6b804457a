//! Mistakes in a playbook: each is found before the run, with its place and a way out.

use crate::world::{Seen, World, play, task};

/// Nothing was run: no play was announced.
fn refused(seen: &Seen) -> String {
    assert!(!seen.stdout.contains("TASK ["), "a task ran:\n{seen}");
    seen.to_string()
}

#[test]
fn a_tab_is_no_indentation() {
    insta::assert_snapshot!(refused(&play("- hosts: all\n  tasks:\n\t- debug:\n")), @"
    status 4
    --- stderr
    [ERROR]: YAML parsing failed: Tabs are usually invalid in YAML.
     --> playbook.yml:3:1
      |
    3 |     - debug:
      | ^ YAML cannot be read from here on
      |
      = hint: YAML is indented with spaces; this line has a tab
    ");
}

#[test]
fn a_template_needs_quotes() {
    insta::assert_snapshot!(refused(&task("    - debug:\n        msg: {{ x }}\n")), @r#"
    status 4
    --- stderr
    [ERROR]: YAML parsing failed: This may be an issue with missing quotes around a template block.
     --> playbook.yml:5:14
      |
    5 |         msg: {{ x }}
      |              ^ YAML takes this for a mapping whose key is a mapping
      |
      = hint: put quotes around it: "{{ some_var }}"
    "#);
}

#[test]
fn an_unknown_module_comes_with_a_suggestion() {
    insta::assert_snapshot!(refused(&task("    - debgu:\n        msg: hi\n")), @"
    status 4
    --- stderr
    [ERROR]: couldn't resolve module/action 'debgu'. This often indicates a misspelling, missing collection, or incorrect module path.
     --> playbook.yml:4:7
      |
    4 |     - debgu:
      |       ^^^^^ no such module
      |
      = hint: did you mean `debug`?
    ");
}

#[test]
fn a_misspelt_parameter_comes_with_a_suggestion() {
    insta::assert_snapshot!(refused(&task("    - file:\n        path: /x\n        stat: absent\n")), @"
    status 2
    --- stderr
    [ERROR]: module `file` has no parameter `stat`
     --> playbook.yml:6:9
      |
    6 |         stat: absent
      |         ^^^^ unknown parameter
      |
      = hint: did you mean `state`?
    ");
}

#[test]
fn a_required_parameter_is_missing() {
    insta::assert_snapshot!(refused(&task("    - file:\n        state: absent\n")), @"
    status 2
    --- stderr
    [ERROR]: missing required arguments: path
     --> playbook.yml:4:7
      |
    4 |     - file:
      |       ^^^^ module `file` needs path
    ");
}

#[test]
fn a_choice_is_none_of_the_choices() {
    insta::assert_snapshot!(refused(&task("    - file:\n        path: /x\n        state: abesnt\n")), @"
    status 2
    --- stderr
    [ERROR]: value of state must be one of: absent, directory, file, hard, link, touch, got: abesnt
     --> playbook.yml:6:9
      |
    6 |         state: abesnt
      |         ^^^^^ not a choice of `state`
      |
      = hint: did you mean `absent`?
    ");
}

#[test]
fn a_number_is_no_number() {
    insta::assert_snapshot!(refused(&task("    - wait_for:\n        port: eighty\n")), @r#"
    status 2
    --- stderr
    [ERROR]: argument 'port' is of type str and we were unable to convert to int: "'eighty'" cannot be converted to an int
     --> playbook.yml:5:9
      |
    5 |         port: eighty
      |         ^^^^ expected int
    "#);
}

#[test]
fn a_misspelt_keyword_of_a_task() {
    insta::assert_snapshot!(refused(&task("    - debug:\n      regsiter: x\n")), @"
    status 4
    --- stderr
    [ERROR]: conflicting action statements: debug, regsiter
     --> playbook.yml:5:7
      |
    4 |     - debug:
      |       ----- the first module
    5 |       regsiter: x
      |       ^^^^^^^^ another module, or a misspelt keyword
      |
      = hint: did you mean the keyword `register` by `regsiter`?
    ");
}

#[test]
fn a_misspelt_keyword_of_a_play() {
    insta::assert_snapshot!(refused(&play("- hosts: all\n  gather_fact: false\n")), @"
    status 4
    --- stderr
    [ERROR]: 'gather_fact' is not a valid attribute for a Play
     --> playbook.yml:2:3
      |
    2 |   gather_fact: false
      |   ^^^^^^^^^^^ unknown keyword
      |
      = hint: did you mean `gather_facts`?
    ");
}

#[test]
fn a_role_is_nowhere() {
    insta::assert_snapshot!(refused(&play("- hosts: all\n  roles: [ngnix]\n")), @"
    status 1
    --- stderr
    [ERROR]: the role 'ngnix' was not found in <FOLDER>/roles:<FOLDER>/home/.ansible/roles:/usr/share/ansible/roles:/etc/ansible/roles:<FOLDER>
     --> playbook.yml:2:11
      |
    2 |   roles: [ngnix]
      |           ^^^^^ no such role
    ");
}

#[test]
fn an_import_is_nowhere() {
    insta::assert_snapshot!(refused(&task("    - import_tasks: nowhere.yml\n")), @"
    status 1
    --- stderr
    [ERROR]: Unable to retrieve file contents.
             Could not find or access '<FOLDER>/nowhere.yml' on the Ansible Controller.
             If you are using a module and expect the file to exist on the remote, see the remote_src option: [Errno 2] No such file or directory: '<FOLDER>/nowhere.yml'
     --> playbook.yml:4:21
      |
    4 |     - import_tasks: nowhere.yml
      |                     ^^^^^^^^^^^
    ");
}

/// The reference finds it only when the handler is notified: what comes before runs.
/// It is missed when it is notified: the task before may change nothing.
#[test]
fn a_handler_is_nowhere() {
    insta::assert_snapshot!(task("    - command: /bin/true\n      notify: restart ngnix\n"), @"
    status 1
    --- stdout

    PLAY [all] *********************************************************************

    TASK [command] *****************************************************************
    --- stderr
    [WARNING]: nothing answers to the handler 'restart ngnix' that is notified
     --> playbook.yml:5:15
      |
    5 |       notify: restart ngnix
      |               ^^^^^^^^^^^^^ no handler has this name
    [ERROR]: The requested handler 'restart ngnix' was not found in either the main handlers list nor in the listening handlers list
     --> playbook.yml:5:15
      |
    5 |       notify: restart ngnix
      |               ^^^^^^^^^^^^^
    ");
}

#[test]
fn a_template_does_not_parse() {
    insta::assert_snapshot!(refused(&task("    - debug:\n        msg: \"{{ x | }}\"\n")), @r#"
    status 2
    --- stderr
    [ERROR]: Syntax error in template: expected token 'name', got 'end of print statement'
     --> playbook.yml:5:22
      |
    5 |         msg: "{{ x | }}"
      |                      ^^
    "#);
}

#[test]
fn a_condition_does_not_parse() {
    insta::assert_snapshot!(refused(&task("    - debug:\n      when: x ==\n")), @"
    status 2
    --- stderr
    [ERROR]: Syntax error in expression: unexpected 'end of template'
     --> playbook.yml:5:15
      |
    5 |       when: x ==
      |               ^^
    ");
}

#[test]
fn a_filter_is_unknown() {
    insta::assert_snapshot!(refused(&task("    - debug:\n        msg: \"{{ x | uper }}\"\n")), @r#"
    status 2
    --- stderr
    [ERROR]: Syntax error in template: No filter named 'uper'.
     --> playbook.yml:5:22
      |
    5 |         msg: "{{ x | uper }}"
      |                      ^^^^
    "#);
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
