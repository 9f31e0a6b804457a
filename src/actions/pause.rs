//! `pause`: waits for a time, or for somebody.

use std::time::{Duration, Instant};

use windlass_modules::spec::{FromArg as _, explain};

use super::Action;
use crate::{
    executor::{Call, Failure, Paused, Step},
    output::Cause,
    value::{Dict, Value, float_text},
};

const NOBODY: &str = "Not waiting for response to prompt as stdin is not interactive";

pub(super) static UNIT: Action = Action {
    name: "pause",
    spec: Some(manual! {
        /// Waits for some time, or for the operator
        ///
        /// Without a time it asks for the Return key; Ctrl-C asks whether to go on or to end. Once for all hosts of the play.
        ///
        /// # Examples
        /// ```yaml
        /// - name: Give the cluster time to settle
        ///   ansible.builtin.pause:
        ///     seconds: 30
        ///
        /// - name: Ask before anything is deleted
        ///   ansible.builtin.pause:
        ///     prompt: Write yes to delete the old releases
        ///   register: answer
        /// ```
        {
            /// How many minutes
            minutes: Option<String>,
            /// How many seconds
            seconds: Option<String>,
            /// What is asked; the answer is in `user_input`
            prompt: Option<String>,
            /// Whether what is typed is shown
            echo: bool = "true",
        }
    }),
    open: false,
    needs_host: false,
    run,
};

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let number = |name: &str| number(call, name);
    let (minutes, seconds) = (number("minutes")?, number("seconds")?);
    let echo = match call.args.get("echo").filter(|echo| !matches!(echo, Value::None)) {
        None => true,
        Some(echo) => {
            let echo = echo.to_json();
            bool::from_arg(&echo)
                .map_err(|why| Failure::plain(explain("echo", &echo, &why).message))?
        }
    };
    let unit = if seconds.is_some() { "seconds" } else { "minutes" };
    let limit = minutes.map(|minutes| minutes * 60.0).or(seconds).map(|limit| limit.max(1.0));
    let prompt = call.text("prompt");
    let name = call.task.name.as_ref().map(crate::value::Value::to_text);
    let shown_name = name.unwrap_or_else(|| "pause".to_owned());
    let default =
        limit.is_none().then(|| "Press enter to continue, Ctrl+C to interrupt".to_owned());
    let question = prompt.or(default);
    let asker = std::sync::Arc::clone(&call.run.ask);
    let is_anybody_there = asker.is_there();
    let say = |text: String| {
        call.run.printer.event(&crate::output::Event::Verbose { level: 0, host: None, text });
    };
    let hidden = if echo { "" } else { " (output is hidden)" };
    let question = question.map(|question| format!("[{shown_name}]\n{question}{hidden}:"));
    if let Some(limit) = limit {
        say(format!("Pausing for {limit} seconds"));
        if is_anybody_there {
            say("(ctrl+C then 'C' = continue early, ctrl+C then 'A' = abort)".to_owned());
        }
        question.iter().cloned().for_each(say);
    }
    let prompt = question.filter(|_| limit.is_none()).unwrap_or_default();
    Ok(Step::Wait(Box::pin(async move {
        let began = Instant::now();
        let start = now();
        let length = limit.map(Duration::from_secs_f64);
        let paused = if is_anybody_there {
            let asked =
                tokio::task::spawn_blocking(move || asker.pause(&prompt, length, echo)).await;
            asked.unwrap_or(Paused::Aborted)
        } else {
            tokio::time::sleep(length.unwrap_or_default()).await;
            Paused::Over(String::new())
        };
        let Paused::Over(answer) = paused else {
            let abort = Cause {
                message: "user requested abort!".to_owned(),
                apart: true,
                ..Cause::default()
            };
            return Err(Failure { causes: vec![abort], ..Failure::default() });
        };
        let elapsed = began.elapsed();
        let length = elapsed.as_secs_f64() / if unit == "minutes" { 60.0 } else { 1.0 };
        let shown = format!("Paused for {} {unit}", float_text((length * 100.0).round() / 100.0));
        let mut result = Dict::new();
        result.insert("changed", false);
        result.insert("rc", 0);
        result.insert("stderr", "");
        result.insert("stdout", shown);
        result.insert("start", start);
        result.insert("stop", now());
        result.insert("delta", i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX));
        result.insert("echo", echo);
        result.insert("user_input", answer);
        if limit.is_none() && !is_anybody_there {
            result.insert("warnings", vec![Value::str(NOBODY)]);
        }
        Ok(result)
    })))
}

fn number(call: &Call<'_>, name: &str) -> Result<Option<f64>, Failure> {
    let Some(text) = call.text(name) else { return Ok(None) };
    text.trim().parse::<f64>().map(Some).map_err(|_| {
        let kind = call.args.get(name).map_or("str", Value::type_name);
        let why = match kind {
            "str" => format!("invalid literal for int() with base 10: '{text}'"),
            other => format!("int() argument must be a string, a bytes-like object or a real number, not '{other}'"),
        };
        Failure::plain(format!("argument '{name}' is of type {kind} and we were unable to convert to int: {why}"))
    })
}

/// The time as Python prints it.
fn now() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}
