//! A run that leaves its connections to the next one.
//!
//! What holds the connections must stay, and the command must end. So it divides itself before the run: one half is the
//! run, in the foreground as before; the other, which the operator's shell knows, passes signals on and ends with the run's
//! status. Whichever half dies takes the other along, until the run is over and its half has left the terminal.

use std::io::{self, Read, Write};
use std::os::fd::RawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, ExitCode, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fs, thread};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tokio::io::AsyncReadExt;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use super::args::CommonOptions;
use crate::{connection::Remaining, settings::Settings};

/// The half that runs.
struct Running {
    /// To the half that waits.
    waiting: UnixStream,
    /// Files that came from whoever started the command: a lock or a pipe must not be held any longer than the run.
    inherited: Vec<RawFd>,
    left: Option<(Runtime, Remaining)>,
}

static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

/// Whether the half that waits may end without taking this one along.
static STAYS: AtomicBool = AtomicBool::new(false);

/// Divides the command, where connections may stay; returns the run's status to the half that has only waited for it.
pub(super) fn divide(settings: &Settings, options: &CommonOptions) -> Option<u8> {
    let asked = settings.ssh_args.value.contains("ControlPersist");
    let by_ssh = !matches!(options.connection.connection.as_deref(), Some("local"));
    if !asked || !by_ssh {
        return None;
    }
    let inherited = inherited_files();
    let (waiting, running) = UnixStream::pair().ok()?;
    match fork()? {
        Some(child) => {
            drop(running);
            Some(wait(child, waiting))
        }
        None => {
            drop(waiting);
            watch(&running);
            let half = Running { waiting: running, inherited, left: None };
            *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = Some(half);
            None
        }
    }
}

/// Returns the child to the parent, `None` to the child; nothing where the system has no place for another process.
#[expect(clippy::option_option, reason = "which half it is, or that there is only one")]
#[expect(unsafe_code, reason = "rustix has no fork")]
fn fork() -> Option<Option<Pid>> {
    // SAFETY: the only other thread is the first one, which waits for this one and holds no lock.
    match unsafe { libc::fork() } {
        -1 => None,
        child => Some(Pid::from_raw(child)),
    }
}

/// Waits for the run's end, and returns its status.
fn wait(child: Pid, running: UnixStream) -> u8 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let told = runtime.and_then(|runtime| runtime.block_on(status(child, running)));
    match told {
        Ok(Some(status)) => status,
        // It has ended, or has to.
        Ok(None) => ended(child),
        Err(_) => {
            let _ = kill_process(child, Signal::KILL);
            ended(child)
        }
    }
}

/// Passes signals on until the run tells its status, or has ended without.
async fn status(child: Pid, running: UnixStream) -> io::Result<Option<u8>> {
    running.set_nonblocking(true)?;
    let mut running = tokio::net::UnixStream::from_std(running)?;
    let signals =
        [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT, Signal::USR1, Signal::USR2];
    for number in signals {
        let mut signals: Signals = signal(SignalKind::from_raw(number.as_raw()))?;
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                let _ = kill_process(child, number);
            }
        });
    }
    let mut status = [0; 1];
    Ok((running.read(&mut status).await? == 1).then_some(status[0]))
}

/// Returns how the run's process ended; ends by the same signal where one ended it.
fn ended(child: Pid) -> u8 {
    let Ok(Some((_, status))) = waitpid(Some(child), WaitOptions::empty()) else { return 1 };
    let status = ExitStatus::from_raw(status.as_raw());
    if let Some(signal) = status.signal() {
        die_by(signal);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[expect(unsafe_code, reason = "the default action of a signal is only to be had from libc")]
fn die_by(signal: i32) {
    // SAFETY: neither call has anything to do with memory.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// Ends with the half that waits: who kills that means the run.
fn watch(waiting: &UnixStream) {
    let Ok(mut waiting) = waiting.try_clone() else { return };
    let watching = move || {
        let _ = waiting.read(&mut [0; 1]);
        if !STAYS.load(Ordering::SeqCst) {
            let _ = kill_process(rustix::process::getpid(), Signal::KILL);
        }
    };
    let _ = thread::Builder::new().stack_size(64 << 10).spawn(watching);
}

/// Leaves connections for the next run, with what carries them, when this process may stay and there are any.
pub(super) fn leave(runtime: Runtime, remaining: Option<Remaining>) {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    match (running.as_mut(), remaining) {
        (Some(running), Some(remaining)) => running.left = Some((runtime, remaining)),
        // What is still being connected to must not keep the command from ending.
        _ => runtime.shutdown_timeout(std::time::Duration::from_millis(500)),
    }
}

/// Ends the command with a status, and goes on in the background where something was left.
#[expect(clippy::exit, reason = "the other half's end is the command's")]
pub(super) fn finish(status: u8) -> ExitCode {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(Running { mut waiting, inherited, left }) = running else {
        return ExitCode::from(status);
    };
    let Some((runtime, remaining)) = left else {
        process::exit(i32::from(status));
    };
    let _ = io::stdout().flush();
    if let Err(error) = detach(&inherited) {
        tracing::debug!("connections are not kept: {error}");
        process::exit(i32::from(status));
    }
    STAYS.store(true, Ordering::SeqCst);
    runtime.block_on(remaining.serve(|| waiting.write_all(&[status]).is_ok()));
    process::exit(i32::from(status))
}

/// Leaves the terminal, and everything that the shell waits for.
fn detach(inherited: &[RawFd]) -> io::Result<()> {
    rustix::process::setsid()?;
    std::env::set_current_dir("/")?;
    let null = fs::File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    close_all(inherited);
    Ok(())
}

#[expect(unsafe_code, reason = "files that no value of this process owns")]
fn close_all(inherited: &[RawFd]) {
    for &file in inherited {
        // SAFETY: it was open before anything of this process was, so that nothing here owns it.
        unsafe { rustix::io::close(file) };
    }
}

/// Returns the open files that this process was started with, but for the three that everyone has.
fn inherited_files() -> Vec<RawFd> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let files: Vec<RawFd> = names.filter(|file| *file > 2).collect();
    // What was open for the list itself is not open any more.
    files.into_iter().filter(|file| fs::metadata(format!("/proc/self/fd/{file}")).is_ok()).collect()
}
