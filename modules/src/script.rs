//! `script`: a script of the controller, run on the host.

use windlass_macros::Args;

use crate::{
    host::{Command, Failure, Host, Outcome, Result, errno_text, quote_word},
    spec::ArgPath,
};

/// Runs a script of the controller on the host
///
/// The script is looked for beside the playbook and in the folder `files` of the role. In check mode it does not run.
///
/// # Examples
/// ```yaml
/// - name: Run our installer once
///   ansible.builtin.script:
///     cmd: install-agent.sh --region ch
///     creates: /opt/agent/bin/agent
///
/// - name: Count with a script of another language
///   ansible.builtin.script:
///     cmd: count-orders.pl --since yesterday
///     executable: /usr/bin/perl
///     chdir: /srv/shop
///   register: orders
/// ```
#[derive(Args)]
#[args(free_form)]
pub struct Args {
    /// The script and its arguments as free text
    #[arg(name = "_raw_params", hidden)]
    #[expect(dead_code, reason = "the controller reads it")]
    raw: Option<String>,
    /// The script and its arguments as text
    #[expect(dead_code, reason = "the controller reads it")]
    cmd: Option<String>,
    /// Folder in which it runs; an absolute path
    chdir: Option<String>,
    /// Runs nothing when this file is there
    creates: Option<ArgPath>,
    /// Runs nothing when this file is not there
    removes: Option<ArgPath>,
    /// Program that runs the script
    executable: Option<String>,
    /// Whether an encrypted script is decrypted on its way
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the controller reads it")]
    decrypt: bool,
    /// What kind of terminal the script has, where it has one
    #[arg(name = "_windlass_terminal", hidden)]
    terminal: Option<String>,
    /// What is said where the terminal closes
    #[arg(name = "_windlass_closed", hidden, default = "")]
    closed: String,
    /// Whether the script is not there, which the controller tells of where there is something to do
    #[arg(name = "_windlass_absent", hidden, default = "false")]
    absent: bool,
    /// Index of the script among the contents
    #[arg(name = "_windlass_content", hidden, default = "0")]
    content: u64,
    /// Name of the script, which programs may go by
    #[arg(name = "_windlass_name", hidden, default = "script")]
    name: String,
    /// What follows the script, as a shell reads it
    #[arg(name = "_windlass_arguments", hidden, default = "")]
    arguments: String,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let skip =
        |message: String| Ok(Outcome::changed_if(false).with("skipped", true).with("msg", message));
    if let Some(path) = args.creates.as_deref().filter(|path| host.exists(path)) {
        return skip(format!("{path} exists, matching creates option"));
    }
    if let Some(path) = args.removes.as_deref().filter(|path| !host.exists(path)) {
        return skip(format!("{path} does not exist, matching removes option"));
    }
    let chdir = args.chdir.as_deref().filter(|folder| !folder.is_empty());
    if let Some(folder) = chdir.filter(|folder| !folder.starts_with('/')) {
        let message =
            format!("chdir {folder} must be an absolute path for a Unix-aware remote node");
        return Err(Failure::new(message).with("_ansible_windlass_plain", true));
    }
    if args.absent {
        return Ok(Outcome::default());
    }
    if host.checking() {
        return match (&args.creates, &args.removes) {
            (None, None) => skip("Check mode is not supported for this task.".to_owned()),
            _ => Ok(Outcome::changed_if(true)),
        };
    }
    let script = Script::receive(&args, host)?;
    let program = match &args.executable {
        Some(executable) => format!("{executable} {}", quote_word(&script.path)),
        None => quote_word(&script.path),
    };
    let mut line = format!("{program} {}", args.arguments);
    if let Some(folder) = chdir {
        line = format!("cd {} && {line}", quote_word(folder));
    }
    let mut command = Command { stream: true, ..Command::shell(line.trim_end()) };
    if let Some(kind) = &args.terminal {
        command = Command { terminal: true, ..command.env("TERM", kind) };
    }
    let mut output = host.run(&command)?;
    output.stderr.extend_from_slice(args.closed.as_bytes());
    let outcome = Outcome::changed_if(true)
        .with("rc", output.status)
        .with("stdout", output.text())
        .with("stderr", output.error_text());
    if output.success() {
        return Ok(outcome);
    }
    let mut failure = Failure::new("non-zero return code").with("changed", true);
    failure.values.extend(outcome.values);
    Err(failure)
}

/// The script in a folder of its own, which goes when this is dropped.
struct Script<'a> {
    host: &'a Host,
    folder: String,
    path: String,
}

impl Script<'_> {
    fn receive<'a>(args: &Args, host: &'a Host) -> Result<Script<'a>> {
        let failed = |error: std::io::Error| {
            Failure::new(format!("cannot put the script on the host: {}", errno_text(&error)))
        };
        let content = u32::try_from(args.content).unwrap_or_default();
        host.contents().request(&[content]).map_err(failed)?;
        let mut reader = host.contents().open(content).map_err(failed)?;
        let parent = host.folder_for_programs();
        let folder = host.create_temporary(&parent, "windlass-", "", true).map_err(failed)?;
        let name = args.name.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("script");
        let script = Script { host, path: format!("{folder}/{name}"), folder };
        host.create_program(&script.path, &mut *reader).map_err(failed)?;
        Ok(script)
    }
}

impl Drop for Script<'_> {
    fn drop(&mut self) {
        // What stays behind is private to this user and in a folder that the system cleans.
        let _ = self.host.remove_tree(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use serde_json::{Value as Json, json};

    use crate::host::{Contents, TestHost};

    struct One(&'static [u8]);

    impl Contents for One {
        fn request(&self, contents: &[u32]) -> io::Result<()> {
            assert_eq!(contents, [0]);
            Ok(())
        }
        fn open(&self, _: u32) -> io::Result<Box<dyn Read + '_>> {
            Ok(Box::new(self.0))
        }
    }

    fn script(text: &'static str, args: Json) -> Json {
        let mut host = TestHost::with(&[]).real();
        host.hold(Box::new(One(text.as_bytes())));
        Json::Object(crate::find("script").unwrap().run(args.as_object().unwrap(), &host))
    }

    #[test]
    fn scripts_that_are_written_while_others_start_can_be_started() {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        assert_eq!(script("#!/bin/sh\necho hi\n", json!({}))["stdout"], "hi\n");
                    }
                });
            }
        });
    }

    #[test]
    fn a_script_runs_with_its_arguments_and_leaves_nothing() {
        let text =
            "#!/bin/sh\necho $# \"$2\" ${0##*/}; pwd; echo err >&2\nls -d \"$0\" > /dev/null";
        let args =
            json!({"_windlass_arguments": "a 'b c'", "_windlass_name": "x/s.sh", "chdir": "/"});
        assert_eq!(
            script(text, args),
            json!({"changed": true, "rc": 0, "stdout": "2 b c s.sh\n/\n", "stderr": "err\n"})
        );
        let result = script("echo \"$0\"", json!({}));
        let path = result["stdout"].as_str().unwrap().trim();
        assert!(!path.is_empty() && !std::path::Path::new(path).exists(), "{path}");
    }

    #[test]
    fn a_script_may_have_a_terminal() {
        let text = "#!/bin/sh\ntest -t 0 && test -t 1 && test -t 2 && echo $TERM\nread x || echo err >&2\n(sleep 9 &)\nexit 3";
        let args = json!({"_windlass_terminal": "dumb", "_windlass_closed": "closed.\r\n"});
        let result = script(text, args);
        assert_eq!(result["stdout"], "dumb\r\nerr\r\n");
        assert_eq!((&result["stderr"], &result["rc"]), (&json!("closed.\r\n"), &json!(3)));
    }

    #[test]
    fn another_program_may_run_it() {
        let result = script("print this", json!({"executable": "cat"}));
        assert_eq!(result["stdout"], "print this");
    }

    #[test]
    fn a_failing_script_has_changed_and_failed() {
        let result = script("exit 3", json!({}));
        assert_eq!(
            result,
            json!({
                "failed": true, "changed": true, "msg": "non-zero return code", "rc": 3, "stdout": "", "stderr": "",
            })
        );
        assert_eq!(
            script("", json!({"chdir": "rel"}))["msg"],
            "chdir rel must be an absolute path for a Unix-aware remote node"
        );
    }

    #[test]
    fn files_that_exist_or_not_make_it_unnecessary() {
        let result = script("", json!({"creates": "/"}));
        assert_eq!(
            result,
            json!({"changed": false, "skipped": true, "msg": "/ exists, matching creates option"})
        );
        let result = script("", json!({"removes": "/does/not/exist"}));
        assert_eq!(result["msg"], "/does/not/exist does not exist, matching removes option");
    }

    #[test]
    fn check_mode_runs_nothing() {
        let host = TestHost::with(&[]).check();
        let run = |args: Json| {
            Json::Object(crate::find("script").unwrap().run(args.as_object().unwrap(), &host))
        };
        assert_eq!(run(json!({}))["msg"], "Check mode is not supported for this task.");
        assert_eq!(run(json!({"creates": "/x"})), json!({"changed": true}));
    }
}
