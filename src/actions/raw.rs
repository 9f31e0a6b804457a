//! `raw`: a command line for the host's login shell, without a helper.

use std::sync::Arc;

use windlass_modules::host::quote_word;

use windlass_modules::spec::Spec;

use super::Action;
use crate::{
    connection::Pty,
    executor::{Call, Failure, Step},
    remote::{RunAsError, run_as},
    value::Dict,
};

pub(super) static UNIT: Action = Action {
    name: "raw",
    spec: Some(Spec {
        free_form: true,
        ..manual! {
            /// Runs a command over the connection alone, without anything on the host
            ///
            /// For hosts that can run nothing else, such as switches; everything else is better done with `command` or `shell`.
            ///
            /// # Examples
            /// ```yaml
            /// - name: Ask a switch for its version
            ///   ansible.builtin.raw: show version
            ///
            /// - name: Use a shell of one's own
            ///   ansible.builtin.raw: echo "$BASH_VERSION"
            ///   args:
            ///     executable: /bin/bash
            /// ```
            {
                /// Shell that runs the command, by its whole path
                executable: Option<String>,
            }
        }
    }),
    open: false,
    needs_host: true,
    run,
};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let Some(line) = call.text("_raw_params") else {
        return Err(Failure::action("no command given"));
    };
    let mut result = Dict::new();
    if call.check {
        result.insert("changed", false);
        result.insert("skipped", true);
        return Ok(Step::Done(result));
    }
    let command = match call.text("executable") {
        Some(executable) => format!("{executable} -c {}", quote_word(&line)),
        None => line,
    };
    let output = execute(call, command);
    Ok(Step::Wait(Box::pin(async move {
        let (status, stdout, stderr) = output.await?;
        let mut result = Dict::new();
        result.insert("changed", true);
        result.insert("rc", status);
        result.insert("stdout", stdout);
        result.insert("stderr", stderr);
        if status != 0 {
            result.insert("failed", true);
            result.insert("msg", "non-zero return code");
        }
        Ok(result)
    })))
}

/// Runs a command line as it is: its status and what it printed.
pub(super) fn execute(
    call: &Call<'_>,
    command: String,
) -> impl Future<Output = Result<(i64, String, String), Failure>> + Send + use<> {
    let (target, method) = call.raw_way();
    let run = Arc::clone(call.run);
    let terminal = call.terminal().map(|(_, closed)| closed);
    async move {
        let connection = run.open_connection(&target).await?;
        let lost = Failure::connection;
        let output = match method {
            Some(method) => run_as(&connection, &method, &command, terminal.is_some())
                .await
                .map_err(|error| match error {
                    RunAsError::Connection(error) => lost(&error),
                    RunAsError::Become(error) => Failure::became(&error),
                })?,
            None => {
                let pty = terminal.is_some().then(Pty::default);
                let process = connection.exec(&command, pty).await.map_err(|error| lost(&error))?;
                process.output(&[]).await.map_err(|error| lost(&error))?
            }
        };
        let status = match &output.status {
            crate::connection::ExitStatus::Code(code) => i64::from(*code),
            crate::connection::ExitStatus::Signal(_) => -1,
        };
        let (mut stdout, mut stderr) = (text(&output.stdout), text(&output.stderr));
        match terminal {
            Some(closed) => stderr.push_str(&closed),
            None => (stdout, stderr) = (stdout.replace("\r\n", "\n"), stderr.replace("\r\n", "\n")),
        }
        Ok((status, stdout, stderr))
    }
}
