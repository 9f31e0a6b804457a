//! Connections of an earlier run, by which a later one reaches the host.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::sshd::{Sshd, keygen, soon};
use crate::connection::{
    Connection, ConnectionOptions, Connections, Error, ErrorKind, ExitStatus, Secret, Target,
    Unattended,
};

/// The connections of one run that looks for those of others in the folder.
fn run(sshd: &Sshd) -> Connections {
    let mut options = ConnectionOptions::new(Arc::new(Unattended), sshd.home().to_owned());
    options.system_config = "/dev/null".into();
    options.kept = Some(sshd.path("cp"));
    Connections::new(options)
}

fn target(sshd: &Sshd, persist: &str) -> Target {
    let mut target = sshd.target();
    let persist = format!("ControlPersist={persist}");
    target.ssh_args.extend(["-o", "ControlMaster=auto", "-o", &persist].map(str::to_owned));
    target
}

/// A server with a connection that a first run has left, and the process that keeps it.
async fn kept(persist: &str) -> (Sshd, JoinHandle<()>) {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let first = run(&sshd);
    let connection = soon(first.open(&target(&sshd, persist))).await.unwrap();
    assert_eq!(text(&connection, "echo first").await, "first\n");
    let remaining = first.remaining().expect("a connection that may stay");
    drop(connection);
    let (told, found) = tokio::sync::oneshot::channel();
    let keeper = tokio::spawn(remaining.serve(|| told.send(()).is_ok()));
    soon(found).await.expect("it says when the next run would find it");
    assert_eq!(sockets(&sshd.path("cp")), 1);
    (sshd, keeper)
}

async fn text(connection: &Connection, command: &str) -> String {
    let process = soon(connection.exec(command, None)).await.unwrap();
    let output = soon(process.output(b"")).await.unwrap();
    assert_eq!(output.status, ExitStatus::Code(0));
    String::from_utf8(output.stdout).unwrap()
}

async fn open(sshd: &Sshd, target: &Target) -> Result<(Connection, bool), Error> {
    let connection = soon(run(sshd).open(target)).await?;
    let is_kept = connection.describe().contains("kept since an earlier run");
    Ok((connection, is_kept))
}

#[tokio::test]
async fn the_next_run_finds_the_connection() {
    let (sshd, _keeper) = kept("60s").await;
    let (connection, is_kept) = open(&sshd, &target(&sshd, "60s")).await.unwrap();
    assert!(is_kept);
    for line in ["one", "two"] {
        assert_eq!(text(&connection, &format!("echo {line}")).await, format!("{line}\n"));
    }
    // All three streams and the status, with more than fits into any of them.
    let command = "cat; echo problem >&2; exit 7";
    let process = soon(connection.exec(command, None)).await.unwrap();
    let input: Vec<u8> = (0..3_000_000u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let output = soon(process.output(&input)).await.unwrap();
    assert!(output.stdout == input, "{} of {} bytes", output.stdout.len(), input.len());
    assert_eq!(output.stderr, b"problem\n");
    assert_eq!(output.status, ExitStatus::Code(7));
    let process = soon(connection.exec("kill -TERM $$", None)).await.unwrap();
    let output = soon(process.output(b"")).await.unwrap();
    assert_eq!(output.status, ExitStatus::Signal("TERM".to_owned()));
}

#[tokio::test]
async fn a_command_ends_when_nobody_holds_it() {
    let (sshd, _keeper) = kept("60s").await;
    let (connection, _) = open(&sshd, &target(&sshd, "60s")).await.unwrap();
    let marker = sshd.path("ended");
    let command = format!("echo up; cat; touch {}", marker.display());
    let mut process = soon(connection.exec(&command, None)).await.unwrap();
    let mut answer = [0; 3];
    soon(process.stdout.read_exact(&mut answer)).await.unwrap();
    process.stdin.write_all(b"x").await.unwrap();
    drop(process);
    soon(async {
        while !marker.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn other_means_of_logging_in_are_another_connection() {
    let (sshd, _keeper) = kept("60s").await;
    let other_key = Target {
        private_key_file: Some(keygen(sshd.home(), "stranger", &["-t", "ed25519"])),
        ..target(&sshd, "60s")
    };
    let refused = open(&sshd, &other_key).await.err().unwrap();
    assert_eq!(refused.kind, ErrorKind::Auth);
    let with_password = Target { password: Some(Secret::new("unlike")), ..target(&sshd, "60s") };
    assert!(!open(&sshd, &with_password).await.unwrap().1);
    let mut alone = sshd.target();
    alone.ssh_args.extend(["-o", "ControlPersist=no"].map(str::to_owned));
    assert!(!open(&sshd, &alone).await.unwrap().1);
}

#[tokio::test]
async fn a_host_whose_key_is_not_known_any_more_is_not_trusted() {
    let (sshd, _keeper) = kept("60s").await;
    let other = keygen(sshd.home(), "other", &["-t", "ed25519"]);
    let key = std::fs::read_to_string(other.with_extension("pub")).unwrap();
    std::fs::write(sshd.path(".ssh/known_hosts"), format!("[127.0.0.1]:{} {key}", sshd.port))
        .unwrap();
    let refused = open(&sshd, &target(&sshd, "60s")).await.err().unwrap();
    assert_eq!(refused.kind, ErrorKind::HostKey);
}

#[tokio::test]
async fn what_a_run_closes_is_closed_for_all() {
    let (sshd, keeper) = kept("60s").await;
    let (connection, is_kept) = open(&sshd, &target(&sshd, "60s")).await.unwrap();
    assert!(is_kept);
    connection.close().await;
    let (_, is_kept) = open(&sshd, &target(&sshd, "60s")).await.unwrap();
    assert!(!is_kept);
    soon(keeper).await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_ends_after_its_time() {
    let (sshd, keeper) = kept("1s").await;
    soon(keeper).await.unwrap();
    assert_eq!(sockets(&sshd.path("cp")), 0);
    assert!(!open(&sshd, &target(&sshd, "1s")).await.unwrap().1);
}

#[tokio::test]
async fn a_connection_whose_process_died_or_whose_host_left_is_opened_anew() {
    let (sshd, keeper) = kept("60s").await;
    keeper.abort();
    let (connection, is_kept) = open(&sshd, &target(&sshd, "60s")).await.unwrap();
    assert_eq!((text(&connection, "echo again").await.as_str(), is_kept), ("again\n", false));

    let (sshd, keeper) = kept("60s").await;
    let (connection, is_kept) = open(&sshd, &target(&sshd, "60s")).await.unwrap();
    assert!(is_kept);
    // The server's process for the connection.
    let process = soon(connection.exec("kill -9 $PPID", None)).await.unwrap();
    let error = soon(process.output(b"")).await.err().unwrap();
    assert_eq!((error.kind, connection.is_closed()), (ErrorKind::Lost, true));
    let (_, is_kept) = open(&sshd, &target(&sshd, "60s")).await.unwrap();
    assert!(!is_kept);
    soon(keeper).await.unwrap();
    assert_eq!(sockets(&sshd.path("cp")), 0);
}

fn sockets(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}
