//! Runs that end in the middle: the controller killed, the link dead, Ctrl-C. Nothing of them stays on the host.

use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::hosts::{Lab, within};

/// After this time nothing may be left.
const LIMIT: Duration = Duration::from_secs(10);

const SLEEP: &str = "
- hosts: lab
  gather_facts: false
  tasks:
    - command: sleep 4321
";

const SLEEPERS: &str = "pgrep -fx 'sleep 4321' || true";

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("the process takes a signal");
}

/// Starts a play that sleeps on the host, and waits until it does.
fn asleep(lab: &Lab, options: &[&str]) -> Child {
    let child = lab.start_play(SLEEP, options);
    assert!(
        within(LIMIT, || !lab.on(1, SLEEPERS).is_empty()),
        "never started: {}",
        lab.read("log")
    );
    child
}

#[track_caller]
fn leaves_nothing(lab: &Lab) {
    let gone = within(LIMIT, || lab.helpers(1).is_empty());
    assert!(gone, "a helper is left: {}", lab.helpers(1));
    // A helper that was on its way is removed by the shell that received it.
    assert!(within(LIMIT, || lab.litter(1).is_empty()), "left: {}", lab.litter(1));
}

#[test]
fn a_killed_controller_leaves_no_helper() {
    let Some(lab) = Lab::machines(1) else { return };
    let as_plain = ["-e", "ansible_user=deploy ansible_become=true ansible_become_user=plain"];
    for options in [&[][..], &as_plain] {
        let mut child = asleep(&lab, options);
        child.kill().unwrap();
        child.wait().unwrap();
        leaves_nothing(&lab);
        lab.on(1, "pkill -fx 'sleep 4321' || true");
    }
}

#[test]
fn an_interrupt_ends_the_command_too() {
    let Some(lab) = Lab::machines(1) else { return };
    let mut child = asleep(&lab, &[]);
    signal(&child, Signal::INT);
    assert!(
        within(LIMIT, || child.try_wait().unwrap().is_some()),
        "it goes on: {}",
        lab.read("log")
    );
    leaves_nothing(&lab);
    assert!(within(LIMIT, || lab.on(1, SLEEPERS).is_empty()), "its command goes on");
}

#[test]
fn a_file_is_the_old_one_or_the_new_one_whenever_the_controller_dies() {
    let Some(lab) = Lab::machines(1) else { return };
    lab.write("large", &"new\n".repeat(16 << 20));
    let playbook = "
- hosts: lab
  gather_facts: false
  tasks:
    - copy: {src: large, dest: /srv/large}
";
    let mut unfinished = 0;
    for milliseconds in [100, 200, 300, 400, 600, 900] {
        lab.on(1, "echo old >/srv/large");
        let mut child = lab.start_play(playbook, &[]);
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        leaves_nothing(&lab);
        let size = lab.on(1, "stat -c %s /srv/large");
        assert!(size == "4\n" || size == "67108864\n", "{size} bytes after {milliseconds} ms");
        unfinished += usize::from(size == "4\n");
    }
    assert!(unfinished > 0, "no run was killed early enough to show anything");
}

#[test]
fn a_dead_link_ends_both_sides() {
    let Some(lab) = Lab::machines(1) else { return };
    let mut relay = Relay::start(&lab);
    let mut child = asleep(
        &lab,
        &["-e", "ansible_ssh_extra_args='-o ServerAliveInterval=2 -o ServerAliveCountMax=2'"],
    );
    relay.stop();
    assert!(
        within(LIMIT * 2, || child.try_wait().unwrap().is_some()),
        "the controller waits: {}",
        lab.read("log")
    );
    assert_eq!(child.wait().unwrap().code(), Some(4), "{}", lab.read("log"));
    // The host hears nothing either: its helper ends by itself.
    let gone = within(LIMIT, || lab.helpers(1).is_empty());
    relay.end();
    assert!(gone, "a helper is left: {}", lab.helpers(1));
}

/// The relay of the benchmark between windlass and the first host, as a link that can die.
struct Relay(Child);

impl Relay {
    fn start(lab: &Lab) -> Relay {
        let (address, port) = lab.address(1);
        let listen = free_port();
        let program = lab.path("relay");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/relay.rs");
        let mut compiler = Command::new(option_env!("RUSTC").unwrap_or("rustc"));
        compiler.args(["--edition", "2024", "-o"]).arg(&program).arg(source);
        assert!(compiler.status().expect("rustc starts").success());
        let link = format!("127.0.0.1:{listen}={address}:{port}");
        let relay = Command::new(&program).args(["20", &link]).spawn().expect("the relay starts");
        let known = lab.read("hosts.ini");
        let file = known
            .split("UserKnownHostsFile=")
            .nth(1)
            .expect("a file")
            .split(' ')
            .next()
            .expect("a path");
        let keys = std::fs::read_to_string(file).expect("the known hosts");
        let relayed =
            lab.write("known_hosts", &keys.replace(&address, &format!("[127.0.0.1]:{listen}")));
        let hosts = known.replace(file, &relayed.display().to_string()).replace(
            &format!("ansible_host={address} ansible_port={port}"),
            &format!("ansible_host=127.0.0.1 ansible_port={listen}"),
        );
        lab.write("hosts.ini", &hosts);
        let listens = || std::net::TcpStream::connect(("127.0.0.1", listen)).is_ok();
        assert!(within(LIMIT, listens), "the relay does not listen");
        Relay(relay)
    }

    fn stop(&mut self) {
        signal(&self.0, Signal::STOP);
    }

    fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.end();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
