//! Tasks in the background: started, and watched as long as `poll` says.

use std::{sync::Arc, time::Duration};

use windlass_protocol::{Job, TaskRequest};

use super::{Failure, connect::Way, task::Prepared, typed};
use crate::{
    output::{Event, JobState},
    playbook::Keyword,
    remote::Request,
    template::{Env, Scope as _},
    value::{Dict, Value},
    vars::Names,
};

/// What a job may take once its time is over until that stands in its file.
const GRACE: Duration = Duration::from_millis(300);

/// A task that goes on by itself.
pub(super) struct Background {
    /// Seconds that it may take.
    pub(super) limit: i64,
    /// Seconds between looks at it; 0 where nobody waits.
    pub(super) poll: i64,
    folder: String,
}

/// A job that somebody waits for.
pub(super) struct Watch {
    background: Background,
    way: Way,
}

impl Background {
    pub(super) fn request(&self) -> Job {
        Job {
            limit: f64::from(i32::try_from(self.limit).unwrap_or(i32::MAX)),
            folder: self.folder.clone(),
        }
    }

    /// Returns what waits for the job, unless it is left to itself.
    pub(super) fn watch(self, way: &Way) -> Option<Watch> {
        (self.poll > 0).then(|| Watch { background: self, way: way.clone() })
    }
}

/// Returns the folder in which jobs say how they go, for this host.
pub(crate) fn folder(names: &Names, env: &Env<'_>, setting: &str) -> Result<String, Failure> {
    match names.get("ansible_async_dir") {
        Some(value) => {
            let value = env.eval(&value).map_err(|error| Failure::template(&error, "", None))?;
            Ok(value.to_text())
        }
        None => Ok(setting.to_owned()),
    }
}

impl Prepared {
    /// Returns how the task goes on by itself; `None` for most tasks.
    pub(super) fn job(&self, names: &Names, env: &Env<'_>) -> Result<Option<Background>, Failure> {
        let Some(limit) = self.number(env, Keyword::Async)?.filter(|limit| *limit > 0) else {
            return Ok(None);
        };
        let poll = self.number(env, Keyword::Poll)?;
        let poll = poll.unwrap_or(self.run.settings.poll_interval.value);
        let folder = folder(names, env, &self.run.settings.async_dir.value)?;
        Ok(Some(Background { limit, poll, folder }))
    }

    /// A keyword that is a whole number.
    fn number(&self, env: &Env<'_>, keyword: Keyword) -> Result<Option<i64>, Failure> {
        let value = typed::evaluated(&self.task.level, keyword, env)?;
        Ok(value.and_then(|(value, _)| typed::as_int(&value)))
    }

    /// Looks at a job until it has ended or its time is over; a lost connection is no end.
    pub(super) async fn watch(
        &self,
        watch: Watch,
        started: Dict,
        no_log: bool,
    ) -> Result<Dict, Failure> {
        let Watch { background, way } = watch;
        let id: Arc<str> =
            started.get("ansible_job_id").map(Value::to_text).unwrap_or_default().into();
        let shown = (!no_log).then(|| Arc::clone(&id));
        let say = |state| {
            let (task, host) = (Arc::clone(&self.start), Arc::clone(&self.host.name));
            self.turn.event(self.slot, Event::Job { task, host, state, id: shown.clone() });
        };
        let interval = Duration::from_secs(u64::try_from(background.poll).unwrap_or(1));
        let mut left = background.limit;
        let mut last = started;
        while left > 0 {
            left -= background.poll;
            // The job ends with its time: the last look sees that.
            let wait = if left <= 0 { interval + GRACE } else { interval };
            let began = tokio::time::Instant::now();
            match self.look(&background, &way, &id, wait).await {
                Ok(result) if result.get("finished").is_some_and(Value::says_yes) => {
                    let failed = result.get("failed").is_some_and(Value::says_yes);
                    say(if failed { JobState::Failed } else { JobState::Ok });
                    return Ok(result);
                }
                Ok(result) => last = result,
                Err(failure) if self.run.is_interrupted() => return Err(failure),
                // It may come back, and the job with it.
                Err(_) => tokio::time::sleep_until(began + wait).await,
            }
            if left > 0 {
                say(JobState::Running);
            }
        }
        say(JobState::Failed);
        let message = format!(
            "async task did not complete within the requested time - {}s",
            background.limit
        );
        let mut result = Dict::new();
        result.insert("failed", true);
        result.insert("msg", message);
        result.insert("async_result", Value::from(last));
        Ok(result)
    }

    /// Asks the host for a job; the answer comes when it has ended, or after so long.
    async fn look(
        &self,
        background: &Background,
        way: &Way,
        id: &str,
        wait: Duration,
    ) -> Result<Dict, Failure> {
        let session = self.run.session(&way.target).await?;
        let args = Value::dict([
            ("jid", Value::str(id)),
            ("_async_dir", Value::str(background.folder.as_str())),
            ("_windlass_wait", Value::Float(wait.as_secs_f64())),
            ("_windlass_forget", Value::Bool(true)),
        ]);
        let args = args.as_dict().expect("made above").iter();
        let task = TaskRequest {
            module: "async_status".to_owned(),
            args: args.map(|(key, value)| (key.to_text(), value.to_json())).collect(),
            lane: self.lane,
            ..TaskRequest::default()
        };
        let method = self.method_on(&session, way);
        let mut answer = session.send(Request { task, contents: Vec::new(), method });
        self.answer(&mut answer, None).await
    }
}
