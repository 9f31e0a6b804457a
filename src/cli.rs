//! One file a command, and what they share.
//!
//! Invariant: nothing here knows how a task runs; commands read their options, load, and hand over.

pub mod args;
mod callbacks;
mod check;
mod config;
mod console;
pub mod doc;
pub mod extra_vars;
mod fact_cache;
mod galaxy;
pub mod inventory;
mod list;
mod meta;
mod passwords;
mod pausing;
mod playbook;
mod prepare;
mod pull;
mod run;
mod stay;
mod terminal;
mod vault;

use std::{ffi::OsString, path::Path, process::ExitCode};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};

/// Bytes of every thread's stack, of which only what is used is taken: what the deepest template that is read needs.
pub const STACK: usize = 32 << 20;

/// A command: its own name, the reference's program, what it is given and what it does.
struct Command {
    name: &'static str,
    program: &'static str,
    usage: &'static str,
    summary: &'static str,
    main: fn(&str, Vec<OsString>) -> Result<u8, prepare::Refusal>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "playbook",
        program: "ansible-playbook",
        usage: "PLAYBOOK...",
        summary: "run playbooks",
        main: playbook::main,
    },
    Command {
        name: "run",
        program: "ansible",
        usage: "PATTERN -m MODULE -a ARGS",
        summary: "run one module on hosts",
        main: run::main,
    },
    Command {
        name: "console",
        program: "ansible-console",
        usage: "[PATTERN]",
        summary: "run modules on hosts, line by line",
        main: console::main,
    },
    Command {
        name: "inventory",
        program: "ansible-inventory",
        usage: "--list",
        summary: "show hosts, groups and variables",
        main: inventory::main,
    },
    Command {
        name: "vault",
        program: "ansible-vault",
        usage: "ACTION FILE...",
        summary: "encrypt, view and edit secrets",
        main: vault::main,
    },
    Command {
        name: "doc",
        program: "ansible-doc",
        usage: "NAME",
        summary: "show what a module is and takes",
        main: doc::main,
    },
    Command {
        name: "config",
        program: "ansible-config",
        usage: "list|dump|view|init|validate",
        summary: "show and check settings",
        main: config::main,
    },
    Command {
        name: "galaxy",
        program: "ansible-galaxy",
        usage: "role|collection ACTION",
        summary: "make and install roles and collections",
        main: galaxy::main,
    },
    Command {
        name: "pull",
        program: "ansible-pull",
        usage: "-U URL [PLAYBOOK...]",
        summary: "fetch playbooks and run them on this machine",
        main: pull::main,
    },
];

/// Ends a command that met a mistake of its own, of which its panic has told.
pub fn broken() -> ExitCode {
    stay::finish(prepare::BUG)
}

/// Runs the command that the program's name or its first argument says.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    windlass_aws::on_mfa(terminal::ask_code);
    let mut arguments = arguments.into_iter();
    let program = arguments.next().unwrap_or_default();
    let program =
        Path::new(&program).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let arguments: Vec<OsString> = arguments.collect();
    if let Some(command) = COMMANDS.iter().find(|command| command.program == program) {
        return command.run(command.program, arguments);
    }
    let first =
        arguments.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(command) = COMMANDS.iter().find(|command| command.name == first) {
        return command.run(&format!("windlass {first}"), arguments[1..].to_vec());
    }
    match first.as_str() {
        "--version" | "-V" | "version" => {
            terminal::print(&format!("windlass {}", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
        "--help" | "-h" | "help" | "" => {
            terminal::print(&help());
            if first.is_empty() { ExitCode::from(2) } else { ExitCode::SUCCESS }
        }
        other => {
            let error = Diagnostic::bare(format!("there is no command `{other}`"));
            let names = COMMANDS.iter().map(|command| command.name);
            let error = match crate::diagnostic::closest(other, names) {
                Some(near) => error.hint(format!("did you mean `windlass {near}`?")),
                None => error.hint("`windlass --help` lists the commands"),
            };
            report(&error.into());
            ExitCode::from(2)
        }
    }
}

fn help() -> String {
    let mut text = "windlass runs Ansible playbooks without Python, fast.\n\nUsage:\n".to_owned();
    for Command { name, program, usage, summary, .. } in COMMANDS {
        let call = format!("windlass {name} {usage}");
        text.push_str(&format!("  {call:38} {summary} (also as `{program}`)\n"));
    }
    text + "\n`windlass playbook --help` and its like list the options."
}

impl Command {
    fn run(&self, program: &str, arguments: Vec<OsString>) -> ExitCode {
        // The one place where a refusal becomes words and a status.
        let status = (self.main)(program, arguments).unwrap_or_else(|refusal| {
            report(&refusal.diagnostics);
            refusal.status
        });
        stay::finish(status)
    }
}

/// Shows what is wrong; warnings and errors alike.
fn report(diagnostics: &Diagnostics) {
    let styled = terminal::is_styled();
    for diagnostic in &diagnostics.0 {
        let text = diagnostic.render(styled);
        match diagnostic.severity {
            Severity::Deprecation => {
                if let Some(first) = crate::output::announcement() {
                    terminal::complain(first);
                }
                terminal::complain(&text);
            }
            Severity::Error | Severity::Warning => terminal::complain(&text),
        }
    }
}
