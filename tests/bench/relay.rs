//! A TCP relay that is as far away as asked: what a slow link costs, without a slow link.
//!
//! usage: `relay ROUND_TRIP_MS LISTEN=TARGET...`, each an `address:port`; prints `ready` once all listen.
//!
//! Every chunk waits half a round trip on its way, whatever else is under way, so that only latency is added and
//! throughput is not. Opening a connection costs what a handshake over the link would: the relay itself accepts at once,
//! so the wait is made up before the first byte. Stopped (SIGSTOP), the relay is a link that went dead without a word.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Chunks that may be on their way in one direction: enough for a gigabyte a second at 50 ms, not for a whole file.
const IN_FLIGHT: usize = 1024;

/// Bytes and the moment at which they reach the other end; none mark the end of the stream.
struct Chunk {
    due: Instant,
    bytes: Vec<u8>,
}

fn main() -> ExitCode {
    match serve(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(io::stderr(), "relay: {message}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &[String]) -> Result<(), String> {
    let (round_trip, links) =
        arguments.split_first().ok_or("usage: relay ROUND_TRIP_MS LISTEN=TARGET...")?;
    let round_trip = round_trip
        .parse()
        .map(Duration::from_millis)
        .map_err(|error| format!("round trip `{round_trip}`: {error}"))?;
    let mut listening = Vec::new();
    for link in links {
        let (listen, target) =
            link.split_once('=').ok_or_else(|| format!("`{link}` is not LISTEN=TARGET"))?;
        let listener = TcpListener::bind(listen)
            .map_err(|error| format!("cannot listen on `{listen}`: {error}"))?;
        let target = target.to_owned();
        listening.push(thread::spawn(move || accept(&listener, &target, round_trip)));
    }
    writeln!(io::stdout(), "ready").map_err(|error| error.to_string())?;
    for listener in listening {
        listener.join().map_err(|_| "internal error: a listener panicked")?;
    }
    Ok(())
}

fn accept(listener: &TcpListener, target: &str, round_trip: Duration) {
    for near in listener.incoming().flatten() {
        let target = target.to_owned();
        let opened = Instant::now();
        thread::spawn(move || {
            // A target that is gone closes the connection, as a host that resets it would.
            let _ = link(&near, &target, opened, round_trip);
            let _ = near.shutdown(Shutdown::Both);
        });
    }
}

/// Carries one connection until both directions have ended.
fn link(near: &TcpStream, target: &str, opened: Instant, round_trip: Duration) -> io::Result<()> {
    let one_way = round_trip / 2;
    near.set_nodelay(true)?;
    // The far end knows of the connection when the handshake's third packet arrives: 1.5 round trips from the start.
    sleep_until(opened + round_trip + one_way);
    let far = TcpStream::connect(target)?;
    far.set_nodelay(true)?;
    let there = direction(near.try_clone()?, far.try_clone()?, one_way, opened + round_trip);
    let back = direction(far, near.try_clone()?, one_way, opened);
    let _ = there.join();
    let _ = back.join();
    Ok(())
}

/// Starts one direction: a thread that reads and stamps, and one that delivers when the time has come.
fn direction(
    from: TcpStream,
    to: TcpStream,
    one_way: Duration,
    not_before: Instant,
) -> thread::JoinHandle<()> {
    let (sender, receiver) = sync_channel(IN_FLIGHT);
    thread::spawn(move || collect(from, &sender, one_way, not_before));
    thread::spawn(move || deliver(to, &receiver))
}

fn collect(
    mut from: TcpStream,
    sender: &SyncSender<Chunk>,
    one_way: Duration,
    not_before: Instant,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).unwrap_or(0);
        let due = Instant::now().max(not_before) + one_way;
        let chunk = Chunk { due, bytes: buffer[..length].to_vec() };
        if sender.send(chunk).is_err() || length == 0 {
            return;
        }
    }
}

fn deliver(mut to: TcpStream, receiver: &Receiver<Chunk>) {
    for chunk in receiver {
        sleep_until(chunk.due);
        if chunk.bytes.is_empty() {
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
        if to.write_all(&chunk.bytes).is_err() {
            // Nobody reads any more: the sender learns of it as it would over a real link.
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn sleep_until(moment: Instant) {
    thread::sleep(moment.saturating_duration_since(Instant::now()));
}
