//! Starts the command line.

fn main() -> std::process::ExitCode {
    windlass::cli::main(std::env::args_os().collect())
}
