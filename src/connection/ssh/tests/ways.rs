//! The ways to a host: bastions, programs, the system's client, and none at all.

use std::time::Duration;

use super::sshd::{Sshd, soon};
use crate::connection::{Connections, ErrorKind, Pty, Target, Transport};

async fn says(connections: &Connections, target: &Target, command: &str) -> String {
    let connection = soon(connections.open(target)).await.unwrap();
    let process = soon(connection.exec(command, None)).await.unwrap();
    let output = soon(process.output(b"")).await.unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn configure(sshd: &Sshd, text: &str) {
    std::fs::create_dir_all(sshd.path(".ssh")).unwrap();
    let text = text
        .replace("@PORT@", &sshd.port.to_string())
        .replace("@USER@", &super::sshd::user())
        .replace("@HOME@", &sshd.home().display().to_string());
    std::fs::write(sshd.path(".ssh/config"), text).unwrap();
}

const COMMON: &str = "Host *\n  HostName 127.0.0.1\n  Port @PORT@\n  User @USER@\n  IdentityAgent none\n\
                      IdentityFile @HOME@/id_ed25519\n  StrictHostKeyChecking accept-new\n";

#[tokio::test]
async fn targets_share_the_connection_of_their_bastion() {
    let sshd = Sshd::start();
    configure(&sshd, &format!("Host web*\n  ProxyJump bastion\n{COMMON}"));
    let connections = sshd.connections();
    let targets: Vec<_> = (0..5).map(|i| Target::ssh(format!("web{i}"))).collect();
    let opened = soon(futures::future::join_all(targets.iter().map(|t| connections.open(t)))).await;
    let mut ports = Vec::new();
    for connection in opened {
        let connection = connection.unwrap();
        assert!(connection.describe().contains(" through "), "{}", connection.describe());
        // The port from which the bastion's sshd was reached is the shared connection's.
        let process =
            soon(connection.exec("echo $PPID; echo $SSH_CONNECTION", None)).await.unwrap();
        let output = soon(process.output(b"")).await.unwrap();
        ports.push(String::from_utf8(output.stdout).unwrap());
    }
    ports.dedup();
    assert_eq!(ports.len(), 5, "each target has a session of its own");
    let sessions = std::fs::read_to_string(sshd.path("log")).unwrap_or_default();
    assert_eq!(
        sessions.matches("Accepted publickey").count(),
        6,
        "five targets and one bastion:\n{sessions}"
    );
}

#[tokio::test]
async fn bastions_behind_bastions_and_on_the_command_line() {
    let sshd = Sshd::start();
    configure(&sshd, COMMON);
    let mut target = Target::ssh("web1");
    target.ssh_extra_args = ["-J", "one,two"].map(str::to_owned).to_vec();
    assert_eq!(says(&sshd.connections(), &target, "echo ok").await, "ok");
}

#[tokio::test]
async fn bastions_that_lead_back_to_themselves_are_an_error() {
    let sshd = Sshd::start();
    configure(&sshd, &format!("Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n{COMMON}"));
    let connections = sshd.connections();
    let mut target = Target::ssh("web1");
    target.ssh_extra_args = ["-J", "a"].map(str::to_owned).to_vec();
    let error = soon(connections.open(&target)).await.err().unwrap();
    assert!(error.message.contains("lead back to itself"), "{error}");
}

#[tokio::test]
async fn a_target_that_its_bastion_cannot_reach_is_unreachable() {
    let sshd = Sshd::start();
    let closed = super::sshd::free_port();
    configure(&sshd, &format!("Host web1\n  Port {closed}\n  ProxyJump bastion\n{COMMON}"));
    let error = soon(sshd.connections().open(&Target::ssh("web1"))).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    let start = format!(
        "Failed to connect to the host via ssh: ssh: connect to host 127.0.0.1 port {closed} through"
    );
    assert!(error.message.starts_with(&start), "{error}");
}

#[tokio::test]
async fn a_program_can_carry_the_connection() {
    let sshd = Sshd::start();
    configure(
        &sshd,
        &format!(
            "Host web1\n  ProxyCommand bash -c 'exec 3<>/dev/tcp/%h/%p; timeout 9 cat <&3 & cat >&3'\n{COMMON}"
        ),
    );
    assert_eq!(says(&sshd.connections(), &Target::ssh("web1"), "echo ok").await, "ok");
    configure(&sshd, &format!("Host web1\n  ProxyCommand false\n{COMMON}"));
    let error = soon(sshd.connections().open(&Target::ssh("web1"))).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unreachable);
}

#[tokio::test]
async fn a_command_of_match_exec_decides() {
    let sshd = Sshd::start();
    configure(&sshd, &format!("Match exec \"test %n = web1\"\n  SetEnv LC_CHOSEN=%n\n{COMMON}"));
    let connections = sshd.connections();
    assert_eq!(says(&connections, &Target::ssh("web1"), "echo ok").await, "ok");
}

#[tokio::test]
async fn hosts_that_do_not_answer_are_unreachable_in_the_references_words() {
    let sshd = Sshd::start();
    let connections = sshd.connections();
    let mut target = sshd.target();
    target.port = Some(super::sshd::free_port());
    let error = soon(connections.open(&target)).await.err().unwrap();
    let expected = format!(
        "Failed to connect to the host via ssh: ssh: connect to host 127.0.0.1 port {}: Connection refused",
        target.port.unwrap()
    );
    assert_eq!(error.message, expected);
    assert_eq!(error.kind, ErrorKind::Unreachable);

    let mut target = sshd.target();
    target.host = "no-such-host.invalid".to_owned();
    let error = soon(connections.open(&target)).await.err().unwrap();
    assert!(
        error.message.contains("ssh: Could not resolve hostname no-such-host.invalid"),
        "{error}"
    );

    // Something that accepts and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut target = sshd.target();
    target.port = Some(silent.local_addr().unwrap().port());
    target.connect_timeout = Duration::from_secs(1);
    let error = soon(connections.open(&target)).await.err().unwrap();
    assert!(error.message.contains("timed out"), "{error}");
}

#[tokio::test]
async fn the_systems_client_takes_what_russh_cannot() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let mut target = sshd.target();
    let known = format!("UserKnownHostsFile={}", sshd.path(".ssh/known_hosts").display());
    target.ssh_args.extend(["-F".to_owned(), "/dev/null".to_owned(), "-o".to_owned(), known]);
    let forward = format!("{}:127.0.0.1:1", super::sshd::free_port());
    for (arguments, transport, reason) in [
        (&["-L", &forward][..], Transport::Auto, "the option localforward"),
        (&["-o", "RevokedHostKeys=/dev/null"], Transport::Auto, "the option revokedhostkeys"),
        (&[], Transport::OpenSsh, "asked for by a setting"),
    ] {
        let mut target = target.clone();
        target.ssh_args.extend(arguments.iter().map(|a| (*a).to_owned()));
        target.transport = transport;
        let connection = soon(sshd.connections().open(&target)).await.unwrap();
        assert!(connection.describe().contains(reason), "{}", connection.describe());
        let process = soon(connection.exec("cat; exit 7", None)).await.unwrap();
        let output = soon(process.output(b"hello")).await.unwrap();
        assert_eq!(
            (output.stdout, output.status),
            (b"hello".to_vec(), crate::connection::ExitStatus::Code(7))
        );
    }
    let mut closed = target.clone();
    closed.transport = Transport::OpenSsh;
    closed.port = Some(super::sshd::free_port());
    let connection = soon(sshd.connections().open(&closed)).await.unwrap();
    let process = soon(connection.exec("true", None)).await.unwrap();
    // Whoever waits before reading gets the reason as well.
    let error = soon(process.exit.wait()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(error.message.ends_with("Connection refused"), "{error}");
    target.ssh_args.extend(["-L".to_owned(), forward]);
    target.transport = Transport::Russh;
    let error = soon(sshd.connections().open(&target)).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Config);
}

#[tokio::test]
async fn the_controller_itself_needs_no_ssh() {
    let sshd = Sshd::start();
    let connection = sshd.connections().open(&Target::local("localhost")).await.unwrap();
    assert_eq!(connection.describe(), "local");
    let output =
        soon(connection.exec("cat; exit 4", None).await.unwrap().output(b"x")).await.unwrap();
    assert_eq!(
        (output.stdout, output.status),
        (b"x".to_vec(), crate::connection::ExitStatus::Code(4))
    );
    let killed =
        soon(connection.exec("kill -9 $$", None).await.unwrap().output(b"")).await.unwrap();
    assert_eq!(killed.status, crate::connection::ExitStatus::Signal("KILL".to_owned()));
}

#[tokio::test]
async fn a_pseudo_terminal_and_the_environment_reach_the_command() {
    let sshd = Sshd::with("AcceptEnv LC_*");
    sshd.know("ed25519");
    let mut target = sshd.target();
    target.ssh_args.extend(["-o", "SetEnv=LC_WINDLASS=here"].map(str::to_owned));
    let connection = soon(sshd.connections().open(&target)).await.unwrap();
    let pty = Some(Pty { columns: 132, rows: 50 });
    let process = soon(connection.exec("stty size; echo $LC_WINDLASS", pty)).await.unwrap();
    let output = soon(process.output(b"")).await.unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "50 132\r\nhere\r\n");
}

#[tokio::test]
async fn a_forwarded_agent_is_reached_from_the_host_and_only_when_asked_for() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let agent = super::sshd::Agent::start(&sshd);
    agent.add(&sshd.path("id_ed25519"));
    let mut target = sshd.target();
    target.ssh_args = vec!["-o".to_owned(), format!("IdentityAgent={}", agent.socket.display())];
    let connections = sshd.connections();
    let list = "ssh-add -l 2>&1";
    assert!(!says(&connections, &target, list).await.contains("ED25519"));
    target.ssh_args.extend(["-o", "ForwardAgent=yes"].map(str::to_owned));
    assert!(says(&connections, &target, list).await.contains("ED25519"));
}
