//! The static binary that runs modules on the managed host.
//!
//! `serve` answers frames on standard input until it ends; `run MODULE JSON` runs one module and prints its result;
//! `job NUMBER` is a module that `serve` has let go.

mod child;
mod contents;
mod identity;
mod job;
mod once;
mod serve;
mod wire;

use std::process::ExitCode;

/// Leaves a working folder that this user may not read, as that of who became them is: commands refuse to start there.
fn stand_somewhere() {
    let there = rustix::fs::access(".", rustix::fs::Access::READ_OK | rustix::fs::Access::EXEC_OK);
    if there.is_ok() {
        return;
    }
    let home = std::env::var_os("HOME").unwrap_or_default();
    let _ = std::env::set_current_dir(home).or_else(|_| std::env::set_current_dir("/tmp"));
}

fn main() -> ExitCode {
    stand_somewhere();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", options @ ..] => serve::serve(options),
        ["run", module, json, options @ ..] => once::run(module, json, options),
        ["job", number] => job::run(number),
        _ => {
            wire::complain(
                "usage: windlass-helper serve --self HASH:CHECKSUM [--silence SECONDS] [--ephemeral] | run MODULE JSON [--check] [--diff]",
            );
            ExitCode::from(2)
        }
    }
}
