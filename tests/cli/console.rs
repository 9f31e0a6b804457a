//! `console`: modules line by line.

use crate::world::World;

const INVENTORY: (&str, &str) =
    ("hosts", "[web]\nw1\nw2\n[db]\nd1\n[all:vars]\nansible_connection=local\n");

#[test]
fn lines_choose_hosts_and_run_modules_on_them() {
    let world = World::with(&[INVENTORY]);
    let lines = "list\nlist groups\ncd web\ndebug msg='on {{ inventory_hostname }}'\ncd w2\n# nothing\n\n\
        ping data=pang\necho two words | wc -w\n!echo in the shell\ncd nobody\ncd /\nlist\nexit\nping\n";
    let seen = world.run_fed("windlass console -i hosts -u bob", lines);
    assert_eq!(seen.status, 0, "{}", seen.stderr);
    insta::assert_snapshot!(seen.stdout.replace("[f:5]", "").trim_end(), @r#"
    A line is a module with its arguments, a command of the shell, or `help`.

    bob@all (3)$ w1
    w2
    d1
    bob@all (3)$ all
    db
    ungrouped
    web
    bob@all (3)$ bob@web (2)$ w1 | SUCCESS => {
        "msg": "on w1"
    }
    w2 | SUCCESS => {
        "msg": "on w2"
    }
    bob@web (2)$ bob@w2 (1)$ bob@w2 (1)$ bob@w2 (1)$ w2 | SUCCESS => {
        "changed": false,
        "ping": "pang"
    }
    bob@w2 (1)$ w2 | CHANGED | rc=0 >>
    2
    bob@w2 (1)$ w2 | CHANGED | rc=0 >>
    in the shell
    bob@w2 (1)$ no host matched
    bob@w2 (1)$ bob@all (3)$ w1
    w2
    d1
    bob@all (3)$
    "#);
    assert!(seen.stderr.contains("Could not match supplied host pattern, ignoring: nobody"));
}

#[test]
fn lines_set_what_modules_are_run_with() {
    let world = World::with(&[INVENTORY]);
    let lines = "forks 3\nremote_user bob\nbecome yes\nbecome no\ncheck yes\ncopy content=x dest=made\ncheck off\n\
        timeout -1\nforks none\nverbosity\nbecome maybe\nhelp forks\nextra\n";
    let seen = world.run_fed("windlass console -i hosts w1 -e kept=1", lines);
    assert!(!world.path("made").exists());
    assert!(seen.stdout.contains("bob@w1 (1)[f:3]# "), "{}", seen.stdout);
    assert!(seen.stdout.contains("w1 | CHANGED => {"), "{}", seen.stdout);
    let told: Vec<&str> = seen.stderr.lines().filter(|line| line.contains("usage: ")).collect();
    assert_eq!(
        told,
        [
            "[ERROR]: usage: timeout SECONDS",
            "[ERROR]: usage: forks NUMBER",
            "[ERROR]: usage: verbosity NUMBER",
            "[ERROR]: usage: become yes|no",
        ]
    );
}

#[test]
fn the_pattern_may_be_an_expression() {
    let world = World::with(&[INVENTORY]);
    let seen = world.run("windlass console -i hosts --list-hosts {{\"web\"}}");
    assert_eq!(seen.stdout, "  hosts (2):\n    w1\n    w2\n");
}
