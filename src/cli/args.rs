//! The options of `playbook` and `run`, with the reference's names, abbreviations and exit statuses.
//!
//! What a setting gives when an option is absent is filled in here, so that the commands see one value.

mod groups;
mod message;

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgAction, CommandFactory, FromArgMatches, Parser};

pub(super) use message::mistake;

pub use groups::{
    BecomeOptions, ConnectionOptions, InventoryOptions, RuntimeOptions, VaultOptions,
};

use super::terminal;
use crate::settings::Settings;

/// Why a command ends before it begins: help, version, or a mistake on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub text: String,
    /// Whether the text goes to the error output.
    pub is_error: bool,
    pub status: u8,
}

impl Stop {
    /// Prints the text; returns the status.
    pub fn tell(&self) -> u8 {
        let print = if self.is_error { terminal::complain } else { terminal::print };
        print(self.text.trim_end());
        self.status
    }
}

/// Options of `playbook`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybookOptions {
    pub playbooks: Vec<PathBuf>,
    pub common: CommonOptions,
    pub tags: Vec<String>,
    pub skip_tags: Vec<String>,
    pub force_handlers: bool,
    pub syntax_check: bool,
    pub list_tasks: bool,
    pub list_tags: bool,
    pub step: bool,
    pub start_at_task: Option<String>,
}

/// Options of `run`, the ad hoc command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOptions {
    pub pattern: String,
    pub common: CommonOptions,
    pub module_name: String,
    pub module_args: String,
    pub one_line: bool,
    pub tree: Option<PathBuf>,
    /// Seconds that a task may run in the background; 0 when it runs in front.
    pub background: i64,
    pub poll_interval: i64,
    pub playbook_dir: Option<PathBuf>,
    pub task_timeout: i64,
}

/// Options of `console`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleOptions {
    pub pattern: String,
    pub common: CommonOptions,
    pub playbook_dir: Option<PathBuf>,
    pub task_timeout: i64,
}

/// Options that these commands have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommonOptions {
    pub connection: ConnectionOptions,
    pub r#become: BecomeOptions,
    pub inventory: InventoryOptions,
    pub runtime: RuntimeOptions,
    pub vault: VaultOptions,
    pub check: bool,
    pub diff: bool,
    /// How many `-v`, on top of the setting.
    pub verbosity: u8,
}

#[derive(Parser)]
#[command(about = "Runs Ansible playbooks, executing the defined tasks on the targeted hosts")]
struct PlaybookArgs {
    /// Playbooks to run, one after the other
    #[arg(required = true, value_name = "playbook")]
    playbooks: Vec<PathBuf>,
    /// Only run plays and tasks tagged with these values
    #[arg(short = 't', long = "tags", value_name = "TAGS", action = ArgAction::Append)]
    tags: Vec<String>,
    /// Only run plays and tasks whose tags do not match these values
    #[arg(long = "skip-tags", value_name = "SKIP_TAGS", action = ArgAction::Append)]
    skip_tags: Vec<String>,
    /// Run handlers even if a task fails
    #[arg(long = "force-handlers")]
    force_handlers: bool,
    /// Check the playbook, but do not run it
    #[arg(long = "syntax-check")]
    syntax_check: bool,
    /// List all tasks that would be run
    #[arg(long = "list-tasks")]
    list_tasks: bool,
    /// List all available tags
    #[arg(long = "list-tags")]
    list_tags: bool,
    /// Confirm each task before it runs
    #[arg(long = "step")]
    step: bool,
    /// Start at the task with this name
    #[arg(long = "start-at-task", value_name = "START_AT_TASK")]
    start_at_task: Option<String>,
    // Last: its headings hold for all that follow.
    #[command(flatten)]
    common: groups::CommonArgs,
}

#[derive(Parser)]
#[command(about = "Runs a single task against a set of hosts")]
struct RunArgs {
    /// Pattern of the hosts
    #[arg(required = true, value_name = "pattern")]
    pattern: String,
    /// Module to run
    #[arg(short = 'm', long = "module-name", value_name = "MODULE_NAME")]
    module_name: Option<String>,
    /// Its arguments: `key=value` with spaces between, or a JSON object
    #[arg(short = 'a', long = "args", value_name = "MODULE_ARGS", allow_hyphen_values = true)]
    module_args: Option<String>,
    /// Print each result on one line
    #[arg(short = 'o', long = "one-line")]
    one_line: bool,
    /// Write each host's result to a file in this folder
    #[arg(short = 't', long = "tree", value_name = "TREE")]
    tree: Option<PathBuf>,
    /// Run in the background for at most this many seconds
    #[arg(short = 'B', long = "background", value_name = "SECONDS", allow_negative_numbers = true)]
    background: Option<i64>,
    /// Seconds between looks at the background task
    #[arg(short = 'P', long = "poll", value_name = "POLL_INTERVAL", allow_negative_numbers = true)]
    poll_interval: Option<i64>,
    /// Folder that takes the place of the playbook's
    #[arg(long = "playbook-dir", value_name = "BASEDIR")]
    playbook_dir: Option<PathBuf>,
    /// Seconds that the task may take
    #[arg(long = "task-timeout", value_name = "TASK_TIMEOUT", allow_negative_numbers = true)]
    task_timeout: Option<i64>,
    // Last: its headings hold for all that follow.
    #[command(flatten)]
    common: groups::CommonArgs,
}

#[derive(Parser)]
#[command(about = "Runs modules on hosts, one line after the other")]
struct ConsoleArgs {
    /// Pattern of the hosts to begin with
    #[arg(value_name = "pattern", default_value = "all")]
    pattern: String,
    /// Folder that takes the place of the playbook's
    #[arg(long = "playbook-dir", value_name = "BASEDIR")]
    playbook_dir: Option<PathBuf>,
    /// Seconds that a task may take
    #[arg(long = "task-timeout", value_name = "TASK_TIMEOUT", allow_negative_numbers = true)]
    task_timeout: Option<i64>,
    /// Taken for the reference's sake: a line is one task
    #[arg(long = "step")]
    _step: bool,
    // Last: its headings hold for all that follow.
    #[command(flatten)]
    common: groups::CommonArgs,
}

/// Reads the options of `playbook`; `program` is the name in messages, `arguments` come after it.
pub fn playbook_options(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    settings: &Settings,
) -> Result<PlaybookOptions, Stop> {
    let args: PlaybookArgs = parse(program, arguments, settings)?;
    let or_setting = |given: Vec<String>, setting: &[String]| {
        if given.is_empty() { setting.to_vec() } else { commas(&given) }
    };
    Ok(PlaybookOptions {
        playbooks: args.playbooks,
        common: args.common.resolve(program, settings)?,
        tags: or_setting(args.tags, &settings.run_tags),
        skip_tags: or_setting(args.skip_tags, &settings.skip_tags),
        force_handlers: args.force_handlers || *settings.force_handlers,
        syntax_check: args.syntax_check,
        list_tasks: args.list_tasks,
        list_tags: args.list_tags,
        step: args.step,
        start_at_task: args.start_at_task,
    })
}

/// Reads the options of `run`; `program` is the name in messages, `arguments` come after it.
pub fn run_options(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    settings: &Settings,
) -> Result<RunOptions, Stop> {
    let args: RunArgs = parse(program, arguments, settings)?;
    let module_args = args.module_args.or_else(|| settings.module_args.value.clone());
    Ok(RunOptions {
        pattern: args.pattern,
        common: args.common.resolve(program, settings)?,
        module_name: args.module_name.unwrap_or_else(|| settings.module_name.value.clone()),
        module_args: module_args.unwrap_or_default(),
        one_line: args.one_line,
        tree: args.tree,
        background: args.background.unwrap_or(0),
        poll_interval: args.poll_interval.unwrap_or(*settings.poll_interval),
        playbook_dir: args.playbook_dir.or_else(|| settings.playbook_dir.value.clone()),
        task_timeout: args.task_timeout.unwrap_or(*settings.task_timeout),
    })
}

/// Reads the options of `console`; `program` is the name in messages, `arguments` come after it.
pub fn console_options(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    settings: &Settings,
) -> Result<ConsoleOptions, Stop> {
    let args: ConsoleArgs = parse(program, arguments, settings)?;
    Ok(ConsoleOptions {
        pattern: args.pattern,
        common: args.common.resolve(program, settings)?,
        playbook_dir: args.playbook_dir.or_else(|| settings.playbook_dir.value.clone()),
        task_timeout: args.task_timeout.unwrap_or(*settings.task_timeout),
    })
}

/// Returns the command's definition, for completions and manual pages.
pub fn playbook_command() -> clap::Command {
    as_the_reference(PlaybookArgs::command(), "windlass playbook")
}

/// Returns the command's definition, for completions and manual pages.
pub fn run_command() -> clap::Command {
    as_the_reference(RunArgs::command(), "windlass run")
}

/// Long options may be cut short, the last of several counts, and mistakes give the reference's words.
fn as_the_reference(command: clap::Command, program: &str) -> clap::Command {
    command
        .no_binary_name(true)
        .bin_name(program.to_owned())
        .infer_long_args(true)
        .args_override_self(true)
        .disable_version_flag(true)
}

/// Reads a command's options.
pub(super) fn parse<T: CommandFactory + FromArgMatches>(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    settings: &Settings,
) -> Result<T, Stop> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let plain = arguments.iter().take_while(|argument| *argument != "--");
    if plain.into_iter().any(|argument| argument == "--version") {
        return Err(message::version(program, settings));
    }
    let mut command = as_the_reference(T::command(), program);
    let matches = command.try_get_matches_from_mut(arguments);
    let parsed = matches.and_then(|mut matches| T::from_arg_matches_mut(&mut matches));
    parsed.map_err(|error| message::of_clap(program, &mut command, &error))
}

/// Splits at commas; names without the space around them.
fn commas(texts: &[String]) -> Vec<String> {
    let parts = texts.iter().flat_map(|text| text.split(','));
    parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests;
