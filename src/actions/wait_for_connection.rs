//! `wait_for_connection`: tries until a host can be reached.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::Action;
use crate::{
    executor::{Call, Failure, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "wait_for_connection",
    spec: Some(manual! {
        /// Waits until the host can be reached and does what it is told
        ///
        /// # Examples
        /// ```yaml
        /// - name: Wait for a machine that was just made
        ///   ansible.builtin.wait_for_connection:
        ///     delay: 10
        ///     timeout: 300
        ///
        /// - name: Wait, with the usual limits
        ///   ansible.builtin.wait_for_connection:
        /// ```
        {
            /// How many seconds one attempt to connect may take
            connect_timeout: i64 = "5",
            /// How many seconds to wait before the first attempt
            delay: i64 = "0",
            /// How many seconds between two attempts
            sleep: i64 = "1",
            /// How many seconds to try
            timeout: i64 = "600",
        }
    }),
    open: false,
    needs_host: true,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    if call.check {
        let mut result = Dict::new();
        result.insert("skipped", true);
        result.insert("changed", false);
        return Ok(Step::Done(result));
    }
    let seconds = |name: &str, default: u64| match call.args.get(name) {
        None | Some(Value::None) => Ok(Duration::from_secs(default)),
        Some(Value::Float(given)) => {
            Ok(Duration::try_from_secs_f64(given.trunc()).unwrap_or_default())
        }
        Some(given) => match given.to_text().trim().parse::<i64>() {
            Ok(given) => Ok(Duration::from_secs(u64::try_from(given).unwrap_or(0))),
            Err(_) => Err(Failure::at(
                None,
                format!("invalid literal for int() with base 10: '{}'", given.to_text()),
            )),
        },
    };
    let (delay, sleep, timeout) =
        (seconds("delay", 0)?, seconds("sleep", 1)?, seconds("timeout", 600)?);
    let connect = seconds("connect_timeout", 5)?;
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
