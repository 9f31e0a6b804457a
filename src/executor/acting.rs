//! Actions in Python: what one asks for on its host is done as a task in its place.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use serde_json::{Value as Json, json};
use tokio::sync::OnceCell;

use super::{
    Call, Failure, Step,
    judge::add_lines,
    task::{Decision, Prepared, Turned},
};
use crate::{
    actions,
    playbook::{Args, Foreign, Keyword, Level, LevelKind, Routed, Task, foreign_in, module_in},
    plugins::{packed, reply, unpacked},
    template::{Asked, Env},
    value::{Dict, Value},
    vars::Names,
};

/// What the reference marks a module's result with; actions may look for it.
const PARSED: &str = "_ansible_parsed";

/// What the reference says where a module told none.
pub(super) const NO_TRACEBACK: &str = "(traceback unavailable)";

/// Keywords that are the action's own, not those of what it asks for.
const OUTER: [Keyword; 12] = [
    Keyword::Async,
    Keyword::Poll,
    Keyword::Until,
    Keyword::Retries,
    Keyword::Delay,
    Keyword::When,
    Keyword::ChangedWhen,
    Keyword::FailedWhen,
    Keyword::Register,
    Keyword::Notify,
    Keyword::Loop,
    Keyword::Name,
];

/// An action under way that asks for modules and other actions.
pub(super) struct Doing {
    /// The task that it does; what it asks for takes its place.
    pub(super) outer: Prepared,
    names: Names,
    no_log: bool,
}

/// How what an action asked for ended.
enum Done {
    /// With a result, which may be a failure's.
    Result(Dict),
    /// In a way that ends the action, too.
    Over(Failure),
    /// There is no such thing.
    Refused(String),
}

impl Call<'_> {
    /// Does the task by an action in Python.
    pub fn by_python(&self, path: &Path) -> Step {
        let is_inner = self.prepared.given.is_some();
        let message = self.message(path);
        Step::Wait(Box::pin(self.doing().run(message, is_inner)))
    }

    /// The task as an action that goes on without its call.
    pub(super) fn doing(&self) -> Doing {
        let outer = self.prepared.in_its_place(Arc::clone(&self.prepared.task), None);
        Doing { outer, names: self.names.clone(), no_log: self.no_log }
    }

    /// Returns the file that does what a task of this name says, where that is not ours.
    pub fn foreign(&self, name: &str) -> Option<Foreign> {
        self.prepared.action(name)?.1
    }

    /// What the action is told before it begins.
    fn message(&self, path: &Path) -> Json {
        let args: serde_json::Map<_, _> =
            self.args.iter().map(|(name, value)| (name.to_text(), packed(value))).collect();
        let is_own = |(name, value): &(&Value, &Value)| {
            let written = name.as_str().and_then(|name| self.task.args.get(name));
            written.is_some_and(|written| self.env.is_own_as(&written.value, value))
        };
        let own: Vec<_> = self.args.iter().filter(is_own).map(|(name, _)| name.to_text()).collect();
        let search = self.names.search_path();
        let roots = search.iter().flat_map(|dir| self.run.collections.roots(dir));
        let roots: Vec<PathBuf> = roots.map(std::borrow::Cow::into_owned).collect();
        let level = &self.task.level;
        let role = level.roles().next();
        let name = level.keyword(Keyword::Name).and_then(|(value, _)| self.env.eval(value).ok());
        let (target, method) = self.raw_way();
        let connection = target.plugin();
        let user = method.as_ref().map(|method| method.user.as_str());
        let job = self.prepared.job(self.names, self.env).ok().flatten();
        json!({
            "do": "action",
            "path": path,
            "collections": roots,
            "about": {
                "args": args,
                "own": own,
                "base": self.play.play.dir,
                "search_path": search,
                "role": role.map(|role| &*role.name),
                "role_path": role.map(|role| &role.dir),
                "host": target.host,
                "connection": connection,
                "plugged": target.plugged.as_ref().map(|plugged| &plugged.asked),
                "options": {
                    "host": target.host, "remote_addr": target.host, "remote_user": target.user,
                    "port": target.port,
                },
                "task": {
                    "name": name.map(|name| name.to_text()).unwrap_or_default(),
                    "action": &*self.task.action_written,
                    "check_mode": self.check, "diff": self.diff, "no_log": self.no_log,
                    "become": method.is_some(), "become_user": user,
                    "async_val": job.as_ref().map_or(0, |job| job.limit),
                    "poll": job.map_or(self.run.settings.poll_interval.value, |job| job.poll),
                },
                "play_context": {
                    "check_mode": self.check, "diff": self.diff, "no_log": self.no_log,
                    "verbosity": self.run.options.verbosity, "connection": connection,
                    "remote_addr": target.host, "remote_user": target.user, "port": target.port,
                    "become": method.is_some(), "become_user": user,
                    "become_method": method.as_ref().map(|method| &method.name),
                    "timeout": target.connect_timeout.as_secs(), "executable": "/bin/sh",
                },
            },
        })
    }
}

impl Doing {
    async fn run(self, mut message: Json, is_inner: bool) -> Result<Dict, Failure> {
        let told = |message: String| Failure::at(None, message);
        let run = Arc::clone(&self.outer.run);
        let mut acting = run.python.begin(is_inner).await.map_err(told)?;
        let mut over = None;
        loop {
            let answer = acting.exchange(message).await.map_err(told)?;
            message = match answer["ask"].as_str() {
                None => {
                    acting.end();
                    return over.map_or_else(|| ended(&answer), Err);
                }
                Some("module" | "action" | "put" | "fetch") => {
                    // What it asks for may be such an action again.
                    match Box::pin(self.perform(&answer)).await {
                        Done::Result(result) => json!({"value": packed(&result.into())}),
                        Done::Refused(message) => json!({"error": message}),
                        Done::Over(failure) => {
                            over = Some(failure);
                            json!({"value": null, "over": true})
                        }
                    }
                }
                Some("find_module") => {
                    let found = self.outer.module(text(&answer, "name"));
                    let path = found.map(|(name, foreign)| match foreign {
                        Some(Foreign::Module(path) | Foreign::Action(path)) => {
                            path.display().to_string()
                        }
                        None => name.to_string(),
                    });
                    json!({"value": path})
                }
                Some("has_action") => {
                    json!({"value": self.outer.action(text(&answer, "name")).is_some()})
                }
                Some(_) => {
                    let context = self.names.world.context(self.names.search_path());
                    reply(&answer, &Asked(&Env::new(&self.names, &context)))
                }
            };
        }
    }

    /// Does what the action asks for.
    async fn perform(&self, asked: &Json) -> Done {
        let given = |name: &str| Value::str(text(asked, name));
        let mut args = Dict::new();
        let mut check = asked["check"].as_bool();
        let name = match text(asked, "ask") {
            "put" | "fetch" => {
                args.insert("src", given("src"));
                args.insert("dest", given("dest"));
                check = Some(false);
                if text(asked, "ask") == "fetch" {
                    args.insert("flat", true);
                    "fetch"
                } else {
                    args.insert("decrypt", false);
                    "copy"
                }
            }
            _ => {
                for (name, value) in asked["args"].as_object().into_iter().flatten() {
                    match unpacked(value) {
                        Ok(value) => args.insert(name.as_str(), value),
                        Err(failure) => return Done::Refused(failure.message),
                    };
                }
                text(asked, "name")
            }
        };
        let is_module = text(asked, "ask") == "module";
        let found = if is_module { self.outer.module(name) } else { self.outer.action(name) };
        let Some((name, foreign)) = found else {
            return Done::Refused(format!(
                "The module {name} was not found in configured module paths"
            ));
        };
        // A module's source is on its host already; an action brings it there.
        if is_module && matches!(&*name, "copy" | "unarchive") && args.contains_key("src") {
            args.insert("remote_src", true);
        }
        let check = check.map(|check| (Keyword::CheckMode, Value::Bool(check)));
        let task = self.task(name, foreign, check, asked["wrap_async"] == true);
        match self.one(self.outer.in_its_place(task, Some(args))).await {
            Err(failure) if failure.unreachable => Done::Over(failure),
            Err(failure) => Done::Result(failure.finish(&self.outer.task.span).0),
            Ok(mut result) => {
                add_lines(&mut result);
                if is_module {
                    result.insert(PARSED, true);
                    if result.get("failed").is_some_and(Value::is_true) {
                        result.insert("exception", NO_TRACEBACK);
                    }
                }
                Done::Result(result)
            }
        }
    }

    /// Does a task in the place of the outer one.
    pub(super) async fn one(&self, inner: Prepared) -> Result<Dict, Failure> {
        let decision = {
            let context = self.names.world.context(self.names.search_path());
            let env = Env::new(&self.names, &context).telling(&inner.told);
            inner.decide_action(&self.names, &env, None, self.no_log)
        };
        let decision = decision.unwrap_or_else(|failure| {
            let (delegate, no_log) = (None, self.no_log);
            Decision::Over(Turned { result: Err(failure), delegate, no_log, skipped: false })
        });
        let started = inner.start(decision).await;
        inner.finish(started).await.result
    }

    /// The task that does what was asked for, with keywords of its own.
    pub(super) fn task(
        &self,
        name: Arc<str>,
        foreign: Option<Foreign>,
        own: impl IntoIterator<Item = (Keyword, Value)>,
        is_job: bool,
    ) -> Arc<Task> {
        let outer = &self.outer.task;
        let mut keywords = outer.level.keywords.clone();
        for keyword in OUTER {
            if !(is_job && matches!(keyword, Keyword::Async | Keyword::Poll)) {
                keywords.remove(keyword);
            }
        }
        for (keyword, value) in own {
            keywords.set(keyword, value, outer.span.clone());
        }
        let level = Level {
            kind: LevelKind::Task,
            keywords,
            vars: Arc::clone(&outer.level.vars),
            parent: outer.level.parent.clone(),
        };
        Arc::new(Task {
            level: Arc::new(level),
            name: None,
            action_written: Arc::clone(&name),
            action: name,
            foreign,
            action_span: outer.action_span.clone(),
            args: Args::default(),
            looping: None,
            listen: Vec::new(),
            dir: outer.dir.clone(),
            includes: Arc::clone(&outer.includes),
            span: outer.span.clone(),
        })
    }
}

impl Prepared {
    /// Finds a module by one of its names.
    pub(super) fn module(&self, name: &str) -> Option<(Arc<str>, Option<Foreign>)> {
        let short = actions::short_name(name);
        let library = self.dirs().map(|dir| dir.join("library")).collect::<Vec<_>>();
        let settings = &self.run.settings;
        let own = module_in(library.iter().chain(&settings.library.value), short);
        let own = own.map(|path| Foreign::Module(Arc::new(path)));
        let collections = &self.run.collections;
        // Where an action of this name is led does not matter to a module.
        let led = |dir: &Path, name: &str| Some(collections.plugin(dir, "modules", name));
        self.found(name, own, led, |dir, name| {
            Some(Foreign::Module(Arc::new(collections.module(dir, name)?)))
        })
    }

    /// Finds what a task of this name would do.
    fn action(&self, name: &str) -> Option<(Arc<str>, Option<Foreign>)> {
        let dirs: Vec<PathBuf> = self.dirs().collect();
        let settings = &self.run.settings;
        let (library, plugins) = (&settings.library.value, &settings.action_plugins.value);
        // One that stands for another of its name hands on to that one.
        let own = foreign_in(&dirs, actions::short_name(name), library, plugins)
            .filter(|own| Some(own) != self.task.foreign.as_ref());
        let collections = &self.run.collections;
        let led = |dir: &Path, name: &str| match collections.route(dir, name) {
            Routed::Name(name) => Some(name),
            Routed::Removed(_) => None,
        };
        self.found(name, own, led, |dir, name| collections.foreign(dir, name))
    }

    fn found(
        &self,
        name: &str,
        own: Option<Foreign>,
        led: impl Fn(&Path, &str) -> Option<String>,
        in_collection: impl Fn(&Path, &str) -> Option<Foreign>,
    ) -> Option<(Arc<str>, Option<Foreign>)> {
        if let Some(own) = own.filter(|_| !name.starts_with("ansible.builtin.")) {
            return Some((actions::short_name(name).into(), Some(own)));
        }
        if let Some(known) = actions::resolve(name) {
            return Some((known.into(), None));
        }
        let dir = &self.play.play.dir;
        let named = self.task.level.keyword(Keyword::Collections);
        let named =
            named.and_then(|(value, _)| value.as_list()).into_iter().flat_map(|it| it.iter());
        let short = (!name.contains('.')).then_some(name);
        let of_named =
            named.filter_map(|collection| Some(format!("{}.{}", collection.as_str()?, short?)));
        std::iter::once(name.to_owned()).chain(of_named).find_map(|name| {
            let name = led(dir, &name)?;
            if let Some(known) = actions::resolve(&name) {
                return Some((known.into(), None));
            }
            let name = actions::published(&name).unwrap_or(name);
            let foreign = in_collection(dir, &name)?;
            Some((name.into(), Some(foreign)))
        })
    }

    /// Folders that bring modules and actions: those of the task's roles, then the playbook's.
    fn dirs(&self) -> impl Iterator<Item = PathBuf> {
        let roles = self.task.level.roles().map(|role| role.dir.clone());
        roles.chain(std::iter::once(self.play.play.dir.clone()))
    }

    /// Another task in the place of this one.
    pub(super) fn in_its_place(&self, task: Arc<Task>, given: Option<Dict>) -> Prepared {
        Prepared {
            run: Arc::clone(&self.run),
            play: Arc::clone(&self.play),
            host: Arc::clone(&self.host),
            task,
            start: Arc::clone(&self.start),
            turn: Arc::clone(&self.turn),
            slot: self.slot,
            lane: self.lane,
            local_fork: OnceCell::new(),
            handlers: None,
            told: Mutex::default(),
            given,
        }
    }
}

fn text<'j>(asked: &'j Json, key: &str) -> &'j str {
    asked[key].as_str().unwrap_or_default()
}

/// Reads how an action ended.
fn ended(answer: &Json) -> Result<Dict, Failure> {
    let bad = |failure: crate::template::Failure| Failure::at(None, failure.message);
    let dict = |json: &Json| match unpacked(json).map_err(bad)? {
        Value::Dict(dict) => Ok(Arc::unwrap_or_clone(dict)),
        _ => Ok(Dict::new()),
    };
    let Some(message) = answer["error"].as_str() else {
        let mut result = dict(&answer["value"])?;
        result.remove(PARSED);
        // A module's failure has told how it came about; without that it is the action's own.
        let is_failed = result.get("failed").is_some_and(Value::is_true);
        if is_failed && !result.contains_key("exception") {
            result.insert("_ansible_windlass_action_failed", true);
        }
        return Ok(result);
    };
    if answer.get("result").is_none() {
        return Err(Failure::at(None, message));
    }
    let mut result = dict(&answer["result"])?;
    if answer["done"] == true {
        return Ok(result);
    }
    if answer["skips"] == true {
        result.insert("skipped", true);
        result.insert("_ansible_windlass_not_begun", true);
        result.insert("msg", message);
        return Ok(result);
    }
    let mut failure = Failure::plain(message);
    for (key, value) in result.iter().filter(|(key, _)| key.as_str() != Some("msg")) {
        failure.result.insert(key.clone(), value.clone());
    }
    Err(failure)
}
