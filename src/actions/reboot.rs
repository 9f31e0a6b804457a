//! `reboot`: restarts a host and waits until it is back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use windlass_protocol::{JsonMap, TaskRequest};

use super::Action;
use crate::{
    connection::Target,
    executor::{Call, Failure, Run, Step},
    remote::{Event, Method, Request},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "reboot",
    spec: Some(manual! {
        /// Restarts the host, and waits until it is there again
        ///
        /// Check mode restarts nothing and says that it would.
        ///
        /// # Examples
        /// ```yaml
        /// - name: Restart after the kernel was updated
        ///   ansible.builtin.reboot:
        ///   when: kernel is changed
        ///
        /// - name: Give a slow machine more time, and look for what must run
        ///   ansible.builtin.reboot:
        ///     reboot_timeout: 1800
        ///     post_reboot_delay: 20
        ///     test_command: systemctl is-active docker
        /// ```
        {
            /// Command whose answer differs from one boot to the next
            boot_time_command: String = "cat /proc/sys/kernel/random/boot_id",
            /// How many seconds one attempt to connect may take
            connect_timeout | connect_timeout_sec: Option<i64>,
            /// What the users of the host are told
            msg: String = "Reboot initiated by Ansible",
            /// How many seconds to wait after the command
            post_reboot_delay | post_reboot_delay_sec: i64 = "0",
            /// How many seconds before the host goes down; `shutdown` takes whole minutes
            pre_reboot_delay | pre_reboot_delay_sec: i64 = "0",
            /// Command that restarts the host; without it `shutdown` with what it needs
            reboot_command: Option<String>,
            /// How many seconds the host may take to come back, and as many again for `test_command`
            reboot_timeout | reboot_timeout_sec: i64 = "600",
            /// Folders in which `shutdown` is looked for
            search_paths: Vec<String> = "/sbin,/bin,/usr/sbin,/usr/bin,/usr/local/sbin",
            /// Command that must succeed before the host counts as there
            test_command: String = "whoami",
        }
    }),
    open: false,
    needs_host: true,
    run,
};

/// Where `shutdown` is looked for.
fn folders(call: &Call<'_>) -> Vec<String> {
    match call.args.get("search_paths") {
        Some(Value::List(given)) => given.iter().map(Value::to_text).collect(),
        Some(Value::None) | None => {
            ["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"].map(str::to_owned).into()
        }
        Some(one) => one.to_text().split(',').map(|folder| folder.trim().to_owned()).collect(),
    }
}

/// What differs from one start of a machine to the next.
const BOOT_ID: &str = "cat /proc/sys/kernel/random/boot_id";

#[expect(clippy::unnecessary_wraps, reason = "as all of its kind")]
fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let result = |changed: bool, elapsed: i64| {
        let mut result = Dict::new();
        result.insert("changed", changed);
        result.insert("elapsed", elapsed);
        result.insert("rebooted", changed);
        result
    };
    if call.is_local() {
        let mut result = result(false, 0);
        result.insert("failed", true);
        let name = &call.task.action_written;
        let message =
            format!("Running {name} with local connection would reboot the control node.");
        result.insert("msg", message);
        return Ok(Step::Done(result));
    }
    if call.check {
        return Ok(Step::Done(result(true, 0)));
    }
    let seconds = |name: &str, default: f64| {
        let given = call.text(name).or_else(|| call.text(&format!("{name}_sec")));
        let given = given.and_then(|text| text.trim().parse::<f64>().ok());
        Duration::try_from_secs_f64(given.unwrap_or(default).max(0.0)).unwrap_or_default()
    };
    let message = call.text("msg").unwrap_or_else(|| "Reboot initiated by Ansible".to_owned());
    let delay = seconds("pre_reboot_delay", 0.0);
    let (target, method) = call.raw_way();
    let mut quick = target.clone();
    quick.connect_timeout = seconds("connect_timeout", 5.0).max(Duration::from_secs(1));
    let reboot = Reboot {
        run: Arc::clone(call.run),
        target,
        quick,
        method,
        boot_id: call.text("boot_time_command").unwrap_or_else(|| BOOT_ID.to_owned()),
        restart: match call.text("reboot_command") {
            Some(line) => Restart::Line(line),
            None => Restart::Found {
                folders: folders(call),
                // `shutdown` counts in minutes.
                arguments: format!("-r {} \"{}\"", delay.as_secs() / 60, message.replace('"', "'")),
            },
        },
        start: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00").to_string(),
        check: call.text("test_command").unwrap_or_else(|| "whoami".to_owned()),
        limit: seconds("reboot_timeout", 600.0),
        after: seconds("post_reboot_delay", 0.0),
    };
    Ok(Step::Wait(Box::pin(async move {
        let began = Instant::now();
        reboot.perform().await?;
        let elapsed = i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX);
        let mut result = Dict::new();
        result.insert("changed", true);
        result.insert("elapsed", elapsed);
        result.insert("rebooted", true);
        Ok(result)
    })))
}

enum Restart {
    /// The user's own command.
    Line(String),
    /// `shutdown`, wherever it is.
    Found { folders: Vec<String>, arguments: String },
}

struct Reboot {
    run: Arc<Run>,
    target: Target,
    /// The same host, for attempts that must not take long.
    quick: Target,
    method: Option<Method>,
    boot_id: String,
    restart: Restart,
    /// When it began.
    start: String,
    check: String,
    limit: Duration,
    after: Duration,
}

impl Reboot {
    async fn perform(&self) -> Result<(), Failure> {
        let before = self.shell(&self.target, &self.boot_id).await?;
        if !succeeded(&before) {
            // Whether the host came back could not be known: it stays as it is.
            let rc = before.get("rc").map(Value::to_text).unwrap_or_default();
            let (out, errors) = (text(&before, "stdout"), text(&before, "stderr"));
            return Err(Failure::action(format!(
                "reboot: failed to get host boot time info, rc: {rc}, stdout: {out}, stderr: {errors}"
            ))
            .with("reboot", false));
        }
        let before = text(&before, "stdout");
        let restart = match &self.restart {
            Restart::Line(line) => line.clone(),
            Restart::Found { folders, arguments } => {
                format!("{} {arguments}", self.find(folders).await?)
            }
        };
        match self.shell(&self.target, &restart).await {
            Ok(result) if !succeeded(&result) => {
                let (out, errors) = (text(&result, "stdout"), text(&result, "stderr"));
                let both = [out, errors].into_iter().filter(|text| !text.is_empty());
                let both = both.collect::<Vec<_>>().join(", ");
                let failure = failed(format!("Reboot command failed. Error was: '{both}'"));
                return Err(failure.with("start", self.start.as_str()));
            }
            // A host that goes down at once takes the answer with it.
            Ok(_) | Err(_) => (),
        }
        let end = Instant::now() + self.limit;
        tokio::time::sleep(self.after).await;
        let is_new = |answer: &Dict| succeeded(answer) && text(answer, "stdout") != before;
        self.until(end, "last boot time check", &is_new, &self.boot_id).await?;
        self.until(end, "post-reboot test command", &succeeded, &self.check).await
    }

    /// Looks for the program that restarts, in these folders alone.
    async fn find(&self, folders: &[String]) -> Result<String, Failure> {
        let paths: Vec<String> = folders
            .iter()
            .map(|folder| format!("{}/shutdown", folder.trim_end_matches('/')))
            .collect();
        let line = format!(
            "for path in {}; do if [ -x \"$path\" ]; then echo \"$path\"; exit; fi; done",
            windlass_modules::host::join_words(&paths)
        );
        let found = text(&self.shell(&self.target, &line).await?, "stdout");
        if found.is_empty() {
            let listed: Vec<String> = folders.iter().map(|one| format!("'{one}'")).collect();
            let message = format!(
                "Unable to find command \"shutdown\" in search paths: [{}]",
                listed.join(", ")
            );
            return Err(Failure::at(None, message).with("changed", false));
        }
        Ok(found)
    }

    /// Runs a command again and again, over new connections, until its answer is right.
    async fn until(
        &self,
        end: Instant,
        what: &str,
        is_right: &(dyn Fn(&Dict) -> bool + Sync),
        line: &str,
    ) -> Result<(), Failure> {
        let mut wait = Duration::from_millis(500);
        loop {
            self.run.reset_connection(&self.quick).await;
            if let Ok(answer) = self.shell(&self.quick, line).await
                && is_right(&answer)
            {
                return Ok(());
            }
            if Instant::now() + wait >= end || self.run.was_interrupted() {
                let seconds = self.limit.as_secs();
                return Err(failed(format!("Timed out waiting for {what} (timeout={seconds})"))
                    .with("rebooted", true));
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(5));
        }
    }

    async fn shell(&self, target: &Target, line: &str) -> Result<Dict, Failure> {
        let session = self.run.open_session(target).await?;
        let args = JsonMap::from_iter([("_raw_params".to_owned(), line.into())]);
        let task = TaskRequest { module: "shell".to_owned(), args, ..TaskRequest::default() };
        let method = self.method.clone().filter(|method| method.user != session.hello().user);
        let mut answer = session.send(Request { task, contents: Vec::new(), method });
        loop {
            match answer.next().await {
                Event::Result(result) => {
                    let result = Value::from(serde_json::Value::Object(result));
                    return Ok(result.as_dict().cloned().unwrap_or_default());
                }
                Event::Output(..) | Event::Upload(_) => (),
                Event::BecomeFailed(error) => return Err(failed(error.message)),
                Event::Lost(lost) => return Err(Failure::unreachable(&lost.message)),
            }
        }
    }
}

fn failed(message: String) -> Failure {
    Failure::action(message).with("rebooted", false).with("elapsed", 0)
}

fn succeeded(result: &Dict) -> bool {
    result.get("rc").and_then(Value::as_int) == Some(0)
}

fn text(result: &Dict, key: &str) -> String {
    result.get(key).map(|value| value.to_text().trim().to_owned()).unwrap_or_default()
}
