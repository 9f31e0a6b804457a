//! A module on its way: sent to the host that runs it, and awaited.

use std::{sync::Arc, time::Duration};

use windlass_protocol::{Stream, TaskRequest};

use super::{
    Failure, invocation,
    task::{Decision, Prepared, Remote, Sink, Started, Turned},
};
use crate::{
    connection::{BY_SSH, Kind},
    output::{Cause, Event},
    playbook::Keyword,
    remote::{Answer, Event as RemoteEvent, Request},
    template::Env,
    value::{Dict, Value},
};

/// Says in a result which of its text is no UTF-8.
pub(crate) const NO_UTF8: &str = "_ansible_windlass_no_utf8";

impl Prepared {
    /// Opens the way and sends the module.
    pub(super) async fn start(&self, decision: Decision) -> Started {
        match decision {
            Decision::Over(turned) => Started::Over(turned),
            Decision::Wait { future, delegate, no_log } => {
                Started::Waiting { future, delegate, no_log }
            }
            Decision::Send { way, remote, request, watch, delegate, no_log } => {
                if way.target.kind == Kind::Local {
                    let forks = Arc::clone(&self.run.local_forks);
                    self.local_fork.get_or_init(async || forks.acquire_owned().await.ok()).await;
                }
                let session = match self.run.session(&way.target).await {
                    Ok(session) => session,
                    Err(failure) => {
                        return Started::Over(Turned {
                            result: Err(failure),
                            delegate,
                            no_log,
                            skipped: false,
                        });
                    }
                };
                let Remote { contents, sink, finish, .. } = *remote;
                let method = self.method_on(&session, &way);
                let is_left_alone = self.task.own(Keyword::Async).is_some() && watch.is_none();
                let invocation = (self.tells_invocation() && !is_left_alone)
                    .then(|| invocation::describe(&request))
                    .flatten();
                if let Some(account) = changed_account(&request) {
                    session.leave(account);
                }
                let answer = session.send(Request { task: *request, contents, method });
                Started::Running { answer, sink, finish, watch, delegate, no_log, invocation }
            }
        }
    }

    /// Whether results say what the module was called with: items that are registered do, what much output is wanted of,
    /// and those of modules that an action in Python calls.
    fn tells_invocation(&self) -> bool {
        self.given.is_some()
            || self.run.options.verbosity > 2
            || self.run.printer.wants().invocations
            || (self.task.looping.is_some() && self.task.own(Keyword::Register).is_some())
    }

    /// Waits for the end of a turn.
    pub(super) async fn finish(&self, started: Started) -> Turned {
        match started {
            Started::Over(turned) => turned,
            Started::Waiting { future, delegate, no_log } => {
                let mut result = future.await;
                if let Ok(result) = &mut result
                    && !self.tells_invocation()
                {
                    result.remove("invocation");
                }
                Turned { result, delegate, no_log, skipped: false }
            }
            Started::Running { mut answer, sink, finish, watch, delegate, no_log, invocation } => {
                let mut result = self.answer(&mut answer, sink).await;
                if let (Some(watch), Ok(started)) = (watch, &result)
                    && started.contains_key("ansible_job_id")
                {
                    result = self.watch(watch, started.clone(), no_log).await;
                }
                let result = result
                    .and_then(|result| match finish {
                        Some(finish) => finish(result).and_then(|result| self.readable(result)),
                        None => Ok(result),
                    })
                    .map(|mut result| {
                        if let Some(invocation) = invocation {
                            result.insert("invocation", invocation);
                        } else if !self.tells_invocation() {
                            result.remove("invocation");
                        }
                        result
                    });
                Turned { result, delegate, no_log, skipped: false }
            }
        }
    }

    pub(super) async fn answer(
        &self,
        answer: &mut Answer,
        mut sink: Option<Sink>,
    ) -> Result<Dict, Failure> {
        loop {
            let event = tokio::select! {
                event = answer.next() => event,
                () = self.interrupted() => return Err(Failure::at(None, "the run was interrupted")),
            };
            match event {
                RemoteEvent::Output(stream, bytes) => self.output(stream, bytes),
                RemoteEvent::Upload(bytes) => {
                    let taken = sink.as_mut().map_or(Ok(()), |sink| sink(&bytes));
                    taken.map_err(|error| {
                        Failure::action(format!("cannot keep what was fetched: {error}"))
                    })?;
                    answer.acknowledge(bytes.len());
                }
                RemoteEvent::Result(result) => match Value::from(serde_json::Value::Object(result))
                {
                    Value::Dict(dict) => {
                        return self
                            .readable(Arc::unwrap_or_clone(dict))
                            .and_then(|dict| self.timed_out(dict))
                            .map(|dict| self.as_written(dict));
                    }
                    _ => return Ok(Dict::new()),
                },
                RemoteEvent::BecomeFailed(error) => {
                    return Err(Failure::became(&error));
                }
                RemoteEvent::Lost(lost) => {
                    return Err(match &lost.error {
                        Some(error) => Failure::connection(error),
                        None => Failure::unreachable(&format!("{BY_SSH}{}", lost.message)),
                    });
                }
            }
        }
    }

    /// A result with text that is no UTF-8 is a failure, unless a setting says that this is well.
    fn readable(&self, mut result: Dict) -> Result<Dict, Failure> {
        let Some(why) = result.remove(NO_UTF8) else { return Ok(result) };
        if !self.run.settings.module_strict_utf8_response.value {
            return Ok(result);
        }
        let message =
            format!("Refusing to deserialize an invalid UTF8 string value: {}", why.to_text());
        let help = "This check can be disabled with the `MODULE_STRICT_UTF8_RESPONSE` setting.";
        let cause = Cause { message, apart: true, help: Some(help), ..Cause::default() };
        let failure = Failure { causes: vec![cause], apart: true, ..Failure::default() };
        Err(failure.with("changed", false))
    }

    /// A module that was stopped because its time was over says so in the reference's words.
    fn timed_out(&self, result: Dict) -> Result<Dict, Failure> {
        let was_cancelled =
            result.get("msg").and_then(Value::as_str) == Some("the task was cancelled");
        let Some((limit, _)) = self.task.level.keyword(Keyword::Timeout).filter(|_| was_cancelled)
        else {
            return Ok(result);
        };
        let names = self.names();
        let context = names.world.context(names.search_path());
        let limit = Env::new(&names, &context).eval(limit).unwrap_or_default().to_text();
        let period = limit.trim().parse::<i64>().map_or(Value::str(limit.as_str()), Value::Int);
        let ended = Value::dict([
            (
                "frame",
                Value::str("Configure `DISPLAY_TRACEBACK` to see a traceback on timeout errors."),
            ),
            ("period", period),
        ]);
        let message = format!("Timed out after {limit} second(s).");
        Err(Failure::at(None, message).with("changed", false).with("timedout", ended))
    }

    /// A module without check mode says so with the name that the task calls it by.
    fn as_written(&self, mut result: Dict) -> Dict {
        let (start, end) = ("remote module (", ") does not support check mode");
        let says_so = |text: &str| text.starts_with(start) && text.ends_with(end);
        if result.get("msg").and_then(Value::as_str).is_some_and(says_so)
            && result.get("skipped").is_some()
        {
            result.insert("msg", format!("{start}{}{end}", self.task.action_written));
        }
        result
    }

    async fn interrupted(&self) {
        while !self.run.is_interrupted() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn output(&self, stream: Stream, bytes: Vec<u8>) {
        self.turn
            .event(self.slot, Event::Output { host: Arc::clone(&self.host.name), stream, bytes });
    }
}

/// The account that a module is about to change.
fn changed_account(request: &TaskRequest) -> Option<&str> {
    (request.module == "user").then_some(())?;
    ["name", "user"].iter().find_map(|name| request.args.get(*name)?.as_str())
}
