//! Many connections at once.

use std::time::Instant;

use super::sshd::{Sshd, soon};
use crate::connection::{ConnectionOptions, Connections, Unattended};

/// Memory of this process in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_connections_stay_small() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let connections = sshd.connections();
    let target = sshd.target();
    let first = soon(connections.open(&target)).await.unwrap();
    let before = resident();
    let start = Instant::now();
    let opened = futures::future::join_all((0..200).map(|_| connections.open(&target))).await;
    let opened: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
    let elapsed = start.elapsed();
    let each = resident().saturating_sub(before) / opened.len();
    // The bound is the promise; the time depends on the machine, which also runs 200 servers.
    assert!(each < 200, "{each} KiB each, {elapsed:?}");
    drop(first);
}

#[tokio::test]
async fn more_connections_than_places_wait_for_each_other() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let mut options =
        ConnectionOptions::new(std::sync::Arc::new(Unattended), sshd.home().to_owned());
    options.system_config = "/dev/null".into();
    options.max_open = Some(3);
    let connections = Connections::new(options);
    let target = sshd.target();
    let work = (0..12).map(|_| async {
        let connection = connections.open(&target).await.unwrap();
        let output = connection.exec("echo ok", None).await.unwrap().output(b"").await.unwrap();
        assert_eq!(output.stdout, b"ok\n");
        connection.close().await;
    });
    soon(futures::future::join_all(work)).await;
}
