//! Actions, caches, callbacks, connections, filters, tests, lookups and vars plugins in Python, which lie beside playbooks, in roles and in collections.
//!
//! Invariant: no Python is started unless a task or template names a plugin that is none of ours and may be in such a file.

mod acting;
mod brought;
mod carrying;
mod installed;
mod manuals;
mod process;
mod served;
mod sources;
mod wire;

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use acting::{Acting, Actions};
pub use brought::{Brought, bring, brought, has_sources, in_collection};
pub use carrying::Carriers;
pub use installed::{core_installed, installed_where, site_packages};
pub use manuals::show_manual;
use parking_lot::ReentrantMutex;
use process::Process;
use serde_json::json;
pub use served::Served;
pub use sources::{Listed, has_source_plugin, list_source};
pub use wire::{Words, packed, unpacked, unpacked_with};

use crate::{
    template::{Back, Failure, Kind, Plugins, Request, TemplateError},
    value::{Undefined, Value},
};

/// Everything in Python that the playbooks of this run bring.
pub struct Python {
    folders: Mutex<Folders>,
    /// What was asked for already.
    known: Mutex<HashMap<(Kind, String), bool>>,
    /// Of what has a name of ours: whether it stands before ours.
    before: Mutex<HashMap<(Kind, String), bool>>,
    /// What a plugin of a collection is led to.
    led: Mutex<HashMap<(Kind, String), String>>,
    /// Follows the redirects of the collections in the folders as they are now.
    routes: Mutex<Option<Routes>>,
    read_routes: fn(Vec<PathBuf>, Installed) -> Routes,
    /// A plugin may ask for a value for which another plugin is called, in the same thread.
    process: ReentrantMutex<RefCell<State>>,
}

/// The folders `ansible_collections` among Python's packages.
type Installed = fn() -> &'static [PathBuf];

/// Returns what collections lead a plugin's full name to.
pub type Routes = Box<dyn Fn(Kind, &str) -> String + Send>;

/// Where plugins are looked for, the first one wins.
#[derive(Clone, Debug)]
struct Folders {
    by_kind: HashMap<Kind, Vec<PathBuf>>,
    /// Folders `ansible_collections`.
    collections: Vec<PathBuf>,
    /// Those among Python's packages, asked for when something is looked for in a collection.
    installed: Installed,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    Running(Process),
    /// There is no Python, for this reason.
    Failed(String),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Python {
    /// Returns the plugins of folders of filters, tests and lookups, and of collections in these folders
    /// `ansible_collections`.
    pub fn new(
        by_kind: [&[PathBuf]; 3],
        collections: Vec<PathBuf>,
        installed: Installed,
        read_routes: fn(Vec<PathBuf>, Installed) -> Routes,
    ) -> Python {
        let by_kind = Kind::ALL.into_iter().zip(by_kind);
        let by_kind = by_kind.map(|(kind, paths)| (kind, paths.to_vec())).collect();
        Python {
            folders: Mutex::new(Folders { by_kind, collections, installed }),
            known: Mutex::default(),
            before: Mutex::default(),
            led: Mutex::default(),
            routes: Mutex::default(),
            read_routes,
            process: ReentrantMutex::default(),
        }
    }

    /// Returns the name that collections lead one of theirs to.
    fn led(&self, kind: Kind, name: &str) -> String {
        if name.matches('.').count() < 2 {
            return name.to_owned();
        }
        let asked = (kind, name.to_owned());
        if let Some(led) = lock(&self.led).get(&asked) {
            return led.clone();
        }
        let read = || {
            let folders = lock(&self.folders).clone();
            (self.read_routes)(folders.collections, folders.installed)
        };
        let led = lock(&self.routes).get_or_insert_with(read)(kind, name);
        lock(&self.led).insert(asked, led.clone());
        led
    }

    fn find(&self, kind: Kind, name: &str) -> bool {
        let name = &self.led(kind, name);
        let folders = lock(&self.folders).clone();
        if !folders.may_have(kind, name) {
            return false;
        }
        let process = self.process.lock();
        if let Err(message) = started(&process, &folders) {
            tracing::warn!("{kind} {name}: {message}");
            return false;
        }
        let answer = exchange(&process, &json!({"do": "find", "kind": kind.name(), "name": name}));
        answer.is_ok_and(|answer| answer["value"] == true)
    }
}

/// Starts Python where it does not run yet, and tells it the folders.
fn started(process: &RefCell<State>, folders: &Folders) -> Result<(), String> {
    let mut state = process.borrow_mut();
    if matches!(*state, State::Idle) {
        *state = match Process::start(&installed::interpreters(), process::PLUGINS) {
            Ok(process) => State::Running(process),
            Err(message) => State::Failed(message),
        };
    }
    match &mut *state {
        State::Running(process) => process.tell(&folders.to_json()),
        State::Failed(message) => Err(message.clone()),
        State::Idle => Ok(()),
    }
}

/// Sends a message and waits for what comes back.
fn exchange(
    process: &RefCell<State>,
    message: &serde_json::Value,
) -> Result<serde_json::Value, String> {
    match &mut *process.borrow_mut() {
        State::Running(process) => process.exchange(message),
        State::Idle | State::Failed(_) => Err("Python does not run".to_owned()),
    }
}

impl Folders {
    /// Returns whether a file names this plugin: most have other names than ours, and Python need not say so.
    fn name(&self, kind: Kind, name: &str) -> bool {
        self.by_kind[&kind].iter().any(|folder| match kind {
            Kind::Lookup => folder.join(format!("{name}.py")).is_file(),
            Kind::Filter | Kind::Test => sources(folder).any(|path| {
                let text = std::fs::read(path).unwrap_or_default();
                text.windows(name.len()).any(|part| part == name.as_bytes())
            }),
        })
    }

    /// Returns whether there are files in which a plugin could be.
    fn may_have(&self, kind: Kind, name: &str) -> bool {
        let mut parts = name.split('.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(namespace), Some(collection), Some(_)) => {
                let below = Path::new(namespace).join(collection).join("plugins").join(kind.name());
                self.roots().any(|root| root.join(&below).is_dir())
            }
            _ => self.by_kind[&kind].iter().any(|folder| match kind {
                Kind::Lookup => folder.join(format!("{name}.py")).is_file(),
                Kind::Filter | Kind::Test => sources(folder).next().is_some(),
            }),
        }
    }

    fn roots(&self) -> impl Iterator<Item = &PathBuf> {
        self.collections.iter().chain(std::iter::once_with(self.installed).flatten())
    }

    fn to_json(&self) -> serde_json::Value {
        let roots: Vec<_> = self.roots().collect();
        let mut message = json!({"do": "add", "collections": roots});
        for (kind, folders) in &self.by_kind {
            message[kind.name()] = json!(folders);
        }
        message
    }
}

/// The files in Python that lie in a folder.
fn sources(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "py"))
}

impl Plugins for Python {
    fn add(&self, folder: &Path) {
        bring(folder);
        let mut folders = lock(&self.folders);
        let mut is_new = false;
        for kind in Kind::ALL {
            let own = folder.join(format!("{kind}_plugins"));
            let known = folders.by_kind.entry(kind).or_default();
            if !known.contains(&own) && own.is_dir() {
                known.push(own);
                is_new = true;
            }
        }
        let around = folder.ancestors().find(|dir| dir.ends_with("ansible_collections"));
        let beside = folder.join("collections/ansible_collections");
        if let Some(root) = around.map(Path::to_owned)
            && !folders.collections.contains(&root)
        {
            folders.collections.push(root);
            is_new = true;
        }
        if !folders.collections.contains(&beside) && beside.is_dir() {
            folders.collections.insert(0, beside);
            is_new = true;
        }
        if is_new {
            lock(&self.known).clear();
            lock(&self.before).clear();
            lock(&self.led).clear();
            *lock(&self.routes) = None;
        }
    }

    fn has(&self, kind: Kind, name: &str) -> bool {
        let asked = (kind, name.to_owned());
        if let Some(&known) = lock(&self.known).get(&asked) {
            return known;
        }
        let found = self.find(kind, name);
        lock(&self.known).insert(asked, found);
        found
    }

    fn stands_before(&self, kind: Kind, name: &str) -> bool {
        if lock(&self.folders).by_kind[&kind].is_empty() {
            return false;
        }
        let asked = (kind, name.to_owned());
        if let Some(&known) = lock(&self.before).get(&asked) {
            return known;
        }
        let is_named = lock(&self.folders).name(kind, name);
        let before = is_named && self.has(kind, name);
        lock(&self.before).insert(asked, before);
        before
    }

    fn call(&self, request: &Request, back: &dyn Back) -> Result<Value, Failure> {
        let process = self.process.lock();
        let args: Vec<_> = request.args.iter().map(wire::packed).collect();
        let named: serde_json::Map<_, _> = request
            .named
            .iter()
            .map(|(name, value)| (name.to_string(), wire::packed(value)))
            .collect();
        let mut message = json!({
            "do": "call", "kind": request.kind.name(), "name": self.led(request.kind, &request.name),
            "args": args, "kwargs": named, "base": request.base,
        });
        loop {
            // The process is not borrowed while what it asks is found out: that may call it again.
            let answer = exchange(&process, &message)?;
            if answer.get("ask").is_none() {
                return answered(&answer, request);
            }
            message = reply(&answer, back);
        }
    }
}

/// Answers what a plugin asks of variables and templates.
pub fn reply(asked: &serde_json::Value, back: &dyn Back) -> serde_json::Value {
    match question(asked, back) {
        Ok(answer) => answer,
        Err(failure) => json!({"error": failure.message, "undefined": failure.is_undefined}),
    }
}

/// Reads what a plugin gave at its end.
fn answered(answer: &serde_json::Value, request: &Request) -> Result<Value, Failure> {
    if let Some(message) = answer["error"].as_str() {
        let is_undefined = answer["undefined"] == true;
        let apart = answer["apart"].as_array().into_iter().flatten();
        let apart = apart.filter_map(|reason| reason.as_str().map(ToOwned::to_owned)).collect();
        return Err(Failure { message: message.to_owned(), is_undefined, apart });
    }
    let value = lazily(&answer["value"], &|message| request.undefined(message))?;
    match value {
        Value::Undefined(undefined) => Err(TemplateError::from(&*undefined).into()),
        value => Ok(value),
    }
}

/// Reads a value of which entries may be undefined until somebody uses them.
fn lazily(
    json: &serde_json::Value,
    undefined: &dyn Fn(&str) -> Arc<Undefined>,
) -> Result<Value, Failure> {
    wire::unpacked_with(json, &|text, words| {
        Ok(match words {
            Words::Undefined => Value::Undefined(undefined(text)),
            _ => Value::str(text),
        })
    })
}

fn question(asked: &serde_json::Value, back: &dyn Back) -> Result<serde_json::Value, Failure> {
    let text = |key: &str| asked[key].as_str().unwrap_or_default();
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == text("kind"));
    Ok(match text("ask") {
        "variable" => match back.variable(text("name"), asked["as_written"] == true)? {
            Some(value) => json!({"value": wire::packed(&value)}),
            None => json!({"missing": true}),
        },
        "names" => {
            let names = back.names();
            json!({"value": names.iter().map(|name| &**name).collect::<Vec<_>>()})
        }
        "template" => json!({"value": wire::packed(&back.template(text("text"))?)}),
        "has" => json!({"value": kind.is_some_and(|kind| back.has(kind, text("name")))}),
        _ => {
            let Some(kind) = kind else { return Err("no such kind".to_owned().into()) };
            let unpacked = |json| lazily(json, &|message| Arc::new(Undefined::new(message)));
            let mut args = Vec::new();
            for value in asked["args"].as_array().into_iter().flatten() {
                args.push(unpacked(value)?);
            }
            let mut named = Vec::new();
            for (name, value) in asked["kwargs"].as_object().into_iter().flatten() {
                named.push((name.as_str().into(), unpacked(value)?));
            }
            json!({"value": wire::packed(&back.apply(kind, text("name"), args, named)?)})
        }
    })
}
