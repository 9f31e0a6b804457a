//! What a task costs beside the least that its way to the host can cost: a `ping` through the helper against an echo of
//! as many bytes by `cat` over the same SSH connection.
//!
//! `echo HOST PORT USER KEY KNOWN_HOSTS` prints the medians and their ratio.

#![expect(clippy::print_stdout, reason = "it reports")]

use std::{error::Error, path::PathBuf, sync::Arc, time::Duration, time::Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use windlass::{
    connection::{Connection, ConnectionOptions, Connections, Target, Unattended},
    remote::{Event, Request, Session},
};
use windlass_protocol::{JsonMap, TaskRequest};

/// As long as a request for `ping` and its answer are.
const BYTES: usize = 200;
const ROUNDS: usize = 2000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, user, key, known_hosts] = args.as_slice() else {
        return Err("usage: echo HOST PORT USER KEY KNOWN_HOSTS".into());
    };
    let mut target = Target::ssh(host.clone());
    target.port = Some(port.parse()?);
    target.user = Some(user.clone());
    target.private_key_file = Some(PathBuf::from(key));
    target.ssh_extra_args = vec!["-o".to_owned(), format!("UserKnownHostsFile={known_hosts}")];
    let options = ConnectionOptions::new(Arc::new(Unattended), std::env::temp_dir());
    let connection = Connections::new(options)
        .open(&target)
        .await
        .map_err(|error| format!("cannot connect: {}", error.message))?;
    let session = Session::start(&connection, Duration::from_mins(2))
        .await
        .map_err(|error| format!("cannot start the helper: {error}"))?;
    // In turns, so that whatever else the machine does hits both.
    let (mut echoes, mut tasks) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        echoes.extend(echo(&connection).await?);
        tasks.extend(ping(&session).await?);
    }
    let (echo, task) = (median(echoes), median(tasks));
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "- one task: {:.0} µs, {:.2} times as long as an echo over the same connection ({:.0} µs)",
        micros(task),
        micros(task) / micros(echo),
        micros(echo),
    );
    Ok(())
}

async fn echo(connection: &Connection) -> Result<Vec<Duration>, Box<dyn Error>> {
    let failed = |error: windlass::connection::Error| error.message;
    let mut process = connection.exec("exec cat", None).await.map_err(failed)?;
    let mut buffer = [0; BYTES];
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        process.stdin.write_all(&buffer).await?;
        process.stdin.flush().await?;
        process.stdout.read_exact(&mut buffer).await?;
        times.push(start.elapsed());
    }
    Ok(times)
}

async fn ping(session: &Session) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let task = TaskRequest {
            module: "ping".to_owned(),
            args: JsonMap::from_iter([("data".to_owned(), "x".repeat(40).into())]),
            ..TaskRequest::default()
        };
        let start = Instant::now();
        let mut answer = session.send(Request { task, ..Request::default() });
        match answer.next().await {
            Event::Result(_) => times.push(start.elapsed()),
            other => return Err(format!("ping ended with {other:?}").into()),
        }
    }
    Ok(times)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
