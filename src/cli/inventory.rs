//! `inventory`: what the sources say, as JSON or as a tree; for people and for scripts that read it.

mod doubts;
mod explain;
mod graph;
mod list;
mod nested;

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use clap::Parser;

use super::{
    args::{InventoryOptions, Stop, VaultOptions, mistake, parse},
    extra_vars::extra_vars,
    passwords, prepare, report, terminal,
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, Fault},
    inventory::{GroupId, HostId, Inventory, Limit, Selection},
    output::Secrets,
    playbook::{is_reserved_name, told_of_reserved},
    settings::{HashBehaviour, Settings},
    value::Dict,
    vars::MAGIC_NAMES,
    vault::Opener,
};

#[derive(Parser)]
#[command(about = "Shows hosts, groups and variables of an inventory")]
struct InventoryArgs {
    /// Group whose hosts are shown; a pattern with --list; `check`; or `explain HOST [VAR]`
    #[arg(value_name = "group", num_args = 0..=3)]
    words: Vec<String>,
    #[command(flatten)]
    inventory: InventoryOptions,
    #[command(flatten)]
    vault: VaultOptions,
    /// Show all hosts, groups and variables, as a dynamic source would
    #[arg(long = "list")]
    list: bool,
    /// Show the variables of one host
    #[arg(long = "host", value_name = "HOST")]
    host: Option<String>,
    /// Show the groups as a tree
    #[arg(long = "graph")]
    graph: bool,
    /// Show variables in the tree, too
    #[arg(long = "vars")]
    vars: bool,
    /// Variables over all others: key=value, YAML or JSON, or @ and the name of a file
    #[arg(short = 'e', long = "extra-vars", value_name = "EXTRA_VARS", action = clap::ArgAction::Append)]
    extra_vars: Vec<String>,
    /// Show YAML instead of JSON
    #[arg(short = 'y', long = "yaml")]
    yaml: bool,
    /// Show TOML instead of JSON
    #[arg(long = "toml")]
    toml: bool,
    /// Keep groups' variables with the groups
    #[arg(long = "export")]
    export: bool,
    /// Write to this file
    #[arg(long = "output", value_name = "OUTPUT_FILE")]
    output: Option<PathBuf>,
    /// Folder that takes the place of the playbook's
    #[arg(long = "playbook-dir", value_name = "BASEDIR")]
    playbook_dir: Option<PathBuf>,
    /// Tell more
    #[arg(short = 'v', long = "verbose", action = clap::ArgAction::Count)]
    _verbose: u8,
    /// Show the version
    #[arg(long = "version")]
    _version: bool,
}

/// What the command shows.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    pub text: String,
    /// File to write the text to instead.
    pub output: Option<PathBuf>,
    pub diagnostics: Diagnostics,
    /// What patterns warn of.
    pub warnings: Vec<String>,
}

/// Why nothing is shown.
#[derive(Clone, Debug)]
pub enum Refusal {
    Stop(Stop),
    /// What is wrong, and the exit status.
    Failed(Diagnostics, u8),
    /// With what was wrong before; the exit status is that of wrong options, 5.
    Error(Box<Diagnostic>, Diagnostics),
}

/// Runs the command and returns its exit status.
pub(super) fn main(program: &str, arguments: Vec<OsString>) -> Result<u8, prepare::Refusal> {
    let settings = prepare::settings()?;
    Ok(match inventory(program, arguments, &settings) {
        Ok(shown) => shown.print(),
        Err(Refusal::Stop(stop)) => stop.tell(),
        Err(Refusal::Failed(diagnostics, status)) => {
            return Err(prepare::Refusal { diagnostics, status });
        }
        Err(Refusal::Error(error, before)) => {
            report(&before);
            let is_absent = error.fault == Fault::Absence;
            let status = if is_absent { prepare::ERROR } else { prepare::OPTIONS_ERROR };
            return Err(prepare::Refusal::new(status, *error));
        }
    })
}

impl Shown {
    /// Prints it and returns the exit status.
    fn print(self) -> u8 {
        report(&self.diagnostics);
        for warning in self.warnings {
            terminal::complain(&format!("[WARNING]: {warning}"));
        }
        let Some(path) = self.output else {
            terminal::print(self.text.trim_end());
            return 0;
        };
        // As in the reference, JSON in a file has no line end.
        let text = if self.text.starts_with('{') { self.text.trim_end() } else { &self.text };
        let Err(error) = std::fs::write(&path, text) else { return 0 };
        let message = format!("Unable to write to destination file ({}): {error}", path.display());
        report(&Diagnostic::bare(message).into());
        prepare::ERROR
    }
}

/// Reads the options and makes the text; nothing is printed here.
pub fn inventory(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    settings: &Settings,
) -> Result<Shown, Refusal> {
    let args: InventoryArgs = parse(program, arguments, settings).map_err(Refusal::Stop)?;
    let refuse = |message: &str| {
        Err(Refusal::Error(Box::new(Diagnostic::bare(message)), Diagnostics::default()))
    };
    let is_word = |word: &str| args.words.first().is_some_and(|first| first == word);
    let has_action = args.list || args.host.is_some() || args.graph;
    let own = !has_action && (is_word("check") || is_word("explain") && args.words.len() > 1);
    if !own && args.words.len() > 1 {
        let rest = args.words[1..].join(" ");
        return Err(Refusal::Stop(mistake(program, &format!("unrecognized arguments: {rest}"))));
    }
    match usize::from(args.list) + usize::from(args.host.is_some()) + usize::from(args.graph) {
        0 if own => (),
        0 => {
            return refuse(
                "No action selected, at least one of --host, --graph or --list needs to be specified.",
            );
        }
        1 => (),
        _ => {
            return refuse(
                "Conflicting options used, only one of --host, --graph or --list can be used at the same time.",
            );
        }
    }
    if args.inventory.list_hosts {
        return Err(Refusal::Stop(mistake(program, "--list-hosts is no option of this command")));
    }
    let passwords = passwords::of_options(&args.vault, settings)
        .map_err(|refusal| Refusal::Failed(refusal.diagnostics, refusal.status))?;
    let vault = Opener(passwords::vault(passwords, settings, &Secrets::default()));
    let merge = settings.hash_behaviour.value == HashBehaviour::Merge;
    let extra_vars = extra_vars(&args.extra_vars, merge, &vault)
        .map_err(|error| Refusal::Failed(error.diagnostic.into(), error.status))?;
    let mut settings = settings.clone();
    settings.extra_vars = Arc::new(extra_vars);
    settings.shows_inventory = true;
    settings.flush_cache = args.inventory.flush_cache;
    let (settings, extra_vars) = (&settings, &settings.extra_vars);
    let chosen_dir = args.playbook_dir.as_ref().or(settings.playbook_dir.as_ref());
    if let Some(dir) = chosen_dir {
        crate::plugins::bring(&settings.working_dir.join(dir));
    }
    let (mut inventory, mut diagnostics) =
        Inventory::load(&args.inventory.sources, settings, &vault);
    let playbook_dir = chosen_dir
        .map_or_else(|| settings.working_dir.clone(), |dir| settings.working_dir.join(dir));
    diagnostics.extend(inventory.enter_playbook(&playbook_dir));
    if diagnostics.has_errors() {
        let refusal = prepare::inventory_refusal(diagnostics);
        return Err(Refusal::Failed(refusal.diagnostics, refusal.status));
    }
    if settings.flush_cache {
        let cache = super::fact_cache::fact_cache(settings)
            .map_err(|refusal| Refusal::Failed(refusal.diagnostics, refusal.status))?;
        prepare::forget_facts(cache.as_ref(), &inventory);
    }
    let selection = match choose(&args, settings, &mut inventory, &mut diagnostics) {
        Ok(selection) => selection,
        Err(status) => return Err(Refusal::Failed(diagnostics, status)),
    };
    match show(&args, settings, (&inventory, selection), extra_vars) {
        Ok((text, warnings)) => Ok(Shown { text, output: args.output, diagnostics, warnings }),
        Err(error) => Err(Refusal::Error(error, diagnostics)),
    }
}

/// Returns the hosts that are asked for, and adds what is wrong with the variables that will be shown; fails with the exit
/// status.
fn choose(
    args: &InventoryArgs,
    settings: &Settings,
    inventory: &mut Inventory,
    diagnostics: &mut Diagnostics,
) -> Result<Selection, u8> {
    let selection = selection(args, inventory).map_err(|error| {
        diagnostics.push(error);
        prepare::ERROR
    })?;
    let (groups, hosts) = concerned(args, settings, inventory, &selection);
    diagnostics.extend(inventory.problems(&groups, &[]));
    if !diagnostics.has_errors() {
        diagnostics.extend(inventory.problems_of(&hosts));
    }
    if diagnostics.has_errors() {
        return Err(prepare::inventory_status(diagnostics));
    }
    for (name, line) in inventory.pick_names(&hosts, is_reserved_name) {
        let told = Diagnostic::maybe_at(line.as_ref(), told_of_reserved(&name));
        diagnostics.push(told.warning());
    }
    Ok(selection)
}

/// Returns the hosts that are asked for, within the limit; a graph is of a group, whatever its hosts are.
fn selection(args: &InventoryArgs, inventory: &Inventory) -> Result<Selection, Diagnostic> {
    let limit = args.inventory.limit.as_deref().map(Limit::parse).transpose()?;
    // As in the reference, the group of the command line is for the graph alone.
    let pattern = match (&args.host, &args.words[..]) {
        _ if args.graph => return Ok(Selection::default()),
        (Some(name), _) => name.as_str(),
        (None, [word, name, ..]) if word == "explain" => name.as_str(),
        _ => "all",
    };
    inventory.select(&[pattern], limit.as_ref())
}

/// Returns the groups and hosts whose variables will be shown; a host's come with those of its groups.
fn concerned(
    args: &InventoryArgs,
    settings: &Settings,
    inventory: &Inventory,
    selection: &Selection,
) -> (Vec<GroupId>, Vec<HostId>) {
    if args.graph {
        let top = inventory.group_id(args.top()).filter(|_| args.vars);
        let of = |top| (inventory.descendants(top), inventory.members(top));
        return top.map(of).unwrap_or_default();
    }
    let exports = args.host.is_none() && (args.export || *settings.inventory_export);
    let groups = inventory.groups().map(|(id, _)| id).filter(|_| exports);
    (groups.collect(), selection.hosts.clone())
}

impl InventoryArgs {
    /// The group that a graph begins with.
    fn top(&self) -> &str {
        self.words.first().map_or("all", String::as_str)
    }
}

/// Variables stay where they are said.
#[derive(Clone, Copy)]
struct Export {
    /// Whether those beside the playbook count.
    beside_playbook: bool,
}

fn show(
    args: &InventoryArgs,
    settings: &Settings,
    (inventory, selection): (&Inventory, Selection),
    extra_vars: &Dict,
) -> Result<(String, Vec<String>), Box<Diagnostic>> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let has_action = args.list || args.host.is_some() || args.graph;
    match words[..] {
        ["check"] if !has_action => return Ok((doubts::render(inventory), Vec::new())),
        ["explain", name, ref variable @ ..] if !has_action => {
            let Some(host) = inventory.host_id(name) else {
                return Err(Box::new(Diagnostic::bare(format!("there is no host `{name}`"))));
            };
            return Ok((explain::render(inventory, host, variable.first().copied()), Vec::new()));
        }
        _ => (),
    }
    // Where no playbook was named, what lies in the working folder is nothing of a group's own.
    let beside_playbook = args.playbook_dir.is_some() || settings.playbook_dir.is_some();
    let failed = |message: String| Box::new(Diagnostic::bare(message));
    if args.host.is_some() {
        let [host] = selection.hosts[..] else {
            let mut error =
                Diagnostic::bare("You must pass a single valid host to --host parameter");
            error.notes = selection.warnings;
            return Err(Box::new(error));
        };
        let vars = host_vars(inventory, host, None, extra_vars);
        let text = if args.yaml {
            nested::yaml(&vars.into()).map_err(failed)?
        } else if args.toml {
            nested::toml(&vars.into()).map_err(failed)?
        } else {
            list::host(&vars)
        };
        return Ok((text, selection.warnings));
    }
    if args.graph {
        let Some(group) = inventory.group_id(args.top()) else {
            return Err(Box::new(Diagnostic::bare(
                "Pattern must be valid group name when using --graph",
            )));
        };
        let text = graph::render(inventory, group, args.vars, beside_playbook, extra_vars)?;
        return Ok((text, Vec::new()));
    }
    let export = (args.export || *settings.inventory_export).then_some(Export { beside_playbook });
    if args.yaml || args.toml {
        let selected = selection.hosts.iter().copied().collect();
        let shown = nested::Nested { inventory, selected, export, extra_vars };
        let text =
            if args.yaml { nested::yaml(&shown.tree()) } else { nested::toml(&shown.tables()) };
        return Ok((text.map_err(failed)?, selection.warnings));
    }
    Ok((list::render(inventory, &selection.hosts, export, extra_vars), selection.warnings))
}

/// Magic names that are listed all the same where somebody says something of them.
const SHOWN: [&str; 6] = [
    "ansible_check_mode",
    "ansible_parent_role_names",
    "ansible_parent_role_paths",
    "ansible_play_name",
    "ansible_search_path",
    "environment",
];

/// Returns variables as they are listed.
fn listed(mut vars: Dict) -> Dict {
    let of_the_run = MAGIC_NAMES.iter().filter(|name| !SHOWN.contains(name));
    for name in of_the_run.chain(&["ansible_async_path"]) {
        vars.remove(name);
    }
    vars
}

/// Returns what is listed of a host: all of its variables, or where variables stay where they are said its own.
fn host_vars(
    inventory: &Inventory,
    host: HostId,
    export: Option<Export>,
    extra_vars: &Dict,
) -> Dict {
    listed(match export {
        Some(export) => inventory.own_vars(host, export.beside_playbook),
        None => vars_of(inventory, host, extra_vars),
    })
}

/// Returns all variables of a host, the stronger over the weaker; templates stay as they are.
fn vars_of(inventory: &Inventory, host: HostId, extra_vars: &Dict) -> Dict {
    let mut vars = Dict::new();
    for layer in inventory.layers(host) {
        vars.combine(Dict::clone(&layer.vars), inventory.merges());
    }
    vars.combine(extra_vars.clone(), inventory.merges());
    vars
}

#[cfg(test)]
mod tests;
