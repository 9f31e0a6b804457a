//! Hostile playbooks: nothing makes the program panic, hang or take memory without end.

use std::fs;

use crate::world::{Seen, World};

const CHECK: &str = "ansible-playbook -i a, -c local --syntax-check playbook.yml";

/// The program ended by itself, and said what is wrong where it did not accept the text.
#[track_caller]
fn survives(seen: &Seen) {
    assert!((0..=5).contains(&seen.status), "{}", seen.stderr);
    assert!(!seen.stderr.contains("panicked"), "{}", seen.stderr);
    assert!(seen.status == 0 || !seen.stderr.is_empty(), "it says why");
}

fn check(files: &[(&str, &str)]) -> Seen {
    let seen = World::with(files).run(CHECK);
    survives(&seen);
    seen
}

fn play(tasks: &str) -> String {
    format!("- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}")
}

#[test]
fn nesting_has_an_end() {
    let blocks: String =
        (0..2000).map(|depth| format!("{}- block:\n", "  ".repeat(depth + 2))).collect();
    check(&[("playbook.yml", &play(&blocks))]);
    let lists = format!("    - debug: {{msg: {}1{}}}\n", "[".repeat(20_000), "]".repeat(20_000));
    check(&[("playbook.yml", &play(&lists))]);
    let parens = format!(
        "    - debug: {{msg: \"{{{{ {}1{} }}}}\"}}\n",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    check(&[("playbook.yml", &play(&parens))]);
    let whens = format!("    - debug:\n      when: {}true\n", "not ".repeat(20_000));
    check(&[("playbook.yml", &play(&whens))]);
}

#[test]
fn imports_that_never_end_are_found() {
    let seen = check(&[("playbook.yml", "- import_playbook: playbook.yml\n")]);
    assert!(seen.stderr.contains("without end"), "{seen}");
    let seen = check(&[
        ("playbook.yml", &play("    - import_tasks: a.yml\n")),
        ("a.yml", "- import_tasks: b.yml\n"),
        ("b.yml", "- import_tasks: a.yml\n"),
    ]);
    assert!(seen.stderr.contains("without end"), "{seen}");
    // Two imports a file would be read two to the power of the depth times.
    check(&[
        ("playbook.yml", &play("    - import_tasks: a.yml\n")),
        ("a.yml", "- import_tasks: a.yml\n- import_tasks: a.yml\n"),
    ]);
}

#[test]
fn roles_that_never_end_are_found() {
    let needs = |name: &str| format!("dependencies: [{name}, {name}]\n");
    check(&[
        ("playbook.yml", "- hosts: all\n  roles: [a]\n"),
        ("roles/a/meta/main.yml", &needs("b")),
        ("roles/b/meta/main.yml", &needs("a")),
    ]);
    check(&[
        ("playbook.yml", "- hosts: all\n  roles: [a]\n"),
        ("roles/a/tasks/main.yml", "- import_role: {name: a}\n- import_role: {name: a}\n"),
    ]);
}

#[test]
fn aliases_do_not_multiply_without_end() {
    let mut text = String::from("- hosts: all\n  vars:\n    a0: &a0 [x, x]\n");
    for n in 1..60 {
        let before = n - 1;
        text += &format!("    a{n}: &a{n} [*a{before}, *a{before}, *a{before}]\n");
    }
    check(&[("playbook.yml", &text)]);
    check(&[("playbook.yml", "- hosts: all\n  vars: &v\n    v: *v\n")]);
}

#[test]
fn long_texts_are_only_long() {
    let text = format!("    - debug: {{msg: {}}}\n", "x".repeat(10 << 20));
    assert_eq!(check(&[("playbook.yml", &play(&text))]).status, 0);
    let text = format!("    - debug: {{msg: \"{{{{ {} }}}}\"}}\n", "a + ".repeat(100_000) + "a");
    check(&[("playbook.yml", &play(&text))]);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let world = World::with(&[]);
    for bytes in
        [&b"- hosts: \xff\xfe\n"[..], b"\xff\xfe-\0 \0", b"\0\0\0\0", b"\xef\xbb\xbf", b"- \x07"]
    {
        fs::write(world.path("playbook.yml"), bytes).unwrap();
        survives(&world.run(CHECK));
    }
}

/// Texts made of the language's own pieces by a fixed sequence of numbers.
#[test]
fn whatever_is_put_together_is_read_or_refused() {
    const PIECES: [&str; 28] = [
        "- hosts: all\n",
        "  tasks:\n",
        "    - debug:\n",
        "      when: ",
        "  roles: [x]\n",
        "    - block:\n",
        "{{",
        "}}",
        "{%",
        "&a ",
        "*a ",
        "<<: ",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "  ",
        "- ",
        ": ",
        "'",
        "\"",
        "|\n",
        "!vault ",
        "import_tasks: playbook.yml\n",
        "vars: ",
        "loop: ",
        "\u{0}",
    ];
    let world = World::with(&[]);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0)
    };
    for _ in 0..60 {
        let text: String = (0..=next() % 40).map(|_| PIECES[next() % PIECES.len()]).collect();
        fs::write(world.path("playbook.yml"), &text).unwrap();
        survives(&world.run(CHECK));
    }
}
