//! The shipped demo, run twice.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use crate::hosts::Lab;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks").join(name)
}

fn get(address: &str) -> String {
    let mut stream = TcpStream::connect((address, 80)).expect("the web server accepts");
    write!(stream, "GET / HTTP/1.0\r\nHost: demo\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn the_demo_makes_web_servers_and_its_second_run_changes_nothing() {
    let Some(lab) = Lab::machines(2) else { return };
    let site = shipped("demo/site.yml");
    let first = lab.playbook(&site, &[]).expect_success();
    for number in [1, 2] {
        let host = lab.host(number);
        assert!(first.recap(&host, "changed") >= 10, "{}", first.all());
        let answer = get(&lab.address(number).0);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains(&format!("X-Served-By: {host}")), "{answer}");
        assert!(answer.contains(&format!("<h1>{host} is up</h1>")), "{answer}");
        assert_eq!(
            lab.on(number, "systemctl is-enabled nginx; systemctl is-active nginx"),
            "enabled\nactive\n"
        );
        assert_eq!(
            lab.on(number, "id -nG erin; stat -c '%a %G' /srv/www/demo"),
            "erin editors\n2775 editors\n"
        );
        assert_eq!(lab.helpers(number), "", "a helper outlived the run");
        assert_eq!(lab.litter(number), "");
    }
    let second = lab.playbook(&site, &[]).expect_success();
    let checked = lab.playbook(&site, &["--check", "--diff"]).expect_success();
    for run in [&second, &checked] {
        for number in [1, 2] {
            assert_eq!(run.recap(&lab.host(number), "changed"), 0, "{}", run.all());
        }
    }
}

#[test]
fn check_mode_leaves_a_new_host_as_it_was() {
    let Some(lab) = Lab::machines(1) else { return };
    let options = ["-e", "ansible_user=deploy"];
    let playbook = "
- hosts: web
  become: true
  gather_facts: false
  tasks:
    - {group: {name: editors}}
    - {user: {name: erin, shell: /bin/bash}}
    - {apt: {name: tree}}
    - {copy: {content: 'hello', dest: /etc/hello, mode: '0600'}}
    - {file: {path: /srv/pages, state: directory}}
    - {lineinfile: {path: /etc/environment, line: PAGES=1}}
";
    let before = "cat /etc/passwd /etc/group /etc/environment | sha256sum; ls /etc/hello /srv; dpkg -s tree; true";
    let was = lab.on(1, before);
    let run = lab.play(playbook, &[&options[..], &["--check", "--diff"]].concat()).expect_success();
    assert_eq!(run.recap(&lab.host(1), "changed"), 6, "{}", run.all());
    assert_eq!(lab.on(1, before), was);
    let done = lab.play(playbook, &options).expect_success();
    assert_eq!(done.recap(&lab.host(1), "changed"), 6, "{}", done.all());
    let again = lab.play(playbook, &options).expect_success();
    assert_eq!(again.recap(&lab.host(1), "changed"), 0, "{}", again.all());
}

#[test]
fn the_demo_without_root_changes_nothing_the_second_time() {
    let lab = Lab::processes(2);
    let site = shipped("demo-unprivileged.yml");
    let first = lab.playbook(&site, &[]).expect_success();
    let second = lab.playbook(&site, &[]).expect_success();
    for number in [1, 2] {
        assert_eq!(first.recap(&lab.host(number), "changed"), 5, "{}", first.all());
        assert_eq!(second.recap(&lab.host(number), "changed"), 0, "{}", second.all());
    }
}
