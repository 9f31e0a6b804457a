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

fn main() -> ExitCode {
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
