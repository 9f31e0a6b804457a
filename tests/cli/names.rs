//! The names under which the program goes, and what each takes.

use crate::world::World;

const PLAYBOOK: &str = "- hosts: all\n  gather_facts: false\n  tasks: [debug: ]\n";

#[test]
fn the_reference_s_name_and_the_command_do_the_same() {
    let world = World::with(&[("playbook.yml", PLAYBOOK)]);
    let by_name = world.run("ansible-playbook -i a, -c local playbook.yml");
    let by_command = world.run("windlass playbook -i a, -c local playbook.yml");
    assert_eq!(by_name.to_string(), by_command.to_string());
    assert_eq!(by_name.status, 0);
    assert!(by_name.stdout.contains("Hello world!"));
}

#[test]
fn an_ad_hoc_task_goes_by_both_names() {
    let world = World::with(&[]);
    let by_name = world.run("ansible all -i a, -c local -m ping");
    let by_command = world.run("windlass run all -i a, -c local -m ping");
    assert_eq!(by_name.to_string(), by_command.to_string());
    assert!(by_name.stdout.contains("\"ping\": \"pong\""));
}

#[test]
fn help_and_version_go_to_the_output() {
    let world = World::with(&[]);
    for line in
        ["windlass --help", "windlass --version", "windlass playbook --help", "ansible --version"]
    {
        let seen = world.run(line);
        assert_eq!((seen.status, seen.stderr.as_str()), (0, ""), "{line}");
        assert!(!seen.stdout.is_empty(), "{line}");
    }
}

#[test]
fn an_unknown_option_is_named_and_ends_with_2() {
    for line in [
        "windlass playbook --no-such x.yml",
        "ansible-playbook --no-such x.yml",
        "ansible all --no-such",
    ] {
        let seen = World::with(&[]).run(line);
        assert_eq!(seen.status, 2, "{line}");
        assert!(seen.stderr.contains("--no-such"), "{line}: {}", seen.stderr);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let world = World::with(&[("playbook.yml", PLAYBOOK)]);
    let line = format!(
        "{}/ansible-playbook -i a, -c local playbook.yml | true",
        world.path("bin").display()
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &line])
        .current_dir(world.path(""))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
