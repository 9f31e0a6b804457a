//! `windlass console`: modules on hosts, one line after the other.

mod call;
mod lines;
mod passwords;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
};

use lines::{Line, Lines, Words};

use super::{
    args::{self, ConsoleOptions},
    callbacks, doc,
    prepare::{self, ERROR, Refusal},
    run::pattern,
    terminal,
};
use crate::{actions, executor::Run, inventory::Selection, output::Event, playbook::foreign_in};

/// What a line may begin with instead of a module: the word, what follows it, what it does.
const COMMANDS: [(&str, &str, &str); 16] = [
    ("cd", "[PATTERN]", "choose hosts"),
    ("list", "[groups]", "show the chosen hosts, or all groups"),
    ("become", "yes|no", "run as another user"),
    ("become_user", "NAME", "that user"),
    ("become_method", "METHOD", "how to become that user"),
    ("remote_user", "NAME", "log in as this user"),
    ("check", "yes|no", "only say what would change"),
    ("diff", "yes|no", "show how files change"),
    ("forks", "NUMBER", "work on this many hosts at once"),
    ("serial", "NUMBER", "the same"),
    ("timeout", "SECONDS", "what a module may take; 0 for no limit"),
    ("verbosity", "NUMBER", "how much is told"),
    ("collections", "NAMES", "where modules with short names are looked for, too"),
    ("shell", "COMMAND", "a command of the shell; so is `!COMMAND`, and any line with no module"),
    ("help", "[MODULE]", "this list, or a module's page"),
    ("exit", "", "leave"),
];

/// Runs the command; returns its exit status.
pub(super) fn main(program: &str, arguments: Vec<OsString>) -> Result<u8, Refusal> {
    let settings = prepare::settings()?;
    let mut options = match args::console_options(program, arguments, &settings) {
        Ok(options) => options,
        Err(stop) => return Ok(stop.tell()),
    };
    if let Some(dir) = &options.playbook_dir {
        crate::plugins::bring(dir);
    }
    let mut passwords = passwords::Kept::default();
    passwords.vaults(&mut options.common.vault, &settings)?;
    let prepared = prepare::prepare(settings, &options.common)?;
    let verbosity = options.common.verbosity;
    let output = callbacks::early(&prepared.settings, verbosity, &prepared.secrets);
    let run = prepare::run(prepared, &options.common, |run| run.ad_hoc = true, output)?;
    passwords.logins(&mut options.common, &run.options.identity)?;
    let dir = options.playbook_dir.clone().unwrap_or_else(|| PathBuf::from("."));
    let chosen = pattern(&run, &options.pattern, &dir)?;
    let mut console = Console { run, options, dir, chosen, collections: Vec::new() };
    if console.options.common.inventory.list_hosts {
        let hosts = console.hosts(&console.chosen).map(|hosts| hosts.0).unwrap_or_default();
        terminal::print(&format!("  hosts ({}):", hosts.len()));
        for host in hosts {
            terminal::print(&format!("    {host}"));
        }
        return Ok(0);
    }
    let _interrupted = heedless()?;
    terminal::print("A line is a module with its arguments, a command of the shell, or `help`.\n");
    let mut lines =
        Lines::of_input(console.run.settings.home.value.join("windlass-console-history"));
    loop {
        let line = match lines.next(&console.prompt(), || console.words()) {
            Line::Text(line) => line,
            Line::Dropped => continue,
            Line::End => {
                terminal::print("");
                return Ok(0);
            }
        };
        if console.line(line.trim())?.is_none() {
            return Ok(0);
        }
    }
}

/// What the console is set to.
struct Console {
    run: Arc<Run>,
    options: ConsoleOptions,
    /// The folder that stands in for the playbook's.
    dir: PathBuf,
    /// The pattern of the hosts.
    chosen: String,
    collections: Vec<String>,
}

/// Lets an interrupt end the module that runs, which gets it as well, and not the console.
fn heedless() -> Result<(Runtime, Signal), Refusal> {
    let broken = |error: std::io::Error| {
        Refusal::new(ERROR, crate::diagnostic::Diagnostic::bare(error.to_string()))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(broken)?;
    let interrupts = {
        let _inside = runtime.enter();
        signal(SignalKind::interrupt()).map_err(broken)?
    };
    Ok((runtime, interrupts))
}

/// Reads a truth as the reference's options have it.
fn truth(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "yes" | "y" | "true" | "t" | "on" | "1" => Some(true),
        "no" | "n" | "false" | "f" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn wrong(message: &str) {
    terminal::complain(&format!("[ERROR]: {message}"));
}

impl Console {
    /// Who logs in, on which hosts, on how many at once, and whether as another user.
    fn prompt(&self) -> String {
        let common = &self.options.common;
        let user = common.connection.remote_user.clone().unwrap_or_else(login_name);
        let n_hosts = self.hosts(&self.chosen).map_or(0, |(names, _)| names.len());
        let forks = common.runtime.forks.unwrap_or(self.run.settings.forks.value);
        let sign = if common.r#become.enabled { '#' } else { '$' };
        format!("{user}@{} ({n_hosts})[f:{forks}]{sign} ", self.chosen)
    }

    /// What a line may be completed with.
    fn words(&self) -> Words {
        let follows = |text: &'static str| match text {
            "yes|no" => vec!["yes", "no"],
            "[groups]" => vec!["groups"],
            _ => Vec::new(),
        };
        let hosts = self.hosts("all").map(|(names, _)| names).unwrap_or_default();
        let inventory = self.run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let groups = inventory.groups().map(|(_, group)| group.name.to_string());
        Words {
            commands: COMMANDS.iter().map(|&(name, text, _)| (name, follows(text))).collect(),
            modules: doc::callable().collect(),
            patterns: groups.chain(hosts).collect(),
        }
    }

    /// The hosts that a pattern means, and what is to be said of it.
    fn hosts(&self, pattern: &str) -> Result<(Vec<String>, Vec<String>), String> {
        let inventory = self.run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let found = inventory.targets(pattern, self.run.options.limit.as_ref(), false);
        let Selection { hosts, warnings } = found.map_err(|error| error.message)?;
        let names = hosts.iter().map(|host| inventory.host(*host).name.to_string());
        Ok((names.collect(), warnings))
    }

    /// Does what a line says; nothing where it says to leave.
    fn line(&mut self, line: &str) -> Result<Option<()>, Refusal> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "exit" => return Ok(None),
            "cd" => self.choose(rest),
            "list" => self.list(rest),
            "help" | "?" => self.help(rest)?,
            _ if line.is_empty() || line.starts_with('#') => (),
            _ if line.starts_with('!') => self.module("shell", line[1..].trim())?,
            _ if COMMANDS.iter().any(|(name, ..)| *name == word) && word != "shell" => {
                self.set(word, rest);
            }
            _ => match self.full_name(word) {
                Some(name) => self.module(&name, rest)?,
                None => self.module("shell", line)?,
            },
        }
        Ok(Some(()))
    }

    fn choose(&mut self, pattern: &str) {
        match pattern {
            "" => "*".clone_into(&mut self.chosen),
            "/" | "*" => "all".clone_into(&mut self.chosen),
            _ => match self.hosts(pattern) {
                Ok((names, warnings)) => {
                    for warning in warnings {
                        self.run.printer.event(&Event::Warning(warning));
                    }
                    if names.is_empty() {
                        terminal::print("no host matched");
                    } else {
                        pattern.clone_into(&mut self.chosen);
                    }
                }
                Err(message) => wrong(&message),
            },
        }
    }

    fn list(&self, what: &str) {
        if what == "groups" {
            let inventory = self.run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
            let mut names: Vec<&str> =
                inventory.groups().map(|(_, group)| group.name.as_ref()).collect();
            names.sort_unstable();
            names.into_iter().for_each(terminal::print);
            return;
        }
        let hosts = self.hosts(&self.chosen).map(|(names, _)| names).unwrap_or_default();
        for host in hosts {
            terminal::print(&host);
        }
    }

    fn help(&self, name: &str) -> Result<(), Refusal> {
        if name.is_empty() {
            for (name, follows, what) in COMMANDS {
                terminal::print(&format!("  {:24} {what}", format!("{name} {follows}")));
            }
        } else if let Some((_, follows, what)) = COMMANDS.iter().find(|(own, ..)| *own == name) {
            terminal::print(&format!("{name} {follows}: {what}"));
        } else {
            call::program(
                &["doc".into(), self.full_name(name).unwrap_or(name.into()).into()],
                &[],
            )?;
        }
        Ok(())
    }

    /// Changes what the next modules are run with.
    fn set(&mut self, name: &str, given: &str) {
        let common = &mut self.options.common;
        let done = match name {
            "become" => truth(given).map(|on| common.r#become.enabled = on),
            "check" => truth(given).map(|on| {
                common.check = on;
                terminal::print(if on { "check mode is on" } else { "check mode is off" });
            }),
            "diff" => truth(given).map(|on| {
                common.diff = on;
                terminal::print(if on { "diffs are shown" } else { "diffs are not shown" });
            }),
            "forks" | "serial" => given.parse().ok().filter(|forks| *forks > 0).map(|forks| {
                common.runtime.forks = Some(forks);
            }),
            "verbosity" => given.parse().ok().map(|level| {
                common.verbosity = level;
                terminal::print(&format!("verbosity level set to {level}"));
            }),
            "timeout" => given.parse().ok().filter(|seconds| *seconds >= 0).map(|seconds| {
                self.options.task_timeout = seconds;
            }),
            "collections" => {
                self.collections = given.split([',', ' ']).map(ToOwned::to_owned).collect();
                self.collections.retain(|name| !name.is_empty());
                Some(())
            }
            _ if given.is_empty() => None,
            name => {
                let option = match name {
                    "become_user" => &mut common.r#become.user,
                    "become_method" => &mut common.r#become.method,
                    _ => &mut common.connection.remote_user,
                };
                *option = Some(given.to_owned());
                Some(())
            }
        };
        if done.is_none() {
            let follows = COMMANDS.iter().find(|(own, ..)| *own == name).map_or("", |own| own.1);
            wrong(&format!("usage: {name} {follows}"));
        }
    }

    /// The name under which there is a module or an action, in one of the chosen collections, too.
    fn full_name(&self, word: &str) -> Option<String> {
        let settings = &self.run.settings;
        let beside = |name: &str| {
            let dirs = [self.dir.clone()];
            foreign_in(&dirs, name, &self.library(), &settings.action_plugins.value).is_some()
        };
        let exists = |name: &str| {
            let dir: &Path = &self.dir;
            actions::exists(name)
                || actions::published(name).is_some()
                || self.run.collections.has_module(dir, name)
                || beside(name)
        };
        let within = self.collections.iter().map(|collection| format!("{collection}.{word}"));
        let mut names = within.chain([word.to_owned()]);
        names.find(|name| exists(name))
    }

    /// Folders of modules: those of the command line, then those of the settings.
    fn library(&self) -> Vec<PathBuf> {
        let given = &self.options.common.runtime.module_path;
        let given = given.iter().flat_map(|paths| paths.split(':')).map(PathBuf::from);
        given.chain(self.run.settings.library.value.iter().cloned()).collect()
    }

    fn module(&self, name: &str, arguments: &str) -> Result<(), Refusal> {
        let words = call::words(&self.options, &self.chosen, name, arguments);
        let surroundings = call::surroundings(&self.options);
        call::program(&words, &surroundings)
    }
}

/// The name of who works here, as Python's `getpass` finds it.
fn login_name() -> String {
    let named = ["LOGNAME", "USER", "LNAME", "USERNAME"].map(|name| std::env::var(name).ok());
    let named = named.into_iter().flatten().find(|name| !name.is_empty());
    named.unwrap_or_else(|| {
        let id = rustix::process::getuid().as_raw().to_string();
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let mine = users.lines().find(|line| line.split(':').nth(2) == Some(&*id));
        mine.and_then(|line| line.split(':').next()).unwrap_or(&id).to_owned()
    })
}
