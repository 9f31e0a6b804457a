//! The outputs of a run: ours, and callbacks in Python where there may be some.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, Weak},
};

use serde_json::{Value as Json, json};

use super::{
    prepare::{self, ERROR, Refusal},
    terminal,
};
use crate::{
    diagnostic::Diagnostic,
    executor::Run,
    output::{self, Aside, Beside, Event, Known, Options, Output, Plugin, PythonRun},
    plugins::{Served, brought, core_installed, has_sources, in_collection, packed, reply},
    template::{Asked, Env},
    value::Value,
    vars::Names,
    yaml,
};

/// What shows a run.
pub(super) struct Chosen<'a> {
    /// The output by its name, or one that is there already.
    pub(super) main: Main<'a>,
    /// Names of outputs beside it.
    pub(super) beside: Vec<String>,
    /// Whether callbacks that nobody names come, too.
    pub(super) unnamed: bool,
    /// What the command line says, for callbacks that ask.
    pub(super) arguments: Json,
    pub(super) options: Options,
}

pub(super) enum Main<'a> {
    Named(&'a str),
    Made(Box<dyn Output>),
}

/// A callback as Python describes it.
struct Loaded {
    plugin: Plugin,
    /// The name under which it was enabled.
    named: Option<String>,
}

/// Begins to show a run by the outputs that were chosen.
pub(super) fn show(run: &Arc<Run>, chosen: Chosen<'_>) -> Result<(), Refusal> {
    let sink = || prepare::sink(&run.settings, &run.secrets);
    let places = Places::new(run);
    let foreign_main = match &chosen.main {
        Main::Named(name) => places.is_foreign(name).then_some(*name),
        Main::Made(_) => None,
    };
    let named: Vec<&str> = chosen.beside.iter().map(|name| name.trim()).collect();
    let foreign: Vec<&str> = named.iter().copied().filter(|name| places.is_foreign(name)).collect();
    let wanted =
        foreign_main.is_some() || !foreign.is_empty() || chosen.unnamed && places.has_sources();
    let mut loaded = None;
    if wanted {
        match load(run, &places, &chosen, foreign_main, &foreign) {
            Ok(found) => loaded = Some(found),
            Err(error) if foreign_main.is_some() => return Err(error.refusal(foreign_main)),
            Err(error) => {
                terminal::complain(&format!("[WARNING]: Skipping callbacks: {}", error.message))
            }
        }
    }
    let mut outputs: Vec<Box<dyn Output>> = Vec::new();
    let mut in_python: Vec<Plugin> = Vec::new();
    let mut aside = None;
    let (python, mut plugins) =
        loaded.map_or((None, Vec::new()), |(run, found)| (Some(run), found));
    match chosen.main {
        Main::Made(output) => outputs.push(output),
        Main::Named(name) if foreign_main.is_some() => {
            if plugins.is_empty() {
                return Err(unknown(name));
            }
            in_python.push(plugins.remove(0).plugin);
            aside = Some(Aside::new(sink(), chosen.options.verbosity));
        }
        Main::Named(name) => {
            outputs.push(output::main(name, &chosen.options, sink()).ok_or_else(|| unknown(name))?);
        }
    }
    in_python
        .extend(plugins.iter().filter(|one| one.named.is_none()).map(|one| one.plugin.clone()));
    let mut close = |outputs: &mut Vec<Box<dyn Output>>, in_python: &mut Vec<Plugin>| {
        if let Some(python) = &python
            && !in_python.is_empty()
        {
            outputs.push(output::python(python, std::mem::take(in_python), aside.take()));
        }
    };
    for name in named.into_iter().filter(|name| !name.is_empty()) {
        if foreign.contains(&name) {
            let one = plugins.iter().find(|one| one.named.as_deref() == Some(name));
            in_python.extend(one.map(|one| one.plugin.clone()));
            continue;
        }
        match output::beside(name, &chosen.options, sink()) {
            Beside::Output(output) => {
                close(&mut outputs, &mut in_python);
                outputs.push(output);
            }
            Beside::Main => (),
            Beside::Unknown => skipped(name),
        }
    }
    close(&mut outputs, &mut in_python);
    run.printer.change(output::several(outputs));
    Ok(())
}

/// Why callbacks could not be loaded.
struct Unloaded {
    /// Nothing where the one that shows the run is not there.
    message: String,
    status: u8,
}

impl Unloaded {
    /// There is no Python to load them.
    fn no_python(message: String) -> Unloaded {
        Unloaded { message, status: 0 }
    }

    fn refusal(self, main: Option<&str>) -> Refusal {
        let main = main.unwrap_or_default();
        match (self.message.is_empty(), self.status) {
            (true, _) => unknown(main),
            (false, 0) => {
                let text = format!("Could not load '{main}' callback plugin.");
                Refusal::new(ERROR, Diagnostic::bare(text).hint(self.message))
            }
            (false, status) => Refusal::new(status, Diagnostic::bare(self.message)),
        }
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(ERROR, Diagnostic::bare(format!("Could not load '{name}' callback plugin.")))
}

fn skipped(name: &str) {
    terminal::complain(&format!("[WARNING]: Skipping callback plugin '{name}', unable to load"));
}

/// Where callbacks in Python may be.
struct Places<'a> {
    folders: Vec<PathBuf>,
    run: &'a Run,
}

impl<'a> Places<'a> {
    fn new(run: &'a Run) -> Places<'a> {
        let mut folders = brought().callbacks;
        folders.extend(run.settings.callback_plugins.value.iter().cloned());
        Places { folders, run }
    }

    /// Folders `ansible_collections`; looked for only where a name may be in one.
    fn collections(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        let near = self.folders.iter().filter_map(|folder| folder.parent());
        for root in near.chain([Path::new(".")]).flat_map(|near| self.run.collections.roots(near)) {
            let root = root.into_owned();
            if !found.contains(&root) {
                found.push(root);
            }
        }
        found
    }

    /// Returns whether a name may be that of a callback in Python: ours is meant unless a file of the operator's has its name.
    fn is_foreign(&self, name: &str) -> bool {
        let short = name.strip_prefix("ansible.legacy.").unwrap_or(name);
        if !short.contains('.')
            && self.folders.iter().any(|dir| dir.join(format!("{short}.py")).is_file())
        {
            return true;
        }
        if name.is_empty() || output::is_ours(name) {
            return false;
        }
        in_collection(name, "callback", &self.collections()).unwrap_or_else(|| {
            // It may be another name of one in a collection.
            self.run.settings.collections_scan_sys_path.value && core_installed()
        })
    }

    fn has_sources(&self) -> bool {
        self.folders.iter().any(|folder| has_sources(folder))
    }
}

/// Starts Python and lets it load callbacks: the one that shows the run comes first.
fn load(
    run: &Arc<Run>,
    places: &Places<'_>,
    chosen: &Chosen<'_>,
    main: Option<&str>,
    named: &[&str],
) -> Result<(PythonRun, Vec<Loaded>), Unloaded> {
    let sink = prepare::sink(&run.settings, &run.secrets);
    let message = json!({
        "do": "load",
        "stdout": main,
        // One of ours must not come again under its name among those that nobody names.
        "shown_by": match chosen.main { Main::Named(name) => name, Main::Made(_) => "minimal" },
        "enabled": run.settings.callbacks_enabled.value,
        "named": named,
        "unnamed": chosen.unnamed,
        "folders": places.folders,
        "collections": places.collections(),
        "verbosity": run.options.verbosity,
        "colored": sink.palette().is_some(),
        "colors": prepare::colors(&run.settings).map(|(name, _, color)| (name, &color.name, &color.code)),
        "columns": sink.columns(),
        "deprecations": run.settings.deprecation_warnings.value,
        "config_file": run.settings.config_file,
        "settings": {
            "display_skipped_hosts": chosen.options.show_skipped,
            "display_ok_hosts": chosen.options.show_ok,
            "display_failed_stderr": chosen.options.failed_to_stderr,
            "check_mode_markers": chosen.options.check_markers,
            "show_custom_stats": chosen.options.show_custom_stats,
            "show_per_host_start": chosen.options.show_host_start,
            "show_task_path_on_failure": chosen.options.show_task_path_on_failure,
            "result_format": if chosen.options.yaml_indent.is_some() { "yaml" } else { "json" },
            "pretty_results": chosen.options.pretty,
            "result_indentation": chosen.options.yaml_indent.unwrap_or(4),
        },
        "arguments": chosen.arguments,
        "base": std::env::current_dir().unwrap_or_default(),
    });
    let known = Arc::new(World(Arc::downgrade(run)));
    let callbacks = Served::callbacks().map_err(Unloaded::no_python)?;
    let python = PythonRun::new(callbacks, known, sink, chosen.options.clone());
    let answer = python.exchange(message).map_err(Unloaded::no_python)?;
    if let Some(error) = answer["error"].as_str() {
        let status = answer["status"].as_u64().and_then(|status| u8::try_from(status).ok());
        return Err(Unloaded { message: error.to_owned(), status: status.unwrap_or(ERROR) });
    }
    let found = answer["value"].as_array().into_iter().flatten().map(|one| {
        let methods = one["methods"].as_array().into_iter().flatten();
        Loaded {
            plugin: Plugin {
                index: usize::try_from(one["index"].as_u64().unwrap_or(0)).unwrap_or(0),
                methods: methods
                    .filter_map(Json::as_str)
                    .map(ToOwned::to_owned)
                    .collect::<HashSet<_>>(),
            },
            named: one["named"].as_str().map(ToOwned::to_owned),
        }
    });
    Ok((python.clone(), found.collect()))
}

/// What callbacks may ask of the run.
struct World(Weak<Run>);

impl Known for World {
    fn answer(&self, asked: &Json) -> Json {
        let Some(run) = self.0.upgrade() else { return json!({"error": "the run is over"}) };
        let text = |key: &str| asked[key].as_str().unwrap_or_default();
        match text("ask") {
            "yaml" => match yaml::value("DOCUMENTATION", text("text")) {
                Ok(value) => json!({"value": packed(&value)}),
                Err(error) => json!({"error": error.message}),
            },
            "host" => host(&run, text("host")),
            "group" => group(&run, text("group")),
            _ => {
                let host = asked["host"].as_str().and_then(|name| run.world.host(name));
                let names = Names::new(&run.world, run.play_under_way().as_ref(), host.as_ref());
                let context = run.world.context(names.search_path());
                reply(asked, &Asked(&Env::new(&names, &context)))
            }
        }
    }
}

fn host(run: &Run, name: &str) -> Json {
    let inventory = run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
    let Some(id) = inventory.host_id(name) else { return json!({"vars": {}, "groups": []}) };
    // Its own groups first, then those above them.
    let mut groups = inventory.host(id).groups.clone();
    for group in inventory.groups_of(id).into_iter().rev() {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let groups: Vec<_> =
        groups.into_iter().map(|group| inventory.group(group).name.to_string()).collect();
    let vars = inventory.host(id).vars.as_ref();
    json!({"vars": vars.map_or_else(|| json!({}), |vars| packed(&Value::Dict(Arc::clone(vars)))), "groups": groups})
}

fn group(run: &Run, name: &str) -> Json {
    let inventory = run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
    let Some(id) = inventory.group_id(name) else { return json!({"vars": {}, "hosts": []}) };
    let hosts = inventory.members(id).into_iter();
    let hosts: Vec<_> = hosts.map(|host| inventory.host(host).name.to_string()).collect();
    json!({"vars": packed(&inventory.group_vars(id, true).into()), "hosts": hosts})
}

/// An output for the time before it is known who shows the run.
pub(super) fn early(
    settings: &crate::settings::Settings,
    verbosity: u8,
    secrets: &output::Secrets,
) -> Box<dyn Output> {
    Box::new(Early(Aside::new(prepare::sink(settings, secrets), verbosity)))
}

struct Early(Aside);

impl Output for Early {
    fn event(&mut self, event: &Event) {
        self.0.event(event);
    }
}
