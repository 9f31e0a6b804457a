//! `wait_for_connection`: tries until a host can be reached.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::Action;
use crate::{
    executor::{Call, Failure, Step},
    value::Dict,
};

pub(super) static UNIT: Action = Action {
    name: "wait_for_connection",
    args: &["connect_timeout", "delay", "sleep", "timeout"],
    open: false,
    needs_host: true,
    run,
};

#[expect(clippy::unnecessary_wraps, reason = "every action may fail")]
fn run(call: &Call<'_>) -> Result<Step, Failure> {
    if call.check {
        let mut result = Dict::new();
        result.insert("skipped", true);
        result.insert("changed", false);
        return Ok(Step::Done(result));
    }
    let seconds =
        |name: &str, default: u64| {
            let given = call.text(name).and_then(|text| text.trim().parse::<f64>().ok());
            Duration::from_secs_f64(given.map_or_else(
                || f64::from(u32::try_from(default).unwrap_or(0)),
                |value| value.max(0.0),
            ))
        };
    let (delay, sleep, timeout) =
        (seconds("delay", 0), seconds("sleep", 1), seconds("timeout", 600));
    let connect = seconds("connect_timeout", 5);
    let run = Arc::clone(call.run);
    let (mut target, _) = call.raw_way();
    target.connect_timeout = connect;
    Ok(Step::Wait(Box::pin(async move {
        let began = Instant::now();
        tokio::time::sleep(delay).await;
        loop {
            run.reset_connection(&target).await;
            match run.open_session(&target).await {
                Ok(_) => break,
                Err(failure) if began.elapsed() + sleep >= timeout => {
                    let why = failure
                        .causes
                        .first()
                        .map(|cause| cause.message.clone())
                        .unwrap_or_default();
                    return Err(Failure::action(format!(
                        "timed out waiting for ping module test: {why}"
                    ))
                    .with(
                        "elapsed",
                        i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX),
                    ));
                }
                Err(_) => tokio::time::sleep(sleep).await,
            }
        }
        let mut result = Dict::new();
        result.insert("changed", false);
        result.insert("elapsed", i64::try_from(began.elapsed().as_secs()).unwrap_or(i64::MAX));
        Ok(result)
    })))
}
