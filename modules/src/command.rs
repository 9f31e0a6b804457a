//! `command`: a command without a shell.

use windlass_macros::Args;

use crate::host::{Command, Host, Outcome, Result};

/// Runs a command without a shell
#[derive(Args)]
#[args(free_form)]
pub struct Args {
    /// The command as a list of words
    argv: Vec<String>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let output = host.run(&Command::new(args.argv))?;
    Ok(Outcome::changed_if(true).with("stdout", output.text()).with("rc", output.status))
}
