//! Starts the command line.

use std::{process::ExitCode, thread};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before there is much to hold.
    windlass::memory::use_small_pages();
    let work = || windlass::cli::main(std::env::args_os().collect());
    // A thread of its own, because the first one has the stack that the shell allows.
    match thread::Builder::new().stack_size(windlass::cli::STACK).spawn(work) {
        Ok(thread) => thread.join().unwrap_or(ExitCode::FAILURE),
        Err(_) => work(),
    }
}
