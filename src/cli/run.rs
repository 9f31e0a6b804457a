//! `windlass run`: one module on hosts.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    args::{self, RunOptions},
    callbacks::{self, Chosen, Main},
    playbook,
    prepare::{self, ERROR, OPTIONS_ERROR, PARSER_ERROR, Refusal},
    stay, terminal,
};
use serde_json::json;

use crate::{
    diagnostic::{Diagnostic, Fault, Source, Span, Told},
    executor::Run,
    output::{AdHoc, Event},
    playbook::{
        Args, Argument, Entry, Files, Keyword, Keywords, Level, LevelKind, Loader, Play, Task,
    },
    value::{Template, Value, parse_key_values},
    vault::Opener,
    yaml,
};

/// Runs the command; returns its exit status.
pub(super) fn main(program: &str, arguments: Vec<OsString>) -> Result<u8, Refusal> {
    let settings = prepare::settings()?;
    let options = match args::run_options(program, arguments, &settings) {
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
    if !options.common.inventory.list_hosts
        && let Some(status) = stay::divide(&settings, &options.common)
    {
        return Ok(status);
    }
    if let Some(dir) = &options.playbook_dir {
        crate::plugins::bring(dir);
    }
    let prepared = prepare::prepare(settings, &options.common)?;
    let verbosity = options.common.verbosity;
    let output = callbacks::early(&prepared.settings, verbosity, &prepared.secrets);
    let run = prepare::run(prepared, &options.common, |run| run.ad_hoc = true, output)?;
    let files = Files::new(Opener(run.world.vault.clone()));
    // As the reference, this asks for the pattern as it is written; the play evaluates it.
    let selected = {
        let inventory =
            run.world.inventory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        inventory.targets(
            &options.pattern,
            run.options.limit.as_ref(),
            run.settings.localhost_warning.value,
        )
    };
    let selected = selected.map_err(|error| Refusal::new(ERROR, error))?;
    for warning in selected.warnings {
        run.printer.event(&Event::Warning(warning));
    }
    if options.common.inventory.list_hosts {
        terminal::print(&format!("  hosts ({}):", selected.hosts.len()));
        let inventory =
            run.world.inventory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        for host in selected.hosts {
            terminal::print(&format!("    {}", inventory.host(host).name));
        }
        return Ok(0);
    }
    let play = play(&run, &files, &options)?;
    if selected.hosts.is_empty() && !play.hosts.is_lazy() {
        return Ok(0);
    }
    if let Some(dir) = &options.playbook_dir {
        crate::template::add_plugins(dir);
    }
    callbacks::show(&run, chosen(&run, &options))?;
    let script = playbook::Script { path: None, plays: vec![play] };
    playbook::execute(&run, &files, &[script])
}

/// What shows an ad-hoc command; where the settings want it, what shows playbooks.
fn chosen<'a>(run: &'a Run, options: &RunOptions) -> Chosen<'a> {
    let (settings, verbosity) = (&run.settings, options.common.verbosity);
    let arguments = json!({
        "args": options.pattern, "check": options.common.check, "diff": options.common.diff,
        "verbosity": verbosity, "subset": options.common.inventory.limit,
        "module_name": options.module_name, "module_args": options.module_args,
        "inventory": options.common.inventory.sources, "forks": options.common.runtime.forks,
        "connection": options.common.connection.connection,
    });
    let unnamed = settings.load_callback_plugins.value;
    // As in the reference, the name of the one for playbooks means none.
    let chooses = unnamed && settings.stdout_callback.value != "default";
    if chooses && !options.one_line && options.tree.is_none() {
        return playbook::chosen(settings, verbosity, arguments);
    }
    let mut sink = prepare::sink(settings, &run.secrets);
    for told in deprecated(options) {
        sink.tell(&told);
    }
    let output = AdHoc {
        sink,
        one_line: options.one_line,
        verbosity,
        diff_context: usize::try_from(settings.diff_context.value).unwrap_or(3),
        said: std::collections::HashSet::new(),
    };
    let mut shown = prepare::output_options(settings, verbosity);
    let mut beside = Vec::new();
    if let Some(folder) = &options.tree {
        shown.tree = Some(folder.clone());
        beside.push("tree".to_owned());
    }
    if unnamed {
        beside.extend(settings.callbacks_enabled.value.iter().cloned());
    }
    Chosen { main: Main::Made(Box::new(output)), beside, unnamed, arguments, options: shown }
}

/// What is said of the forms of output that have options of their own, as they were given.
fn deprecated(options: &RunOptions) -> Vec<Told> {
    let mut told = Vec::new();
    let mut add = |option: &str, plugin: &str, help: &'static str| {
        told.push(Told {
            help: Some(help),
            ..Told::deprecation(format!("The '{option}' argument is deprecated."), None)
        });
        told.push(Told::deprecation(format!("The {plugin} callback plugin is deprecated."), None));
    };
    let given = |long: &str| std::env::args().any(|word| word.starts_with(long));
    if options.one_line {
        let option = if given("--one-line") { "--one-line" } else { "-o" };
        add(
            option,
            "oneline",
            "Use callback configuration to enable the oneline callback instead.",
        );
    }
    if options.tree.is_some() {
        let option = if given("--tree") { "--tree" } else { "-t" };
        add(option, "tree", "Use callback configuration to enable the tree callback instead.");
    }
    told
}

/// The folder that stands in for the playbook's.
fn dir(options: &RunOptions) -> PathBuf {
    options.playbook_dir.clone().unwrap_or_else(|| PathBuf::from("."))
}

/// The pattern of hosts, which may be an expression over variables of the command line.
pub(super) fn pattern(run: &Run, given: &str, dir: &Path) -> Result<String, Refusal> {
    if !Template::is_in(given) {
        return Ok(given.to_owned());
    }
    let span = written_at("<CLI option 'pattern'>", given);
    let template = Template::new(given, Some(span));
    let level = Arc::new(Level {
        kind: LevelKind::Play,
        keywords: Keywords::default(),
        vars: Arc::default(),
        parent: None,
    });
    let value = Value::Template(Arc::new(template));
    let found = playbook::resolve(run, &run.world.extra_vars, dir, &value, &level);
    found.map(|value| value.to_text()).map_err(|error| Refusal::new(ERROR, error))
}

/// Refuses an action that cannot be, or has nothing to do.
fn check(name: &str, text: &str, options: &RunOptions) -> Result<(), Refusal> {
    let written = options.module_name.as_str();
    let refuse = |error: Diagnostic| Refusal::new(OPTIONS_ERROR, error);
    if name == "import_playbook" {
        return Err(refuse(Diagnostic::bare(format!(
            "'{written}' is not a valid action for ad-hoc commands"
        ))));
    }
    let needs_args =
        matches!(name, "command" | "shell" | "script" | "raw" | "win_command" | "win_shell");
    if needs_args && text.is_empty() {
        let looks_like_a_file = std::path::Path::new(&options.pattern).extension();
        let hint = if looks_like_a_file.is_some_and(|extension| extension == "yml") {
            " (did you mean to run ansible-playbook?)"
        } else {
            ""
        };
        return Err(refuse(Diagnostic::bare(format!(
            "No argument passed to {written} module{hint}"
        ))));
    }
    Ok(())
}

/// The play of one task that the options say.
fn play(run: &Run, files: &Files, options: &RunOptions) -> Result<Arc<Play>, Refusal> {
    let written = options.module_name.as_str();
    let dir = dir(options);
    let action_span = written_at("<CLI option '-m'>", written);
    let span = written_at("<CLI option '-a'>", &options.module_args);
    let mut keywords = Keywords::default();
    keywords.set(Keyword::GatherFacts, Value::Bool(false), span);
    let level =
        Arc::new(Level { kind: LevelKind::Play, keywords, vars: Arc::default(), parent: None });
    let resolve = |value: &Value, level: &Arc<Level>| {
        playbook::resolve(run, &run.world.extra_vars, &dir, value, level)
    };
    let called = resolve(&text("<CLI option '-m'>", written), &level)
        .map_err(|error| Refusal::new(ERROR, error))?
        .to_text();
    let loader = Loader::new(playbook::surroundings(run, files, &resolve));
    let (name, foreign) = loader.action_of(&called, &action_span, &level, &dir);
    let name = &*name;
    // Nothing is read before the run, so that an import is an include that says nothing of itself.
    let name = match name {
        "import_tasks" => "include_tasks",
        "import_role" => "include_role",
        name => name,
    };
    let given = options.module_args.trim();
    check(name, given, options)?;
    let refuse = |error: Diagnostic| Refusal::new(OPTIONS_ERROR, error);
    let entries = arguments(name, given).map_err(refuse)?;
    let span = written_at(&format!("<adhoc '{written}' task>"), &described(options, &entries));
    let mut own = Keywords::default();
    if options.task_timeout > 0 {
        own.set(Keyword::Timeout, Value::Int(options.task_timeout), span.clone());
    }
    if options.background > 0 {
        own.set(Keyword::Async, Value::Int(options.background), span.clone());
        own.set(Keyword::Poll, Value::Int(options.poll_interval), span.clone());
    }
    let task = Task {
        level: Arc::new(Level {
            kind: LevelKind::Task,
            keywords: own,
            vars: Arc::default(),
            parent: Some(Arc::clone(&level)),
        }),
        name: None,
        action: name.into(),
        foreign,
        action_written: called.into(),
        action_span,
        args: Args { entries, whole: Vec::new() },
        looping: None,
        listen: Vec::new(),
        dir: dir.clone(),
        includes: Arc::default(),
        span: span.clone(),
    };
    if let Some(error) = super::meta::out_of_place(&task) {
        let status = if error.fault == Fault::Absence { ERROR } else { PARSER_ERROR };
        return Err(Refusal::new(status, error));
    }
    Ok(Arc::new(Play {
        condition: None,
        level,
        hosts: text("<CLI option 'args'>", &options.pattern),
        name: Some(Value::str("Ansible Ad-Hoc")),
        vars_files: Vec::new(),
        vars_prompt: Vec::new(),
        sections: vec![vec![Entry::Task(Arc::new(task))]],
        handlers: Vec::new(),
        roles: Vec::new(),
        dir,
        span,
    }))
}

/// A word of the command line, which may be a template.
fn text(option: &str, given: &str) -> Value {
    if !Template::is_in(given) {
        return Value::str(given);
    }
    Value::Template(Arc::new(Template::new(given, Some(written_at(option, given)))))
}

/// A place in a text that is in no file.
fn written_at(name: &str, text: &str) -> Span {
    let source = Source::new(name, text);
    let end = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    Span::new(&source, (0, 0), (0, end))
}

/// The task as messages show it, for want of a line in a file.
fn described(options: &RunOptions, entries: &[Argument]) -> String {
    let args = entries.iter().map(|Argument { name, value, .. }| match value {
        Value::Template(template) => {
            (Value::str(Arc::clone(name)), Value::Str(Arc::clone(&template.text)))
        }
        other => (Value::str(Arc::clone(name)), other.clone()),
    });
    let task = Value::dict(
        [
            ("action", Value::str(options.module_name.as_str())),
            ("args", Value::dict(args)),
            ("timeout", Value::Int(options.task_timeout)),
            ("async_val", Value::Int(options.background)),
            ("poll", Value::Int(options.poll_interval)),
        ]
        .map(|(key, value)| (Value::str(key), value)),
    );
    task.to_repr()
}

/// Arguments from `key=value` text or a JSON object.
fn arguments(name: &str, text: &str) -> Result<Vec<Argument>, Diagnostic> {
    let span = written_at("<CLI option '-a'>", text);
    if text.starts_with('{') && !text.starts_with("{{") {
        let document = yaml::parse(&span.source)?;
        let root = document.root.map(|node| node.to_value());
        if let Some(Value::Dict(dict)) = root {
            return Ok(dict
                .iter()
                .map(|(key, value)| Argument::new(key.to_text(), value.clone(), span.clone()))
                .collect());
        }
    }
    let free_form = matches!(name, "command" | "shell" | "script" | "raw");
    let found =
        parse_key_values(text, free_form).map_err(|message| Diagnostic::error(&span, message))?;
    let values = found.into_values().into_iter().map(|(key, value)| {
        let span = written_at("<CLI option '-a'>", &value.to_text());
        let value = match value {
            Value::Template(template) => {
                let span = written_at("<CLI option '-a'>", &template.text);
                let template = Template::new(Arc::clone(&template.text), Some(span));
                Value::Template(Arc::new(template))
            }
            other => other,
        };
        Argument::new(key, value, span)
    });
    Ok(values.collect())
}
