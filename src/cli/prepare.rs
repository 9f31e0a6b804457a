//! From options to a run: inventory, variables, passwords, output.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use super::{
    args::CommonOptions,
    extra_vars::extra_vars,
    passwords, report,
    terminal::{self, Terminal},
};
use crate::{
    actions,
    connection::{ConnectionOptions, Connections, Secret},
    diagnostic::{Diagnostic, Diagnostics, Fault, Severity, Source},
    executor::{Ask as _, Identity, Run, RunOptions, Tags},
    inventory::{Inventory, Limit},
    output::{self, Output, Paint, Palette, Secrets, Sink, log},
    playbook::{Collections, Routed, foreign_in},
    plugins::{Carriers, Python, installed_where},
    settings::{Color, DuplicateKey, HashBehaviour, ResultFormat, Settings},
    template::{allow_embedded, use_extensions, use_modules, use_plugins},
    value::{Dict, Value},
    vars::{FactCache, ReachedBy, RunFacts, World},
    vault::Opener,
    yaml,
};

/// Exit statuses, as the reference has them.
pub(super) const ERROR: u8 = 1;
/// A mistake of the program itself, as the reference tells it.
pub(super) const BUG: u8 = 250;
pub(super) const HOST_FAILED: u8 = 2;
pub(super) const PARSER_ERROR: u8 = 4;
pub(super) const OPTIONS_ERROR: u8 = 5;

/// Hosts that are worked on at once where nobody says how many: connections are cheap.
const FORKS: usize = 500;

/// As many hosts as are worked on at once where they are all this machine: their commands share its processors.
const LOCAL_FORKS: usize = 32;

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
    pub(super) extra_vars: Arc<Dict>,
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
    if let Some(path) = &settings.log_path.value
        && let Err(warning) = log::open(path)
    {
        terminal::complain(&format!("[WARNING]: {warning}"));
    }
    report(&problems);
    match settings.duplicate_dict_key.value {
        DuplicateKey::Warn => (),
        DuplicateKey::Error => yaml::treat_duplicates(true),
        DuplicateKey::Ignore => yaml::treat_duplicates(false),
    }
    use_plugins(Box::new(Python::new(
        [
            &settings.filter_plugins.value,
            &settings.test_plugins.value,
            &settings.lookup_plugins.value,
        ],
        settings.collection_roots(),
        installed_where(settings.collections_scan_sys_path.value),
        |roots, installed| {
            let collections = Collections::new(roots, installed);
            Box::new(move |kind, name| collections.plugin(Path::new("/"), kind.name(), name))
        },
    )));
    if let Some(names) = refused_modules(&settings)? {
        actions::refuse(names);
    }
    allow_embedded(settings.allow_embedded_templates.value);
    use_extensions(settings.jinja2_extensions.value.iter().map(String::as_str));
    let installed = installed_where(settings.collections_scan_sys_path.value);
    let collections = Collections::new(settings.collection_roots(), installed);
    let library = settings.library.value.clone();
    use_modules(move |name| has_module(&collections, &library, name));
    Ok(settings)
}

/// Returns whether a template's question for a module is answered with yes.
fn has_module(collections: &Collections, library: &[PathBuf], name: &str) -> bool {
    let here = Path::new(".");
    let short = actions::short_name(name);
    let led = match actions::redirect(short) {
        Some(Routed::Removed(_)) => return false,
        Some(Routed::Name(full)) => full,
        None => short.to_owned(),
    };
    let Routed::Name(full) = collections.route(here, &led) else { return false };
    let is_published = |full: &str| {
        let own = full.rsplit('.').next().unwrap_or_default();
        actions::redirect(own) == Some(Routed::Name(full.to_owned()))
            && actions::published(full).is_some()
            && !collections.holds(here, full)
    };
    actions::exists(&full)
        || collections.foreign(here, &full).is_some()
        || foreign_in(&[PathBuf::from(here)], short, library, &[]).is_some()
        || is_published(&full)
}

/// Where modules that are refused stand unless a setting names another file.
const REFUSED_MODULES: &str = "/etc/ansible/plugin_filters.yml";

/// Returns the names that the operator's file refuses; `stat` cannot be one of them.
fn refused_modules(settings: &Settings) -> Result<Option<Vec<String>>, Refusal> {
    let chosen = settings.plugin_filters_cfg.value.as_deref();
    let path = chosen.unwrap_or(Path::new(REFUSED_MODULES));
    let shown = path.display().to_string();
    let skipped = |why: &str| {
        terminal::complain(&format!("[WARNING]: The plugin filter file, {shown} {why}"));
    };
    let Ok(text) = std::fs::read_to_string(path) else {
        if chosen.is_some() {
            skipped("does not exist. Skipping.");
        }
        return Ok(None);
    };
    let root = match yaml::parse(&Source::new(shown.as_str(), text)) {
        Ok(document) => document.root,
        Err(error) => {
            skipped(&format!("was not parsable. Skipping: {error}"));
            return Ok(None);
        }
    };
    let list = root.as_ref().and_then(|root| root.get("module_rejectlist"));
    let Some((_, names)) = list else { return Ok(None) };
    let names = names.as_sequence().unwrap_or_default();
    let names: Vec<String> =
        names.iter().filter_map(|name| name.as_str().map(ToOwned::to_owned)).collect();
    if names.iter().any(|name| name == "stat") {
        let message = format!(
            "The stat module was specified in the module reject list file, {shown}, but Ansible will not function without the stat module.  Please remove stat from the reject list."
        );
        return Err(Refusal::new(ERROR, Diagnostic::bare(message)));
    }
    Ok(Some(names))
}

/// Returns the refusal of an inventory with errors: a file's text, or what the sources say together.
pub(super) fn inventory_refusal(diagnostics: Diagnostics) -> Refusal {
    Refusal { status: inventory_status(&diagnostics), diagnostics }
}

/// Returns the exit status of [`inventory_refusal`].
pub(super) fn inventory_status(diagnostics: &Diagnostics) -> u8 {
    let is_error = |one: &Diagnostic| one.severity == Severity::Error;
    let is_file = diagnostics
        .0
        .iter()
        .any(|one| is_error(one) && (one.span.is_some() || one.fault == Fault::Late));
    if is_file { PARSER_ERROR } else { ERROR }
}

/// Loads what the common options name.
pub(super) fn prepare(mut settings: Settings, common: &CommonOptions) -> Result<Prepared, Refusal> {
    settings.flush_cache = common.inventory.flush_cache;
    let merge = settings.hash_behaviour.value == HashBehaviour::Merge;
    let secrets = Secrets::default();
    let passwords = passwords::of_options(&common.vault, &settings)?;
    let vault = Opener(passwords::vault(passwords, &settings, &secrets));
    let extra_vars = extra_vars(&common.runtime.extra_vars, merge, &vault)
        .map_err(|error| Refusal::new(error.status, error.diagnostic))?;
    let extra_vars = Arc::new(extra_vars);
    settings.extra_vars = Arc::clone(&extra_vars);
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
        return Err(inventory_refusal(errors));
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
    let chosen = match common.runtime.forks {
        Some(forks) => Some(forks),
        None => settings.forks.origin.is_set().then_some(settings.forks.value),
    };
    let chosen = chosen.map(|forks| usize::try_from(forks).unwrap_or(1).max(1));
    let identity = identity(common, &settings, &secrets)?;
    let mut options = RunOptions {
        check: common.check,
        diff: common.diff,
        verbosity: common.verbosity,
        forks: chosen.unwrap_or(FORKS),
        local_forks: chosen.unwrap_or(LOCAL_FORKS),
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
        tags: (!options.ad_hoc).then(|| (options.tags.run.clone(), options.tags.skip.clone())),
        limit: common.inventory.limit.clone(),
        config_file: settings.config_file.clone(),
        config: crate::template::Settings(crate::settings::of_process),
        inject_facts: settings.inject_facts_as_vars.value,
        merge_hashes: settings.hash_behaviour.value == HashBehaviour::Merge,
        reached_by: reached_by(&options.identity, &settings),
    };
    let mut world =
        World::new(inventory, extra_vars, facts, vault.0, settings.allow_broken_conditionals.value);
    world.cache = super::fact_cache::fact_cache(&settings)?;
    if common.inventory.flush_cache {
        let inventory = world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        forget_facts(world.cache.as_ref(), &inventory);
    }
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let mut connecting = ConnectionOptions::new(Arc::new(Terminal), home);
    connecting.carrier = Arc::new(Carriers::new(super::fact_cache::documentation));
    connecting.kept = Some(settings.ssh_control_path_dir.value.clone());
    let connections = Connections::new(connecting);
    Ok(Run::new(world, settings, options, output, secrets, connections, Arc::new(Terminal)))
}

/// Facts of all hosts are forgotten, whatever a limit says, and those of a localhost that is in no inventory.
pub(super) fn forget_facts(cache: Option<&FactCache>, inventory: &Inventory) {
    if let Some(cache) = cache {
        inventory.hosts().for_each(|(_, host)| cache.forget(&host.name));
        cache.forget("localhost");
    }
}

/// What options and settings say of how hosts are reached.
fn reached_by(identity: &Identity, settings: &Settings) -> ReachedBy {
    let path = |path: &std::path::PathBuf| Value::from(path.display().to_string());
    let user = identity.remote_user.as_deref().or(settings.remote_user.value.as_deref());
    let connection = identity.connection.as_deref().unwrap_or(&settings.transport.value);
    let key = identity.private_key_file.as_ref().or(settings.private_key_file.value.as_ref());
    let password = identity.password.as_ref();
    let known = [
        ("ansible_user", user.map(Value::str)),
        ("ansible_connection", Some(Value::str(connection))),
        ("ansible_port", settings.remote_port.value.map(Value::Int)),
        ("ansible_timeout", Some(Value::Int(identity.timeout.unwrap_or(settings.timeout.value)))),
        ("ansible_password", password.map(|password| Value::str(password.expose()))),
        ("ansible_private_key_file", key.map(path)),
        ("ansible_pipelining", Some(Value::Bool(settings.pipelining.value))),
        ("ansible_shell_executable", Some(Value::str(settings.executable.value.as_str()))),
    ];
    known.into_iter().filter_map(|(name, value)| Some((Value::str(name), value?))).collect()
}

/// What the settings say about output.
pub(super) fn output_options(settings: &Settings, verbosity: u8) -> output::Options {
    let yaml = settings.callback_result_format.value == ResultFormat::Yaml;
    let indentation = usize::try_from(settings.callback_result_indentation.value).unwrap_or(4);
    let folder = |path: &Option<PathBuf>| path.clone().unwrap_or_default();
    output::Options {
        verbosity,
        show_skipped: settings.display_skipped_hosts.value,
        show_ok: settings.display_ok_hosts.value,
        failed_to_stderr: settings.display_failed_stderr.value,
        check_markers: settings.check_mode_markers.value,
        show_task_path_on_failure: settings.show_task_path_on_failure.value,
        diff_context: usize::try_from(settings.diff_context.value).unwrap_or(3),
        yaml_indent: yaml.then_some(indentation.max(4)),
        pretty: settings.callback_format_pretty.value,
        blocks: false,
        show_custom_stats: settings.show_custom_stats.value,
        show_host_start: settings.show_per_host_start.value,
        show_args: settings.display_args_to_stdout.value,
        tree: settings.callback_tree_dir.value.clone(),
        junit: output::Junit {
            folder: settings.junit_output_dir.value.clone(),
            task_class: settings.junit_task_class.value,
            relative_to: folder(&settings.junit_task_relative_path.value),
            out_of_tree: settings.junit_replace_out_of_tree_path.value.clone(),
            fail_on_change: settings.junit_fail_on_change.value,
            fail_on_ignore: settings.junit_fail_on_ignore.value,
            include_setup: settings.junit_include_setup_tasks.value,
            hide_arguments: settings.junit_hide_task_arguments.value,
            case_prefix: settings.junit_test_case_prefix.value.clone(),
        },
        profile_limit: usize::try_from(settings.profile_tasks_limit.value).ok().filter(|n| *n > 0),
        profile_order: settings.profile_tasks_order.value.clone(),
    }
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

/// Standard output as the settings want it; the terminal decides of colours where they do not.
pub(super) fn sink(settings: &Settings, secrets: &Secrets) -> Sink {
    let colored = if settings.force_color.value {
        Some(true)
    } else if settings.nocolor.value {
        Some(false)
    } else {
        None
    };
    let palette = colors(settings).map(|(_, paint, color)| (paint, color.code.clone()));
    Sink::stdout(colored, Palette::new(palette.into()), secrets.clone())
        .with_deprecations(settings.deprecation_warnings.value)
        .with_verbose_aside(settings.verbose_to_stderr.value)
}

/// What is shown in which colour, with the names that plugins have for it.
pub(super) fn colors(settings: &Settings) -> [(&'static str, Paint, &Color); 13] {
    [
        ("OK", Paint::Ok, &settings.color_ok.value),
        ("CHANGED", Paint::Changed, &settings.color_changed.value),
        ("SKIP", Paint::Skipped, &settings.color_skip.value),
        ("INCLUDED", Paint::Included, &settings.color_included.value),
        ("ERROR", Paint::Failed, &settings.color_error.value),
        ("UNREACHABLE", Paint::Unreachable, &settings.color_unreachable.value),
        ("WARN", Paint::Warning, &settings.color_warn.value),
        ("DEPRECATE", Paint::Deprecated, &settings.color_deprecate.value),
        ("VERBOSE", Paint::Verbose, &settings.color_verbose.value),
        ("DIFF_ADD", Paint::DiffAdd, &settings.color_diff_add.value),
        ("DIFF_REMOVE", Paint::DiffRemove, &settings.color_diff_remove.value),
        ("DIFF_LINES", Paint::DiffLines, &settings.color_diff_lines.value),
        ("DEBUG", Paint::Debug, &settings.color_debug.value),
    ]
}
