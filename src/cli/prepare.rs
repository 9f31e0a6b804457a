//! From options to a run: inventory, variables, passwords, output.

use std::{path::PathBuf, sync::Arc};

use super::{
    args::CommonOptions,
    extra_vars::extra_vars,
    passwords, report,
    terminal::{self, Terminal},
};
use crate::{
    connection::{ConnectionOptions, Connections, Secret},
    diagnostic::{Diagnostic, Diagnostics, Severity},
    executor::{Ask as _, Identity, Run, RunOptions, Tags},
    inventory::{Inventory, Limit},
    output::{Output, Secrets},
    settings::{HashBehaviour, Settings},
    value::Dict,
    vars::{RunFacts, World},
    vault::Opener,
};

/// Exit statuses, as the reference has them.
pub(super) const ERROR: u8 = 1;
pub(super) const HOST_FAILED: u8 = 2;
pub(super) const PARSER_ERROR: u8 = 4;
pub(super) const OPTIONS_ERROR: u8 = 5;

/// Hosts that are worked on at once where nobody says how many: connections are cheap.
const FORKS: usize = 500;

/// Why a command ends before a run: what is wrong, and the exit status.
pub(super) struct Refusal {
    pub(super) diagnostics: Diagnostics,
    pub(super) status: u8,
}

impl Refusal {
    pub(super) fn new(status: u8, diagnostics: impl Into<Diagnostics>) -> Refusal {
        Refusal { diagnostics: diagnostics.into(), status }
    }
}

/// What both commands need before they know what to run.
pub(super) struct Prepared {
    pub(super) settings: Settings,
    pub(super) inventory: Inventory,
    pub(super) extra_vars: Dict,
    pub(super) limit: Option<Limit>,
    pub(super) secrets: Secrets,
    pub(super) vault: Opener,
}

/// Reads settings; what is wrong with them is reported at once.
pub(super) fn settings() -> Result<Settings, Refusal> {
    let (settings, problems) = Settings::load();
    if problems.has_errors() {
        return Err(Refusal::new(OPTIONS_ERROR, problems));
    }
    report(&problems);
    Ok(settings)
}

/// Loads what the common options name.
pub(super) fn prepare(settings: Settings, common: &CommonOptions) -> Result<Prepared, Refusal> {
    let merge = settings.hash_behaviour.value == HashBehaviour::Merge;
    let secrets = Secrets::default();
    let passwords = passwords::of_options(&common.vault, &settings)?;
    let vault = Opener(passwords::vault(passwords, &settings, &secrets));
    let extra_vars = extra_vars(&common.runtime.extra_vars, merge, &vault)
        .map_err(|error| Refusal::new(error.status, error.diagnostic))?;
    let (inventory, problems) = Inventory::load(&common.inventory.sources, &settings, &vault);
    // Sources that cannot be read are warnings already; errors are files with variables, and groups in a circle.
    let mut errors = Diagnostics::default();
    for problem in problems.0 {
        if problem.severity == Severity::Error {
            errors.push(problem);
        } else if problem.span.is_none() {
            terminal::complain(&format!("[WARNING]: {}", problem.message));
        } else {
            report(&problem.into());
        }
    }
    if errors.has_errors() {
        let is_file = errors.0.iter().any(|error| error.span.is_some());
        return Err(Refusal {
            diagnostics: errors,
            status: if is_file { PARSER_ERROR } else { ERROR },
        });
    }
    let limit = match &common.inventory.limit {
        Some(text) => Some(Limit::parse(text).map_err(|error| Refusal::new(ERROR, error))?),
        None => None,
    };
    Ok(Prepared { settings, inventory, extra_vars, limit, secrets, vault })
}

/// Makes the run of what was prepared.
pub(super) fn run(
    prepared: Prepared,
    common: &CommonOptions,
    adjust: impl FnOnce(&mut RunOptions),
    output: Box<dyn Output>,
) -> Result<Arc<Run>, Refusal> {
    let Prepared { settings, inventory, extra_vars, limit, secrets, vault } = prepared;
    let forks = match common.runtime.forks {
        Some(forks) => usize::try_from(forks).unwrap_or(1).max(1),
        None if settings.forks.origin.is_set() => {
            usize::try_from(settings.forks.value).unwrap_or(1).max(1)
        }
        None => FORKS,
    };
    let identity = identity(common, &settings, &secrets)?;
    let mut options = RunOptions {
        check: common.check,
        diff: common.diff,
        verbosity: common.verbosity,
        forks,
        tags: Tags::new(&[], &[]),
        limit,
        start_at_task: None,
        step: false,
        force_handlers: false,
        identity,
        live: std::io::IsTerminal::is_terminal(&std::io::stdout()),
        ad_hoc: false,
    };
    adjust(&mut options);
    let facts = RunFacts {
        check: options.check,
        diff: options.diff,
        verbosity: options.verbosity,
        forks: common.runtime.forks.unwrap_or(settings.forks.value),
        run_tags: options.tags.run.clone(),
        skip_tags: options.tags.skip.clone(),
        limit: common.inventory.limit.clone(),
        config_file: settings.config_file.clone(),
        inject_facts: settings.inject_facts_as_vars.value,
        remote_user: options.identity.remote_user.clone(),
        connection: options.identity.connection.clone(),
    };
    let world = World::new(
        inventory,
        Arc::new(extra_vars),
        facts,
        vault.0,
        settings.allow_broken_conditionals.value,
    );
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let connections = Connections::new(ConnectionOptions::new(Arc::new(Terminal), home));
    Ok(Run::new(world, settings, options, output, secrets, connections, Arc::new(Terminal)))
}

/// Who the operator wants to be, passwords asked for.
fn identity(
    common: &CommonOptions,
    settings: &Settings,
    secrets: &Secrets,
) -> Result<Identity, Refusal> {
    let connection = &common.connection;
    let refuse = |message: String| Refusal::new(ERROR, Diagnostic::bare(message));
    let from_file = |path: &Option<PathBuf>| match path {
        Some(path) => {
            terminal::password_file(&path.display().to_string()).map(Some).map_err(refuse)
        }
        None => Ok(None),
    };
    let mut password = from_file(&connection.connection_password_file)?;
    if connection.ask_pass {
        password = Some(Terminal.line("SSH password: ", true));
    }
    let mut become_password = from_file(&common.r#become.password_file)?;
    if common.r#become.ask_pass {
        let name = common
            .r#become
            .method
            .clone()
            .unwrap_or_else(|| settings.become_method.value.clone())
            .to_uppercase();
        let name = if settings.agnostic_become_prompt.value { "BECOME".to_owned() } else { name };
        let hint = if password.is_some() { "[defaults to SSH password]" } else { "" };
        let answer = Terminal.line(&format!("{name} password{hint}: "), true);
        become_password = if answer.is_empty() { password.clone() } else { Some(answer) };
    }
    for secret in password.iter().chain(&become_password) {
        secrets.add(secret);
    }
    Ok(Identity {
        remote_user: connection.remote_user.clone(),
        connection: connection.connection.clone(),
        private_key_file: connection.private_key_file.clone(),
        password: password.map(Secret::new),
        timeout: connection.timeout,
        ssh_common_args: connection.ssh_common_args.clone(),
        ssh_extra_args: connection.ssh_extra_args.clone(),
        become_enabled: common.r#become.enabled.then_some(true),
        become_method: common.r#become.method.clone(),
        become_user: common.r#become.user.clone(),
        become_password: become_password.map(Secret::new),
    })
}

/// Whether text is coloured; the terminal decides where the settings do not.
pub(super) fn colored(settings: &Settings) -> Option<bool> {
    if settings.force_color.value {
        Some(true)
    } else if settings.nocolor.value {
        Some(false)
    } else {
        None
    }
}
