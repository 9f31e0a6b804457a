//! `windlass playbook`: runs playbooks.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use super::{
    args::{self, PlaybookOptions},
    callbacks::{self, Chosen, Main},
    check, list,
    prepare::{self, ERROR, HOST_FAILED, OPTIONS_ERROR, PARSER_ERROR, Refusal},
    report, stay, terminal,
};
use serde_json::{Value as Json, json};

use crate::{
    actions,
    diagnostic::{Diagnostic, Diagnostics, Fault, Severity},
    executor::{Run, Tags},
    inventory::{HostId, NOBODY},
    output::Event,
    playbook::{
        Collections, Files, Level, Loader, Play, Playbook, Resolve, Surroundings, foreign_in,
    },
    settings::Settings,
    template::{Env, Scope},
    value::{Dict, Value},
    vars::Names,
    vault::Opener,
};

/// Runs the command; returns its exit status.
pub(super) fn main(program: &str, arguments: Vec<OsString>) -> Result<u8, Refusal> {
    let settings = prepare::settings()?;
    let options = match args::playbook_options(program, arguments, &settings) {
        Ok(options) => options,
        Err(stop) => {
            if stop.is_error {
                terminal::complain(&stop.text);
            } else {
                terminal::print(&stop.text);
            }
            return Ok(stop.status);
        }
    };
    // Where tasks are only listed, none of them fails.
    let lists = options.list_tasks || options.list_tags || options.common.inventory.list_hosts;
    if !lists
        && !options.syntax_check
        && let Some(status) = stay::divide(&settings, &options.common)
    {
        return Ok(status);
    }
    let paths = files_of(&options.playbooks, &settings)?;
    let prepared = prepare::prepare(settings, &options.common)?;
    let output = callbacks::early(&prepared.settings, options.common.verbosity, &prepared.secrets);
    let run = prepare::run(
        prepared,
        &options.common,
        |run| {
            run.tags = Tags::new(&options.tags, &options.skip_tags);
            run.start_at_task.clone_from(&options.start_at_task);
            run.step = options.step;
            run.force_handlers = options.force_handlers;
        },
        output,
    )?;
    let files = Files::new(Opener(run.world.vault.clone()));
    // A limit that leaves nobody is told before what is wrong with the playbooks.
    let selected = {
        let inventory = run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        inventory.targets("all", run.options.limit.as_ref(), run.settings.localhost_warning.value)
    };
    let refused = |mut error: Diagnostic| {
        for warning in error.notes.drain(..) {
            run.printer.event(&Event::Warning(warning));
        }
        Refusal::new(ERROR, error)
    };
    let selected = match selected {
        Err(error) if error.message == NOBODY => return Err(refused(error)),
        selected => selected,
    };
    let loaded = load(&run, &files, &paths, !lists);
    if loaded.is_err() {
        begin(&run, &files);
    }
    let playbooks = loaded?;
    let selected = selected.map_err(refused)?;
    let warn = || {
        for warning in &selected.warnings {
            run.printer.event(&Event::Warning(warning.clone()));
        }
    };
    if lists || options.syntax_check {
        warn();
        begin(&run, &files);
        return list::list(&run, &options, &playbooks, &files);
    }
    let told = told_arguments(&options);
    callbacks::show(&run, chosen(&run.settings, options.common.verbosity, told))?;
    // By what shows the run, which says nothing twice.
    warn();
    let playbooks: Vec<Script> = playbooks
        .into_iter()
        .map(|(path, playbook)| Script { path: Some(path), plays: playbook.plays })
        .collect();
    check_vars(&run, &playbooks)?;
    execute(&run, &files, &playbooks)
}

/// Reads what is said of the hosts that the plays have now, and refuses the run where that cannot be read.
fn check_vars(run: &Run, scripts: &[Script]) -> Result<(), Refusal> {
    let mut problems = Diagnostics::default();
    for play in scripts.iter().flat_map(|script| &script.plays) {
        let inventory = || run.world.inventory.write().unwrap_or_else(PoisonError::into_inner);
        problems.extend(inventory().enter_playbook(&play.dir));
        if !inventory().is_sound() {
            let hosts = hosts_now(run, play);
            problems.extend(inventory().problems_of(&hosts));
        }
        if problems.has_errors() {
            break;
        }
    }
    if problems.has_errors() {
        return Err(prepare::inventory_refusal(problems));
    }
    report(&problems);
    Ok(())
}

/// Tells what stands before anything else.
fn begin(run: &Run, files: &Files) {
    let config_file = run.settings.config_file.as_ref().map(|path| path.display().to_string());
    run.printer.event(&Event::Start { check: run.options.check, config_file });
    let inventory = run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
    for text in &inventory.explained {
        run.printer.event(&Event::Verbose { level: 3, host: None, text: text.clone() });
    }
    run.tell_imported(files);
}

/// Returns the files of the playbooks that a command names: by their path, or by the full name that they have in a
/// collection.
fn files_of(named: &[PathBuf], settings: &Settings) -> Result<Vec<PathBuf>, Refusal> {
    let installed = crate::plugins::installed_where(settings.collections_scan_sys_path.value);
    let collections = Collections::new(settings.collection_roots(), installed);
    let here = Path::new(".");
    let mut files = Vec::new();
    for name in named {
        let found = name.to_str().and_then(|name| collections.playbook(here, name));
        let path = match found {
            Some(found) => std::path::absolute(&found).unwrap_or(found),
            None => name.clone(),
        };
        let wrong = match std::fs::metadata(&path) {
            Err(_) => "could not be found",
            Ok(found) if !found.is_file() => "does not appear to be a file",
            Ok(_) => "",
        };
        if !wrong.is_empty() {
            let message = format!("the playbook: {} {wrong}", path.display());
            return Err(Refusal::new(ERROR, Diagnostic::bare(message)));
        }
        crate::plugins::bring(match path.parent() {
            Some(dir) if dir != Path::new("") => dir,
            _ => here,
        });
        files.push(path);
    }
    Ok(files)
}

/// What stands for the playbook of an ad-hoc command.
const AD_HOC: &str = "__adhoc_playbook__";

/// Plays that have a recap of their own.
pub(super) struct Script {
    /// The playbook's file; an ad hoc command has none.
    pub(super) path: Option<PathBuf>,
    pub(super) plays: Vec<Arc<Play>>,
}

/// Runs plays to their end, or to the operator's; a playbook that fails is the last one.
pub(super) fn execute(run: &Arc<Run>, files: &Files, scripts: &[Script]) -> Result<u8, Refusal> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(super::STACK)
        .build();
    let runtime = runtime.map_err(|error| {
        Refusal::new(ERROR, Diagnostic::bare(format!("internal error: no runtime: {error}")))
    })?;
    begin(run, files);
    let (status, remaining) = runtime.block_on(async {
        let watched = Arc::clone(run);
        let watcher = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                watched.interrupt();
            }
        });
        let mut status = Ok(0);
        for script in scripts {
            let path = script.path.as_ref().map(|path| path.display().to_string());
            let path = path.unwrap_or_else(|| AD_HOC.to_owned());
            run.printer.event(&Event::PlaybookStart { path, n_plays: script.plays.len() });
            status = run.plays(files, &script.plays).await;
            if let (Some(path), Ok(_)) = (&script.path, &status) {
                retry_file(run, path);
            }
            run.printer.event(&match status {
                Ok(_) if run.was_quit() => Event::Quit,
                Ok(_) => Event::Recap { stats: run.stats(), custom: run.custom_stats() },
                Err(_) => Event::Abandoned,
            });
            if status.is_ok() {
                run.tell_unstarted();
            }
            if !matches!(status, Ok(0)) {
                break;
            }
        }
        let remaining = run.connections.remaining();
        run.close().await;
        run.printer.finish();
        watcher.abort();
        (status, remaining)
    });
    // Who interrupts a run wants nothing of it to go on.
    stay::leave(runtime, if run.was_interrupted() { None } else { remaining });
    match status {
        Ok(_) if run.was_interrupted() => Ok(99),
        Ok(status) => Ok(u8::try_from(status).unwrap_or(ERROR)),
        Err(error) => Err(refusal(error)),
    }
}

/// The refusal of a play for what is found out when its turn comes.
pub(super) fn refusal(error: Diagnostic) -> Refusal {
    let status = match error.fault {
        Fault::Late => PARSER_ERROR,
        Fault::Choice => OPTIONS_ERROR,
        Fault::Unasked => prepare::BUG,
        _ => ERROR,
    };
    Refusal::new(status, error)
}

/// Writes the names of the hosts that a playbook lost into a file for `--limit`, where the settings want that.
fn retry_file(run: &Run, playbook: &Path) {
    let lost = run.lost_names();
    if !run.settings.retry_files_enabled.value || lost.is_empty() || run.was_quit() {
        return;
    }
    let playbook = std::path::absolute(playbook).unwrap_or_else(|_| playbook.to_owned());
    let folder = match &run.settings.retry_files_save_path.value {
        Some(folder) => folder.clone(),
        None => playbook.parent().map(Path::to_owned).unwrap_or_default(),
    };
    let name = playbook.file_stem().unwrap_or_default().to_string_lossy();
    let path = folder.join(format!("{name}.retry"));
    let text: String = lost.iter().map(|name| format!("{name}\n")).collect();
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, text));
    run.printer.event(&match written {
        Ok(()) => Event::RetryFile { path: path.display().to_string() },
        Err(error) => Event::Warning(format!(
            "Could not create retry file '{}'. The error was: {error}",
            path.display()
        )),
    });
}

/// What shows a playbook's run, as the settings name it.
pub(super) fn chosen(settings: &Settings, verbosity: u8, arguments: Json) -> Chosen<'_> {
    Chosen {
        main: Main::Named(settings.stdout_callback.value.as_str()),
        beside: settings.callbacks_enabled.value.clone(),
        unnamed: true,
        arguments,
        options: prepare::output_options(settings, verbosity),
    }
}

/// The command line as callbacks ask for it.
fn told_arguments(options: &PlaybookOptions) -> Json {
    json!({
        "args": options.playbooks, "check": options.common.check, "diff": options.common.diff,
        "verbosity": options.common.verbosity, "tags": options.tags, "skip_tags": options.skip_tags,
        "subset": options.common.inventory.limit, "forks": options.common.runtime.forks,
        "inventory": options.common.inventory.sources, "start_at_task": options.start_at_task,
        "step": options.step, "force_handlers": options.force_handlers,
        "connection": options.common.connection.connection,
        "extra_vars": [], "become": false, "listhosts": false, "listtasks": false,
        "listtags": false, "syntax": false,
    })
}

/// What a run's playbooks are read with.
pub(super) fn surroundings<'a>(
    run: &'a Run,
    files: &'a Files,
    resolve: &'a Resolve<'a>,
) -> Surroundings<'a> {
    Surroundings {
        files,
        roles_path: &run.settings.roles_path.value,
        library: &run.settings.library.value,
        action_plugins: &run.settings.action_plugins.value,
        collections: &run.collections,
        resolve,
        actions: &actions::resolve,
        redirect: actions::redirect,
        unresolved: actions::unresolved_early,
        lookups: crate::template::lookups::exists,
        brings: crate::template::add_plugins,
        private_roles: run.settings.private_role_vars.value,
        passes_over: !run.settings.invalid_task_attribute_failed.value,
    }
}

/// Reads playbooks and checks everything that can be known before a host is touched.
fn load(
    run: &Arc<Run>,
    files: &Files,
    paths: &[PathBuf],
    runs: bool,
) -> Result<Vec<(PathBuf, Playbook)>, Refusal> {
    let extra = Arc::clone(&run.world.extra_vars);
    let mut problems = Diagnostics::default();
    let mut found = Vec::new();
    for path in paths {
        let dir = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let dir = dir.parent().unwrap_or(&dir);
        let resolve = |value: &Value, level: &Arc<Level>| resolve(run, &extra, dir, value, level);
        let loader = Loader::new(surroundings(run, files, &resolve));
        let (playbook, errors) = loader.playbook(path);
        problems.extend(errors);
        let known = check::Known {
            tags: &run.options.tags,
            has_hosts: &|play| has_hosts(run, play),
            collections: &run.collections,
            brings: &|dir, name| {
                let mut dirs = loader.role_dirs.borrow().clone();
                dirs.push(dir.to_owned());
                let settings = &run.settings;
                foreign_in(&dirs, name, &settings.library.value, &settings.action_plugins.value)
                    .is_some()
            },
            validates_groups: run.settings.validate_action_group_metadata.value,
            from_the_start: runs && run.options.start_at_task.is_none(),
        };
        problems.extend(check::check(&playbook, &known));
        found.push((path.clone(), playbook));
    }
    let warnings = files.warnings.take();
    let mut shown = Diagnostics(warnings);
    shown.0.extend(problems.0.iter().filter(|problem| problem.severity < Severity::Error).cloned());
    if !run.settings.deprecation_warnings.value {
        shown.0.retain(|warning| warning.severity != Severity::Deprecation);
    }
    report(&shown);
    problems.0.retain(|problem| problem.severity == Severity::Error);
    if problems.has_errors() {
        let status = status_of(&problems);
        return Err(Refusal::new(status, problems));
    }
    Ok(found)
}

/// Whether a play's pattern is known and matches a host now.
fn has_hosts(run: &Run, play: &Play) -> bool {
    !hosts_now(run, play).is_empty()
}

/// The hosts that a play's pattern matches now; none where the pattern is not known yet.
fn hosts_now(run: &Run, play: &Play) -> Vec<HostId> {
    let patterns: Vec<String> = match &play.hosts {
        hosts if hosts.is_lazy() => return Vec::new(),
        Value::List(list) => list.iter().map(Value::to_text).collect(),
        one => vec![one.to_text()],
    };
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let inventory = run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
    let selected = inventory.select(&patterns, run.options.limit.as_ref());
    selected.map_or_else(|_| Vec::new(), |selected| selected.hosts)
}

/// The status with which the reference ends: that of the first problem, but for those that it would find only when it
/// came to the task.
fn status_of(problems: &Diagnostics) -> u8 {
    match problems.0.iter().map(|problem| problem.fault).find(|fault| *fault != Fault::Task) {
        Some(Fault::Absence) => ERROR,
        Some(_) => PARSER_ERROR,
        None => HOST_FAILED,
    }
}

/// Evaluates a name of an import with what is known before any host is: extra variables, those of its levels and roles,
/// and what the run says of itself.
pub(super) fn resolve(
    run: &Run,
    extra: &Dict,
    dir: &Path,
    value: &Value,
    level: &Arc<Level>,
) -> Result<Value, Diagnostic> {
    struct Known<'a> {
        extra: &'a Dict,
        names: Names,
    }
    impl Scope for Known<'_> {
        fn get(&self, name: &str) -> Option<Value> {
            let levels = || self.names.level.iter().flat_map(|level| level.chain());
            let own = || levels().find_map(|level| level.vars.get(name).cloned());
            self.extra.get(name).cloned().or_else(own).or_else(|| self.names.get(name))
        }
        fn names(&self) -> Vec<Arc<str>> {
            Vec::new()
        }
    }
    if !value.is_lazy() {
        return Ok(value.clone());
    }
    let mut names = Names::new(&run.world, None, None).with_level(level);
    names.set_local("playbook_dir", Value::str(dir.display().to_string()));
    let known = Known { extra, names };
    let context = run.world.context(Vec::new());
    Env::new(&known, &context).eval(value).map_err(|error| (&error).into())
}
