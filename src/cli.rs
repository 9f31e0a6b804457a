//! One file a command, and what they share.
//!
//! Invariant: nothing here knows how a task runs; commands read their options, load, and hand over.

pub mod args;
mod check;
pub mod doc;
pub mod extra_vars;
pub mod inventory;
mod list;
mod playbook;
mod prepare;
mod run;
mod terminal;

use std::{ffi::OsString, path::Path, process::ExitCode};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};

/// What a program of this name is: the reference's names stand for its commands.
const NAMES: &[(&str, &str)] = &[
    ("ansible-playbook", "playbook"),
    ("ansible", "run"),
    ("ansible-inventory", "inventory"),
    ("ansible-doc", "doc"),
];

/// Runs the command that the program's name or its first argument says.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let program = arguments.next().unwrap_or_default();
    let program =
        Path::new(&program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let arguments: Vec<OsString> = arguments.collect();
    if let Some((name, command)) = NAMES.iter().find(|(name, _)| *name == program) {
        return command_of(command, name, arguments);
    }
    let first =
        arguments.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    match first.as_str() {
        "playbook" | "run" | "inventory" | "doc" => {
            command_of(&first, &format!("windlass {first}"), arguments[1..].to_vec())
        }
        "--version" | "-V" | "version" => {
            terminal::print(&format!("windlass {}", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
        "--help" | "-h" | "help" | "" => {
            terminal::print(HELP);
            if first.is_empty() { ExitCode::from(2) } else { ExitCode::SUCCESS }
        }
        other => {
            let error = Diagnostic::bare(format!("there is no command `{other}`"));
            let error =
                match crate::diagnostic::closest(other, ["playbook", "run", "inventory", "doc"]) {
                    Some(near) => error.hint(format!("did you mean `windlass {near}`?")),
                    None => error.hint("`windlass --help` lists the commands"),
                };
            report(&error.into());
            ExitCode::from(2)
        }
    }
}

const HELP: &str = "\
windlass runs Ansible playbooks without Python, fast.

Usage:
  windlass playbook PLAYBOOK...          run playbooks (also as `ansible-playbook`)
  windlass run PATTERN -m MODULE -a ARGS run one module on hosts (also as `ansible`)
  windlass inventory --list              show hosts, groups and variables (also as `ansible-inventory`)
  windlass doc NAME                      show what a module is and takes (also as `ansible-doc`)

`windlass playbook --help` and `windlass run --help` list the options.";

fn command_of(command: &str, program: &str, arguments: Vec<OsString>) -> ExitCode {
    let ended = match command {
        "playbook" => playbook::main(program, arguments),
        "doc" => return ExitCode::from(doc::main(program, arguments)),
        "inventory" => return ExitCode::from(inventory::main(program, arguments)),
        _ => run::main(program, arguments),
    };
    // The one place where a refusal becomes words and a status.
    let status = ended.unwrap_or_else(|refusal| {
        report(&refusal.diagnostics);
        refusal.status
    });
    ExitCode::from(status)
}

/// Shows what is wrong; warnings and errors alike.
fn report(diagnostics: &Diagnostics) {
    let styled = terminal::is_styled();
    for diagnostic in &diagnostics.0 {
        let text = diagnostic.render(styled);
        match diagnostic.severity {
            Severity::Error | Severity::Warning => terminal::complain(&text),
        }
    }
}
