//! Starts the command line.

use std::{panic, process::ExitCode, thread};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before there is much to hold.
    windlass::memory::use_small_pages();
    let work = || {
        let command = || windlass::cli::main(std::env::args_os().collect());
        // A command that has divided itself has no thread any more that waits for this one.
        panic::catch_unwind(command).unwrap_or_else(|_| windlass::cli::broken())
    };
    // A thread of its own, because the first one has the stack that the shell allows.
    match thread::Builder::new().stack_size(windlass::cli::STACK).spawn(work) {
        Ok(thread) => thread.join().unwrap_or(ExitCode::FAILURE),
        Err(_) => work(),
    }
}
