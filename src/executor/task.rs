//! One task on one host: conditions, arguments, action, result.

use std::{
    collections::HashSet,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
};

use tokio::sync::{OnceCell, OwnedSemaphorePermit};
use windlass_modules::spec::FromArg as _;
use windlass_protocol::{JsonMap, TaskRequest};

use super::{
    Failure, Run, arguments,
    connect::Way,
    emit::Turn,
    jobs::{Background, Watch},
    surroundings::{Environment, address},
    typed,
};
use crate::{
    actions,
    connection::{Kind, Target},
    diagnostic::{Span, Told},
    output::TaskStart,
    playbook::{Keyword, Level, Task},
    remote::{Answer, Content},
    template::{Env, Scope as _, TemplateError},
    value::{Dict, Origin, Template, Value},
    vars::{HostData, Names, PlayData},
};

/// What an action is given.
pub struct Call<'a> {
    pub run: &'a Arc<Run>,
    pub play: &'a Arc<PlayData>,
    /// The host that the task is for.
    pub host: &'a Arc<HostData>,
    /// The host that does it.
    pub target_host: &'a Arc<HostData>,
    pub task: &'a Arc<Task>,
    pub names: &'a Names,
    pub env: &'a Env<'a>,
    /// Evaluated arguments.
    pub args: Dict,
    pub check: bool,
    pub diff: bool,
    pub no_log: bool,
    pub(super) way: &'a Way,
    pub(super) prepared: &'a Prepared,
}

/// What an action does next.
pub enum Step {
    /// It is done.
    Done(Dict),
    /// The helper has to run a module.
    Remote(Box<Remote>),
    /// It has to wait for something else than a module.
    Wait(Pin<Box<dyn Future<Output = Result<Dict, Failure>> + Send>>),
}

impl Step {
    /// Returns that of an action that did not begin, and says why.
    pub fn skipped(message: impl Into<Value>) -> Step {
        let mut result = Dict::new();
        result.insert("changed", false);
        result.insert("skipped", true);
        result.insert("msg", message);
        result.insert("_ansible_windlass_not_begun", true);
        Step::Done(result)
    }
}

/// Where bytes go that a module sends.
pub(super) type Sink = Box<dyn FnMut(&[u8]) -> std::io::Result<()> + Send>;

/// What an action makes of the result of its module.
pub(super) type Finish = Box<dyn FnOnce(Dict) -> Result<Dict, Failure> + Send>;

/// A module to run, and what the action makes of its result.
pub struct Remote {
    pub module: String,
    pub args: JsonMap,
    pub contents: Vec<Content>,
    pub sink: Option<Sink>,
    pub finish: Option<Finish>,
    /// Whether it runs on the controller, whatever host the task is for.
    pub on_controller: bool,
}

impl Remote {
    /// Returns a module with these arguments.
    pub fn new(module: &str, args: &Dict) -> Remote {
        let args = args.iter().map(|(key, value)| (key.to_text(), value.to_json())).collect();
        Remote {
            module: module.to_owned(),
            args,
            contents: Vec::new(),
            sink: None,
            finish: None,
            on_controller: false,
        }
    }
}

impl Call<'_> {
    /// Returns an argument's text.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.args.get(name)? {
            Value::None => None,
            value => Some(value.to_text()),
        }
    }

    /// Returns an argument that says yes or no.
    pub fn truth(&self, name: &str) -> Option<bool> {
        match self.args.get(name)? {
            Value::None => None,
            value => Some(value.says_yes()),
        }
    }

    /// Returns whether the task's commands run on the controller itself.
    pub fn is_local(&self) -> bool {
        self.way.target.kind == Kind::Local
    }

    /// Returns the kind of terminal that a command has which is sent no input over SSH, and what is said where it closes.
    pub fn terminal(&self) -> Option<(String, String)> {
        let target = &self.way.target;
        let named = self.variable("ansible_ssh_use_tty");
        let wanted = named
            .and_then(|text| bool::from_arg(&text.into()).ok())
            .unwrap_or(self.run.settings.ssh_use_tty.value);
        if target.kind != Kind::Ssh || !wanted {
            return None;
        }
        let is_shared = target.ssh_args.iter().any(|word| word.contains("ControlPersist"));
        let connection = if is_shared { "Shared connection" } else { "Connection" };
        let closed = format!("{connection} to {} closed.\r\n", target.host);
        Some((std::env::var("TERM").unwrap_or_default(), closed))
    }

    /// Returns the folder in which jobs in the background say how they go.
    pub fn jobs_folder(&self) -> Result<String, Failure> {
        super::jobs::folder(self.names, self.env, &self.run.settings.async_dir.value)
    }

    /// Returns whether the task is delegated, be it to its own host.
    pub fn is_delegated(&self) -> bool {
        self.task.level.keyword(Keyword::DelegateTo).is_some()
    }

    /// Returns a variable of the host that the task is for, evaluated.
    pub fn variable(&self, name: &str) -> Option<String> {
        let value = self.env.eval(&self.names.get(name)?).ok()?;
        (!matches!(value, Value::None | Value::Omit)).then(|| value.to_text())
    }

    /// Returns an open connection without a helper, and the user to become.
    pub fn raw_way(&self) -> (crate::connection::Target, Option<crate::remote::Method>) {
        (self.way.target.clone(), self.run.method_without_helper(self.way))
    }

    /// Returns the user that the task asks to become, though it may be who logs in.
    pub fn asked_to_become(&self) -> Option<&crate::remote::Method> {
        self.way.method.as_ref()
    }
}

/// What may be notified.
#[derive(Default)]
pub(super) struct KnownHandlers {
    /// Names and topics of all handlers.
    pub(super) names: HashSet<String>,
    /// Why others can be notified by no name.
    pub(super) unusable: Vec<String>,
}

/// A task that is about to happen on a host: what all its items share.
pub(super) struct Prepared {
    pub(super) run: Arc<Run>,
    pub(super) play: Arc<PlayData>,
    pub(super) host: Arc<HostData>,
    pub(super) task: Arc<Task>,
    pub(super) start: Arc<TaskStart>,
    pub(super) turn: Arc<Turn>,
    pub(super) slot: usize,
    /// What is sent in one lane runs in its order: a host's tasks do.
    pub(super) lane: u32,
    /// Held from the first request to the local helper on.
    pub(super) local_fork: OnceCell<Option<OwnedSemaphorePermit>>,
    /// The names of all handlers, where one that nobody has ends the run.
    pub(super) handlers: Option<Arc<KnownHandlers>>,
    /// What its templates warn of, until a result says it.
    pub(super) told: Mutex<Vec<Told>>,
    /// Arguments as they are, of a task that an action in Python asks for.
    pub(super) given: Option<Dict>,
}

/// How one turn of a task went.
pub(super) struct Turned {
    pub(super) result: Result<Dict, Failure>,
    /// The host that did it, and its address.
    pub(super) delegate: Option<(Arc<str>, Arc<str>)>,
    pub(super) no_log: bool,
    /// Whether a condition kept it from being done.
    pub(super) skipped: bool,
}

/// A turn whose module runs, or that is over.
pub(super) enum Started {
    Over(Turned),
    Running {
        answer: Answer,
        sink: Option<Sink>,
        finish: Option<Finish>,
        watch: Option<Watch>,
        delegate: Option<(Arc<str>, Arc<str>)>,
        no_log: bool,
        /// What the result says it was called with.
        invocation: Option<Value>,
    },
    Waiting {
        future: Pin<Box<dyn Future<Output = Result<Dict, Failure>> + Send>>,
        delegate: Option<(Arc<str>, Arc<str>)>,
        no_log: bool,
    },
}

/// A turn whose way is not open yet.
#[expect(clippy::large_enum_variant, reason = "it lives for one turn, on the stack")]
pub(super) enum Decision {
    Over(Turned),
    /// Connect, then send; nothing else is left to evaluate.
    Send {
        way: Way,
        remote: Box<Remote>,
        request: Box<TaskRequest>,
        watch: Option<Watch>,
        delegate: Option<(Arc<str>, Arc<str>)>,
        no_log: bool,
    },
    Wait {
        future: Pin<Box<dyn Future<Output = Result<Dict, Failure>> + Send>>,
        delegate: Option<(Arc<str>, Arc<str>)>,
        no_log: bool,
    },
}

impl Run {
    /// Whether a task's results are hidden where its keywords are not evaluated: only a plain `no_log` counts.
    pub(super) fn hides_as_written(&self, task: &Task) -> bool {
        match task.level.keyword(Keyword::NoLog) {
            Some((value, _)) => matches!(value, Value::Bool(true)),
            None => self.settings.no_log.value,
        }
    }
}

impl Prepared {
    /// Returns the names as the task sees them, without loop variables.
    pub(super) fn names(&self) -> Names {
        Names::new(&self.run.world, Some(&self.play), Some(&self.host)).with_task(&self.task)
    }

    /// Tells what is printed which action an expression stands for, where it can be known before the loop.
    pub(super) fn named(mut self) -> Prepared {
        if Template::is_in(&self.task.action) {
            let names = self.names();
            let context = names.world.context(names.search_path());
            let name = crate::actions::evaluated_name(&self.task, &Env::new(&names, &context));
            if let Ok(Some(name)) = name {
                self.start = Arc::new(TaskStart { action: name.into(), ..(*self.start).clone() });
            }
        }
        self
    }

    /// Evaluates a keyword that says yes or no.
    pub(super) fn keyword_truth(
        &self,
        env: &Env<'_>,
        keyword: Keyword,
    ) -> Result<Option<bool>, Failure> {
        let value = typed::evaluated(&self.task.level, keyword, env)?;
        let value = value.filter(|(value, _)| !matches!(value, Value::None));
        Ok(value.map(|(value, _)| typed::holds(&value)))
    }

    /// Everything of a turn that needs no waiting: conditions, arguments, the action's own work.
    pub(super) fn decide(&self, names: &Names, env: &Env<'_>) -> Decision {
        let no_log = self.hides(env);
        let decide = || {
            // Who would do it is asked before whether it is done, as in the reference.
            self.delegate(names, env).map_err(Failure::unasked)?;
            if let Some(result) = self.conditions(env)? {
                let (delegate, skipped) = (None, true);
                return Ok(Decision::Over(Turned {
                    result: Ok(result),
                    delegate,
                    no_log,
                    skipped,
                }));
            }
            let environment = self.check_keywords(env)?;
            self.decide_action(names, env, environment, no_log)
        };
        decide().unwrap_or_else(|failure| {
            let delegate = self.delegate_shown(names, env);
            Decision::Over(Turned { result: Err(failure), delegate, no_log, skipped: false })
        })
    }

    /// The result of a skipped task when a condition does not hold.
    pub(super) fn conditions(&self, env: &Env<'_>) -> Result<Option<Dict>, Failure> {
        for (condition, place) in conditions_of(&self.task.level) {
            let holds = env
                .one_condition_at(condition, Some(&place))
                .map_err(|error| Failure::template(&error, "", Some(&place)).unasked())?;
            if !holds {
                let mut result = Dict::new();
                result.insert("changed", false);
                result.insert("skipped", true);
                result.insert("skip_reason", "Conditional result was False");
                result.insert("false_condition", env.shown_condition(condition));
                return Ok(Some(result));
            }
        }
        Ok(None)
    }

    fn arguments(&self, env: &Env<'_>) -> Result<Dict, Failure> {
        match &self.given {
            Some(given) => Ok(given.clone()),
            None => arguments::evaluate(&self.task, env, &self.run, &self.play.play),
        }
    }

    /// The folder in which a module begins on the controller, where becoming does not choose one.
    fn starts_in(&self, is_local: bool, way: &Way) -> Option<String> {
        let chosen = way.method.as_ref().is_some_and(|method| method.chdir.is_some());
        let dir = (is_local && !chosen).then(|| self.play.play.dir.as_path())?;
        std::path::absolute(dir).ok().map(|dir| dir.display().to_string())
    }

    pub(super) fn decide_action(
        &self,
        names: &Names,
        env: &Env<'_>,
        environment: Option<Environment>,
        no_log: bool,
    ) -> Result<Decision, Failure> {
        let (target_host, delegate_names) = self.delegate(names, env)?;
        // A delegated task may ask who does it.
        let asking = match &delegate_names {
            Some(delegate) => Some(Self::names_of_delegated(names, &target_host.name, delegate)?),
            None => None,
        };
        let names = asking.as_ref().unwrap_or(names);
        let asked = asking.as_ref().map(|names| names.world.context(names.search_path()));
        let own_env = asked.as_ref().map(|asked| Env::new(names, asked).telling(&self.told));
        let env = own_env.as_ref().unwrap_or(env);
        let environment = environment.map_or_else(|| self.environment(env), Ok);
        let environment = environment.map_err(Failure::unasked)?;
        let args = self.arguments(env)?;
        let check = self.keyword_truth(env, Keyword::CheckMode)?.unwrap_or(self.run.options.check);
        let diff = self.keyword_truth(env, Keyword::Diff)?.unwrap_or(self.run.options.diff);
        let way_names = delegate_names.as_ref().unwrap_or(names);
        let context = delegate_names.as_ref().map(|names| names.world.context(names.search_path()));
        let way_env =
            context.as_ref().map(|context| Env::new(way_names, context).telling(&self.told));
        let way_env = way_env.as_ref().unwrap_or(env);
        let way = self.run.way(way_names, way_env)?;
        self.check_timeout(env)?;
        let delegate = (delegate_names.is_some() && target_host.name != self.host.name)
            .then(|| (Arc::clone(&target_host.name), address(&way, way_names, way_env)));
        let call = Call {
            run: &self.run,
            play: &self.play,
            host: &self.host,
            target_host: &target_host,
            task: &self.task,
            names,
            env,
            args,
            check,
            diff,
            no_log,
            way: &way,
            prepared: self,
        };
        let mut job = self.job(names, env)?;
        if job.is_some() && !actions::may_be_job(&self.task.action) {
            let message =
                format!("This action ({}) does not support async.", self.task.action_written);
            return Err(Failure::plain(message));
        }
        let step = actions::run(&call)?;
        Ok(match step {
            Step::Done(result) => {
                Decision::Over(Turned { result: Ok(result), delegate, no_log, skipped: false })
            }
            Step::Wait(future) => Decision::Wait { future, delegate, no_log },
            Step::Remote(remote) => {
                let is_local = remote.on_controller || call.is_local();
                let request = TaskRequest {
                    module: remote.module.clone(),
                    args: remote.args.clone(),
                    lane: self.lane,
                    check,
                    diff,
                    environment,
                    cwd: self.starts_in(is_local, call.way),
                    stream: self.run.options.live
                        && !no_log
                        && (self.run.options.verbosity > 0 || self.start.n_hosts == 1),
                    timeout: self.timeout(env)?,
                    verbosity: self.run.options.verbosity,
                    contents: Vec::new(),
                    pushed: 0,
                    job: job.as_ref().map(Background::request),
                };
                let way = if remote.on_controller {
                    let target =
                        Target { shell: way.target.shell.clone(), ..Target::local("localhost") };
                    Way { target, method: None }
                } else {
                    way
                };
                let watch = job.take().and_then(|job| job.watch(&way));
                Decision::Send { way, remote, request: Box::new(request), watch, delegate, no_log }
            }
        })
    }
}

/// Every condition under which a task is done, and where it stands.
pub(super) fn conditions_of(level: &Level) -> impl Iterator<Item = (&Value, Span)> {
    let mut last = None;
    level.conditions().into_iter().flat_map(conditions_in).filter(move |(condition, _)| {
        // As the reference joins lists: nothing is none, and of equal ones in a row the first counts.
        let is_new = last.is_none_or(|last: &Value| last != *condition);
        last = Some(*condition);
        is_new && !matches!(condition, Value::None)
    })
}

/// One condition or the list of them that a keyword or an argument is, and where each stands.
pub(crate) fn conditions_in(
    (value, whole): &(Value, Span),
) -> impl Iterator<Item = (&Value, Span)> {
    let place = move |condition: &Value, origin: Option<&Origin>| match condition {
        Value::Template(template) if template.span.is_some() => template.span.clone(),
        _ => origin.and_then(Origin::span),
    };
    let list = value.as_list();
    let one = list.is_none().then(|| (value, place(value, None)));
    let several = list.into_iter().flat_map(move |list| {
        list.iter().enumerate().map(move |(at, one)| (one, place(one, list.origin(at))))
    });
    one.into_iter().chain(several).map(|(one, place)| (one, place.unwrap_or_else(|| whole.clone())))
}

/// Whether a condition, or all of a list of them, holds; where one cannot be evaluated, why, and where it stands.
pub(super) fn hold(said: &(Value, Span), env: &Env<'_>) -> Result<bool, (TemplateError, Span)> {
    for (condition, place) in conditions_in(said) {
        match env.one_condition_at(condition, Some(&place)) {
            Ok(true) => (),
            Ok(false) => return Ok(false),
            Err(error) => return Err((error, place)),
        }
    }
    Ok(true)
}
