//! Hosts that are down, changed, full, or will not run a program: each affects only itself, and says what is wrong.

use crate::hosts::Lab;

const PING: &str = "
- hosts: lab
  gather_facts: false
  tasks:
    - ping:
";

/// What `deploy` would do on any host: a command and a file in its home.
const WORK: &str = "
- hosts: lab
  gather_facts: false
  tasks:
    - command: echo it works
      register: said
    - debug: {msg: '{{ said.stdout }}'}
";

const AS_DEPLOY: [&str; 2] = ["-e", "ansible_user=deploy"];

#[test]
fn a_host_that_is_down_leaves_the_others_alone() {
    let Some(lab) = Lab::machines(1) else { return };
    let gone = lab.address(1).0.rsplit_once('.').unwrap().0.to_owned() + ".250";
    let hosts =
        lab.read("hosts.ini").replace("[lab]\n", &format!("[lab]\ngone ansible_host={gone}\n"));
    lab.write("hosts.ini", &hosts);
    let run = lab.play(PING, &["-T", "3"]).expect_status(4).expect_text("UNREACHABLE!");
    assert_eq!(run.recap("gone", "unreachable"), 1, "{}", run.all());
    assert_eq!(run.recap(&lab.host(1), "ok"), 1, "{}", run.all());
}

#[test]
fn a_port_on_which_nobody_listens_is_unreachable() {
    let lab = Lab::processes(1);
    let run = lab.play(PING, &["-e", "ansible_port=1"]).expect_status(4).expect_text("refused");
    assert_eq!(run.recap(&lab.host(1), "unreachable"), 1, "{}", run.all());
}

#[test]
fn a_key_that_the_host_does_not_accept_is_denied() {
    let lab = Lab::processes(1);
    let key = lab.path("other");
    let mut keygen = std::process::Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key);
    assert!(keygen.status().unwrap().success());
    let option = format!("ansible_ssh_private_key_file={}", key.display());
    lab.play(PING, &["-e", &option]).expect_status(4).expect_text("Permission denied");
}

#[test]
fn a_changed_host_key_is_refused_and_explained() {
    let lab = Lab::processes(1);
    let hosts = lab.read("hosts.ini");
    let known = hosts.split("UserKnownHostsFile=").nth(1).unwrap().split(' ').next().unwrap();
    let (address, port) = lab.address(1);
    // A well-formed key that is not the host's: its own with another middle.
    let line = std::fs::read_to_string(known).unwrap();
    let key = line.split_whitespace().last().unwrap();
    let other: String = key
        .chars()
        .enumerate()
        .map(|(at, digit)| if at == 40 { if digit == 'A' { 'B' } else { 'A' } } else { digit })
        .collect();
    let changed = lab.write("known_hosts", &format!("[{address}]:{port} ssh-ed25519 {other}\n"));
    lab.write("hosts.ini", &hosts.replace(known, &changed.display().to_string()));
    let run = lab.play(PING, &[]).expect_status(4).expect_text("UNREACHABLE!");
    let text = run.all().to_lowercase();
    assert!(text.contains("host key") || text.contains("host identification"), "{text}");
}

#[test]
fn an_unknown_host_is_refused_when_checking_is_strict() {
    let lab = Lab::processes(1);
    let hosts = lab.read("hosts.ini");
    let known = hosts.split("UserKnownHostsFile=").nth(1).unwrap().split(' ').next().unwrap();
    let empty = lab.write("known_hosts", "");
    lab.write("hosts.ini", &hosts.replace(known, &empty.display().to_string()));
    lab.play(PING, &[]).expect_status(4).expect_text("UNREACHABLE!");
}

#[test]
fn a_home_without_programs_is_worked_around() {
    let Some(lab) = Lab::machines(1) else { return };
    lab.on(1, "mount --bind /home/deploy /home/deploy; mount -o remount,bind,noexec /home/deploy");
    lab.play(WORK, &AS_DEPLOY).expect_success().expect_text("it works");
    lab.on(1, "mount -o remount,bind,ro /home/deploy");
    lab.play(WORK, &AS_DEPLOY).expect_success().expect_text("it works");
    assert_eq!(lab.helpers(1), "");
    assert_eq!(lab.litter(1), "");
}

#[test]
fn a_host_that_runs_no_program_anywhere_says_where_it_was_tried() {
    let Some(lab) = Lab::machines(1) else { return };
    lab.on(
        1,
        "for folder in /home/deploy /tmp /var/tmp /dev/shm; do \
         mount --bind $folder $folder; mount -o remount,bind,noexec $folder; done; \
         loginctl enable-linger deploy; sleep 1; mount -o remount,noexec /run/user/$(id -u deploy) || true",
    );
    let run = lab.play(WORK, &AS_DEPLOY).expect_text("noexec");
    assert!(run.status == 2 || run.status == 4, "{}", run.all());
}

#[test]
fn a_full_disk_is_named_and_leaves_no_part_of_a_file() {
    let Some(lab) = Lab::machines(1) else { return };
    lab.on(
        1,
        "mkdir /srv/full; mount -t tmpfs -o size=1m tmpfs /srv/full; echo old >/srv/full/kept",
    );
    lab.write("large", &"x".repeat(4 << 20));
    let playbook = "
- hosts: lab
  gather_facts: false
  tasks:
    - copy: {src: large, dest: /srv/full/kept}
";
    let run = lab.play(playbook, &[]).expect_status(2).expect_text("No space left on device");
    assert_eq!(run.recap(&lab.host(1), "failed"), 1, "{}", run.all());
    assert_eq!(lab.on(1, "cat /srv/full/kept; ls -A /srv/full"), "old\nkept\n");
}

#[test]
fn a_full_home_is_worked_around() {
    let Some(lab) = Lab::machines(1) else { return };
    lab.on(
        1,
        "cp -a /home/deploy /tmp/keep; mount -t tmpfs -o size=64k,mode=700,uid=$(id -u deploy) tmpfs /home/deploy; \
         cp -a /tmp/keep/. /home/deploy; rm -r /tmp/keep; head -c 100k /dev/zero >/home/deploy/filler || true",
    );
    lab.play(WORK, &AS_DEPLOY).expect_success().expect_text("it works");
    assert_eq!(lab.litter(1), "");
}
