//! How many round trips stand between a connection and the first answer of a command.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::relay::Relay;
use super::sshd::{Sshd, keygen, soon};
use crate::connection::{ErrorKind, Process};

/// Long enough that what the machine itself takes is a small part of it.
const ROUND_TRIP: Duration = Duration::from_secs(1);

/// Returns how many round trips pass until a command has answered its first input.
async fn trips(sshd: &Sshd, key: &std::path::Path) -> f64 {
    let relay = Relay::to(sshd.port, ROUND_TRIP / 2).await;
    let mut target = sshd.target();
    target.port = Some(relay.port);
    target.private_key_file = Some(key.to_owned());
    target.ssh_args.extend(["-o", "StrictHostKeyChecking=no"].map(str::to_owned));
    let connections = sshd.connections();
    let start = Instant::now();
    let connection = soon(connections.open(&target)).await.unwrap();
    let process = soon(connection.exec("read line; echo $line; cat", None)).await.unwrap();
    let Process { mut stdin, mut stdout, .. } = process;
    stdin.write_all(b"first\n").await.unwrap();
    let mut answer = [0; 6];
    soon(stdout.read_exact(&mut answer)).await.unwrap();
    let elapsed = start.elapsed();
    assert_eq!(&answer, b"first\n");
    // What follows the shortcut arrives whole and in order.
    let bytes: Vec<u8> = (0..1_000_000u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let write = async {
        stdin.write_all(&bytes).await.unwrap();
        stdin.shutdown().await.unwrap();
    };
    let mut back = Vec::new();
    let ((), read) = soon(async { tokio::join!(write, stdout.read_to_end(&mut back)) }).await;
    read.unwrap();
    assert!(back == bytes, "{} of {} bytes", back.len(), bytes.len());
    elapsed.as_secs_f64() / ROUND_TRIP.as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_round_trips_after_tcp_until_a_command_answers() {
    let sshd = Sshd::with("Banner /etc/hostname");
    let plain = Sshd::start();
    // The relay answers the TCP connection itself: on a real way that is one more.
    let fewest = async |server: &Sshd| {
        // A busy machine only adds time: the best of a few attempts is what the protocol needs.
        let mut best = f64::MAX;
        for _ in 0..4 {
            best = best.min(trips(server, &server.path("id_ed25519")).await);
            if best < 5.0 {
                break;
            }
        }
        best
    };
    let (with_banner, without) = tokio::join!(fewest(&sshd), fewest(&plain));
    assert!(with_banner < 5.0 && without < 5.0, "{with_banner} and {without} round trips");
}

#[tokio::test]
async fn a_key_that_is_refused_first_does_not_stop_the_next() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let stranger = keygen(sshd.home(), "stranger", &["-t", "ed25519"]);
    let mut target = sshd.target();
    target.private_key_file = None;
    for key in [&stranger, &sshd.path("id_ed25519")] {
        target.ssh_args.extend(["-i".to_owned(), key.display().to_string()]);
    }
    let connections = sshd.connections();
    for _ in 0..2 {
        let connection = soon(connections.open(&target)).await.unwrap();
        let process = soon(connection.exec("echo in", None)).await.unwrap();
        assert_eq!(soon(process.output(b"")).await.unwrap().stdout, b"in\n");
    }
}

#[tokio::test]
async fn a_host_that_refuses_sessions_is_an_error_and_no_hang() {
    let sshd = Sshd::with("MaxSessions 0");
    sshd.know("ed25519");
    let connection = soon(sshd.connections().open(&sshd.target())).await.unwrap();
    let outcome = soon(async { connection.exec("true", None).await?.output(b"").await }).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Lost);
    assert!(error.message.contains("the host refused a session"), "{error}");
}

#[tokio::test]
async fn a_command_that_starts_long_after_the_login_works_as_well() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let connection = soon(sshd.connections().open(&sshd.target())).await.unwrap();
    for i in 0..3 {
        let process = soon(connection.exec(&format!("echo {i}"), None)).await.unwrap();
        assert_eq!(soon(process.output(b"")).await.unwrap().stdout, format!("{i}\n").as_bytes());
    }
}

#[tokio::test]
async fn a_host_that_falls_silent_is_lost_after_its_keep_alives() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let relay = Relay::to(sshd.port, Duration::ZERO).await;
    let mut target = sshd.target();
    target.port = Some(relay.port);
    for option in ["ServerAliveInterval=1", "ServerAliveCountMax=1", "StrictHostKeyChecking=no"] {
        target.ssh_args.extend(["-o".to_owned(), option.to_owned()]);
    }
    let connection = soon(sshd.connections().open(&target)).await.unwrap();
    let process = soon(connection.exec("echo ready; sleep 100", None)).await.unwrap();
    let Process { mut stdout, exit, .. } = process;
    soon(stdout.read_exact(&mut [0; 6])).await.unwrap();
    relay.cut();
    let error = soon(exit.wait()).await.unwrap_err();
    assert!(error.message.contains("the host does not answer any more"), "{error}");
    assert!(soon(stdout.read_u8()).await.is_err());
}
