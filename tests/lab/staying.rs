//! Connections that outlive a run: the command has ended, and the next one finds its host at hand.

use std::process::{Command, Stdio};

use crate::hosts::Lab;

const PLAY: &str = "
- hosts: lab
  gather_facts: false
  tasks:
    - ping:
    - fail: {msg: on purpose}
      when: fails | default(false)
";

/// How many connections wait for the next run.
fn waiting(lab: &Lab) -> usize {
    std::fs::read_dir(lab.path(".ansible/cp")).map_or(0, Iterator::count)
}

#[test]
fn the_next_run_takes_the_connection_and_each_has_its_own_status() {
    let lab = Lab::processes(2);
    let kept = "kept since an earlier run";
    let first = lab.play(PLAY, &["-vvv"]);
    assert_eq!((first.status, first.stdout.matches(kept).count()), (0, 0), "{}", first.stdout);
    let second = lab.play(PLAY, &["-vvv", "-e", "fails=true"]);
    assert_eq!((second.status, second.stdout.matches(kept).count()), (2, 2), "{}", second.stdout);
    let alone = lab.play(PLAY, &["-vvv", "--ssh-extra-args", "-o ProxyCommand='busybox nc %h %p'"]);
    assert_eq!((alone.status, alone.stdout.matches(kept).count()), (0, 0), "{}", alone.stdout);
    let reset = "
- hosts: lab
  gather_facts: false
  tasks:
    - meta: reset_connection
";
    assert_eq!(lab.play(reset, &[]).status, 0);
    let fresh = lab.play(PLAY, &["-vvv"]);
    assert_eq!((fresh.status, fresh.stdout.matches(kept).count()), (0, 0), "{}", fresh.stdout);
}

#[test]
fn what_stays_holds_no_file_of_the_shell_that_started_it() {
    let lab = Lab::processes(1);
    lab.write("site.yml", PLAY);
    let script = format!(
        "exec 9>lock; flock -n 9 || exit 3; {} playbook -i hosts.ini site.yml; exit $?",
        env!("CARGO_BIN_EXE_windlass"),
    );
    let shell = |script: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).current_dir(lab.path("")).env("HOME", lab.path(""));
        shell.env("NO_COLOR", "1").stdin(Stdio::null()).stdout(Stdio::piped());
        let output = shell.output().expect("a shell");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, output) = shell(&script);
    assert_eq!((status, waiting(&lab)), (Some(0), 1), "{output}");
    assert_eq!(shell("flock -n lock true").0, Some(0), "the lock is still held");
}
