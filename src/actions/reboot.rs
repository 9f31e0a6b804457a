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
    args: &[
        "boot_time_command",
        "connect_timeout",
        "connect_timeout_sec",
        "msg",
        "post_reboot_delay",
        "post_reboot_delay_sec",
        "pre_reboot_delay",
        "pre_reboot_delay_sec",
        "reboot_command",
        "reboot_timeout",
        "reboot_timeout_sec",
        "search_paths",
        "test_command",
    ],
    open: false,
    needs_host: true,
    run,
};

const BOOT_TIME: &str = "cat /proc/sys/kernel/random/boot_id";
const SEARCH_PATHS: &[&str] = &["/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"];
/// The longest pause between two looks at a host that is not back yet.
const LONGEST_PAUSE: Duration = Duration::from_secs(12);

/// What a playbook asks for.
struct Plan {
    boot_time_command: String,
    test_command: String,
    /// Command line of the restart; looked for on the host when absent.
    reboot_command: Option<String>,
    search_paths: Vec<String>,
    message: String,
    pre_delay: u64,
    post_delay: u64,
    timeout: u64,
}

/// The host, and how it is reached.
struct Way {
    run: Arc<Run>,
    target: Target,
    method: Option<Method>,
}

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    if call.is_local() {
        return Err(Failure::action(
            "Running reboot with local connection would reboot the control node.",
        )
        .with("elapsed", 0)
        .with("rebooted", false));
    }
    if call.check {
        return Ok(Step::Done(done(0, true)));
    }
    let seconds = |names: [&str; 2], default: u64| -> Result<u64, Failure> {
        let Some(text) = names.iter().find_map(|name| call.text(name)) else { return Ok(default) };
        text.trim()
            .parse::<f64>()
            .map(|value| Duration::from_secs_f64(value.max(0.0)).as_secs())
            .map_err(|_| {
                Failure::action(format!("`{}` is a number of seconds, not `{text}`", names[0]))
            })
    };
    let given_paths = call.args.get("search_paths").map(|value| match value {
        Value::List(items) => items.iter().map(Value::to_text).collect(),
        value => value.to_text().split(',').map(ToOwned::to_owned).collect(),
    });
    let plan = Plan {
        boot_time_command: call.text("boot_time_command").unwrap_or_else(|| BOOT_TIME.to_owned()),
        test_command: call.text("test_command").unwrap_or_else(|| "whoami".to_owned()),
        reboot_command: call.text("reboot_command"),
        search_paths: given_paths
            .unwrap_or_else(|| SEARCH_PATHS.iter().map(|path| (*path).to_owned()).collect()),
        message: call.text("msg").unwrap_or_else(|| "Reboot initiated by Ansible".to_owned()),
        pre_delay: seconds(["pre_reboot_delay", "pre_reboot_delay_sec"], 0)?,
        post_delay: seconds(["post_reboot_delay", "post_reboot_delay_sec"], 0)?,
        timeout: seconds(["reboot_timeout", "reboot_timeout_sec"], 600)?,
    };
    let (mut target, method) = call.raw_way();
    let connect = seconds(["connect_timeout", "connect_timeout_sec"], 0)?;
    if connect > 0 {
        target.connect_timeout = Duration::from_secs(connect);
    }
    let way = Way { run: Arc::clone(call.run), target, method };
    Ok(Step::Wait(Box::pin(async move { restart(&plan, &way).await })))
}

fn done(elapsed: u64, rebooted: bool) -> Dict {
    let mut result = Dict::new();
    result.insert("changed", true);
    result.insert("elapsed", i64::try_from(elapsed).unwrap_or(i64::MAX));
    result.insert("rebooted", rebooted);
    result
}

async fn restart(plan: &Plan, way: &Way) -> Result<Dict, Failure> {
    let before = way.boot_time(plan).await?;
    let command = match &plan.reboot_command {
        Some(command) => command.clone(),
        None => way.shutdown(plan).await?,
    };
    let began = Instant::now();
    let answer = way.shell(&command).await;
    // The connection may go before the answer comes: that is what was asked for.
    if let Ok(answer) = &answer
        && answer.status != 0
    {
        return Err(Failure::action(format!(
            "Reboot command failed. Error was: '{}, {}'",
            answer.stdout.trim(),
            answer.stderr.trim()
        ))
        .with("rebooted", false)
        .with("elapsed", 0));
    }
    tokio::time::sleep(Duration::from_secs(plan.post_delay)).await;
    let limit = Duration::from_secs(plan.timeout);
    let late = |what: &str, rebooted: bool| {
        Failure::action(format!("Timed out waiting for {what} (timeout={})", plan.timeout))
            .with("rebooted", rebooted)
            .with("elapsed", i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX))
    };
    let waiting = Instant::now();
    let mut pause = Duration::from_millis(500);
    loop {
        way.run.reset_connection(&way.target).await;
        if let Ok(now) = way.boot_time(plan).await
            && now != before
        {
            break;
        }
        if waiting.elapsed() + pause >= limit {
            return Err(late("last boot time check", false));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    let waiting = Instant::now();
    let mut pause = Duration::from_millis(500);
    loop {
        if way.shell(&plan.test_command).await.is_ok_and(|answer| answer.status == 0) {
            return Ok(done(began.elapsed().as_secs(), true));
        }
        if waiting.elapsed() + pause >= limit {
            return Err(late("post-reboot test command", true));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        way.run.reset_connection(&way.target).await;
    }
}

/// How a command line on the host ended.
struct Answer {
    status: i64,
    stdout: String,
    stderr: String,
}

impl Way {
    /// Returns what tells one boot from another.
    async fn boot_time(&self, plan: &Plan) -> Result<String, Failure> {
        let answer = self.shell(&plan.boot_time_command).await?;
        if answer.status != 0 {
            let Answer { status, stdout, stderr } = answer;
            return Err(Failure::action(format!(
                "reboot: failed to get host boot time info, rc: {status}, stdout: {stdout}, stderr: {stderr}"
            ))
            .with("rebooted", false)
            .with("elapsed", 0));
        }
        Ok(answer.stdout.trim().to_owned())
    }

    /// Returns the command line that restarts the host, with the first `shutdown` of the search paths.
    async fn shutdown(&self, plan: &Plan) -> Result<String, Failure> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let paths: Vec<String> =
            plan.search_paths.iter().map(|path| quoted(&format!("{path}/shutdown"))).collect();
        let look = format!(
            "for f in {}; do if [ -x \"$f\" ]; then echo \"$f\"; exit; fi; done; exit 1",
            paths.join(" ")
        );
        let found = self.shell(&look).await?;
        if found.status != 0 {
            let shown: Vec<String> =
                plan.search_paths.iter().map(|path| format!("'{path}'")).collect();
            return Err(Failure::action(format!(
                "Unable to find command \"shutdown\" in search paths: [{}]",
                shown.join(", ")
            ))
            .with("rebooted", false)
            .with("elapsed", 0));
        }
        // The tool counts in minutes.
        let minutes = plan.pre_delay / 60;
        let program = quoted(found.stdout.trim());
        Ok(format!("{program} -r {minutes} {}", quoted(&plan.message)))
    }

    async fn shell(&self, line: &str) -> Result<Answer, Failure> {
        let session = self.run.open_session(&self.target).await?;
        let args = JsonMap::from_iter([("_raw_params".to_owned(), line.into())]);
        let task = TaskRequest { module: "shell".to_owned(), args, ..TaskRequest::default() };
        let method = self.method.clone().filter(|method| method.user != session.hello().user);
        let mut answer = session.send(Request { task, contents: Vec::new(), method });
        loop {
            match answer.next().await {
                Event::Output(..) => (),
                Event::Result(result) => {
                    let text = |name: &str| {
                        let value = result.get(name).and_then(serde_json::Value::as_str);
                        value.unwrap_or_default().to_owned()
                    };
                    let status = result.get("rc").and_then(serde_json::Value::as_i64).unwrap_or(1);
                    let stderr =
                        if text("stderr").is_empty() { text("msg") } else { text("stderr") };
                    return Ok(Answer { status, stdout: text("stdout"), stderr });
                }
                Event::BecomeFailed(error) => return Err(Failure::action(error.message)),
                Event::Lost(lost) => return Err(Failure::unreachable(&lost.message)),
            }
        }
    }
}
