//! A module that is not ours, as the controller sends it: a program, its arguments, and what it prints.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, errno_text},
    spec::{Json, JsonMap},
};

/// Runs a program of the controller that behaves as a module
#[derive(Args)]
pub struct Args {
    /// Name of the module, for messages
    #[arg(name = "_windlass_name", hidden)]
    name: String,
    /// What runs it, word by word; nothing where it runs by itself
    #[arg(name = "_windlass_interpreter", hidden)]
    interpreter: Vec<String>,
    /// How it gets its arguments
    #[arg(name = "_windlass_style", hidden)]
    style: Style,
    /// What its arguments file holds
    #[arg(name = "_windlass_arguments", hidden, default = "")]
    arguments: String,
    /// Hash of the Python library that it needs, the second content
    #[arg(name = "_windlass_library", hidden)]
    library: Option<String>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// In a file that is its argument.
    File,
    /// In itself.
    Inside,
    /// On standard input, with a library in its search path.
    Python,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let program = Program::receive(&args, host)?;
    let mut argv = args.interpreter.clone();
    if let Some(interpreter) = argv.first().filter(|word| host.which(word).is_none()) {
        return Err(no_interpreter(&args, interpreter));
    }
    argv.push(program.path.clone());
    let mut command = match args.style {
        Style::File => {
            let path = format!("{}/args", program.folder);
            host.create_program(&path, &mut args.arguments.as_bytes()).map_err(|e| cannot(&e))?;
            argv.push(path);
            Command::new(argv)
        }
        Style::Inside => Command::new(argv),
        Style::Python => Command::new(argv).stdin(args.arguments.as_bytes()),
    };
    if let Some(library) = &args.library {
        command = command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("WINDLASS_LIBRARY", &keep_library(host, library)?);
    }
    // Modules see their own folder as the one for temporary files.
    command = command.env("ANSIBLE_REMOTE_TMP", &program.folder);
    let output = as_shells_tell(host.run(&command)?);
    if host.in_background()
        && let Some(result) = told(&output)
    {
        return result;
    }
    // The controller reads it: what Python takes for JSON is more than what messages can hold.
    Ok(Outcome::changed_if(false)
        .with("_windlass_stdout", crate::text::from_bytes(output.stdout.clone()))
        .with("_windlass_stderr", output.error_text())
        .with("rc", output.status))
}

fn cannot(error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot put the module on the host: {}", errno_text(error)))
}

fn no_interpreter(args: &Args, interpreter: &str) -> Failure {
    let remedy = if args.style == Style::Python {
        " It is written in Python: install one on the host, or say where it is by ansible_python_interpreter."
    } else {
        ""
    };
    Failure::new(format!(
        "The module {} needs the interpreter '{interpreter}', which was not found on the host.{remedy}",
        args.name
    ))
    .with("rc", 127)
    .with("module_stdout", "")
    .with("module_stderr", format!("/bin/sh: 1: {interpreter}: not found\n"))
}

/// Returns where the library lies on the host; it is sent once and kept under its hash.
fn keep_library(host: &Host, hash: &str) -> Result<String> {
    let home = host.env("XDG_CACHE_HOME").filter(|folder| folder.starts_with('/'));
    let home = home.or_else(|| host.env("HOME").map(|home| format!("{home}/.cache")));
    let folder = format!("{}/windlass", home.unwrap_or_else(|| "/tmp".to_owned()));
    let path = format!("{folder}/python-{hash}.zip");
    if host.exists(&path) {
        return Ok(path);
    }
    host.contents().request(&[1]).map_err(|error| cannot(&error))?;
    let mut reader = host.contents().open(1).map_err(|error| cannot(&error))?;
    let host = host.unchecked();
    if !host.is_folder(&folder) {
        host.make_folder(&folder, 0o700, None)?;
    }
    host.replace(&path, Some(0o600), |file| crate::host::pour(&mut *reader, file).map(drop))?;
    Ok(path)
}

/// The program in a folder of its own, which goes when this is dropped.
struct Program {
    host: Host,
    folder: String,
    path: String,
}

impl Program {
    fn receive(args: &Args, host: &Host) -> Result<Program> {
        host.contents().request(&[0]).map_err(|error| cannot(&error))?;
        let mut reader = host.contents().open(0).map_err(|error| cannot(&error))?;
        let parent = host.folder_for_programs();
        let folder = host
            .create_temporary(&parent, "windlass-", "", true)
            .map_err(|error| cannot(&error))?;
        let name = args.name.rsplit(['/', '.']).next().filter(|name| !name.is_empty());
        let path = format!("{folder}/{}", name.unwrap_or("module"));
        let program = Program { host: host.unchecked(), path, folder };
        host.create_program(&program.path, &mut *reader).map_err(|error| cannot(&error))?;
        Ok(program)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What stays behind is private to this user and in a folder that the system cleans.
        let _ = self.host.remove_tree(&self.folder);
    }
}

/// A program that a signal ended, as the shell between it and the reference tells of it.
fn as_shells_tell(mut output: Output) -> Output {
    if output.status < 0 {
        let signal = -output.status;
        output.status = 128 + signal;
        if let Some((_, words)) = SIGNALS.iter().find(|(number, _)| *number == signal) {
            output.stderr.extend_from_slice(words.as_bytes());
            output.stderr.push(b'\n');
        }
    }
    output
}

/// Words of the signals that a shell does not pass over in silence.
const SIGNALS: &[(i32, &str)] = &[
    (1, "Hangup"),
    (3, "Quit"),
    (4, "Illegal instruction"),
    (5, "Trace/breakpoint trap"),
    (6, "Aborted"),
    (7, "Bus error"),
    (8, "Floating point exception"),
    (9, "Killed"),
    (10, "User defined signal 1"),
    (11, "Segmentation fault"),
    (12, "User defined signal 2"),
    (14, "Alarm clock"),
    (15, "Terminated"),
];

/// What a job printed: its result, after whatever stands before it; nothing where only the controller can read it.
fn told(output: &Output) -> Option<Result<Outcome>> {
    let mut values = parse(&output.text())?;
    // Shown to nobody but by the controller, which knows it.
    values.shift_remove("invocation");
    // What a job says beside its result is part of it.
    if !output.stderr.is_empty() {
        values.insert("stderr".to_owned(), output.error_text().into());
    }
    let changed = values.shift_remove("changed").is_some_and(|changed| truth(&changed));
    let failed = values.get("failed").is_some_and(truth);
    if !failed {
        return Some(Ok(Outcome { changed, values }));
    }
    values.shift_remove("failed");
    let message = values.shift_remove("msg").map_or_else(
        || "Task failed: Module failed: Unknown error.".to_owned(),
        |text| crate::spec::python_str(&text),
    );
    let mut failure = Failure::new(message).with("changed", changed);
    failure.values.extend(values);
    Some(Err(failure))
}

fn truth(value: &Json) -> bool {
    match value {
        Json::Bool(truth) => *truth,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => {
            matches!(text.to_lowercase().as_str(), "true" | "yes" | "1" | "on" | "y" | "t")
        }
        _ => false,
    }
}

/// The first object that begins at the start of a line and has nothing behind it.
fn parse(text: &str) -> Option<JsonMap> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if line[indent..].starts_with('{') {
            let from = &text[at + indent..];
            let mut values = serde_json::Deserializer::from_str(from).into_iter::<JsonMap>();
            let map = values.next()?.ok()?;
            let is_all = from[values.byte_offset()..].trim().is_empty();
            return is_all.then_some(map);
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use serde_json::{Value as Json, json};

    use crate::host::{Contents, TestHost};

    struct One(&'static [u8]);

    impl Contents for One {
        fn request(&self, _: &[u32]) -> io::Result<()> {
            Ok(())
        }
        fn open(&self, _: u32) -> io::Result<Box<dyn Read + '_>> {
            Ok(Box::new(self.0))
        }
    }

    fn job(text: &'static str, args: Json) -> Json {
        run(TestHost::with(&[]).real().background(), text, args)
    }

    fn run(mut host: TestHost, text: &'static str, args: Json) -> Json {
        host.hold(Box::new(One(text.as_bytes())));
        let mut args = args.as_object().unwrap().clone();
        args.insert("_windlass_name".into(), "mine".into());
        Json::Object(crate::find("windlass_foreign").unwrap().run(&args, &host))
    }

    #[test]
    fn what_it_prints_goes_to_the_controller_as_it_is() {
        let args = json!({"_windlass_interpreter": ["/bin/sh"], "_windlass_style": "inside"});
        let text = "echo '{\"a\": NaN}'; echo bad >&2; kill -9 $$";
        assert_eq!(
            run(TestHost::with(&[]).real(), text, args),
            json!({"changed": false, "_windlass_stdout": "{\"a\": NaN}\n", "_windlass_stderr": "bad\nKilled\n", "rc": 137})
        );
    }

    #[test]
    fn arguments_are_in_a_file_and_the_result_is_what_it_prints() {
        let text = "echo warning; printf '{\"changed\": true, \"args\": %s}' \"$(cat \"$1\")\"";
        let args = json!({"_windlass_interpreter": ["/bin/sh"], "_windlass_style": "file", "_windlass_arguments": "{\"a\": 1}"});
        assert_eq!(job(text, args), json!({"changed": true, "args": {"a": 1}}));
    }

    #[test]
    fn what_a_job_says_beside_its_result_is_part_of_it() {
        let args = json!({"_windlass_interpreter": ["/bin/sh"], "_windlass_style": "inside"});
        let result = job("echo beside >&2; echo '{\"changed\": true}'", args);
        assert_eq!(result, json!({"changed": true, "stderr": "beside\n"}));
    }

    #[test]
    fn failures_keep_what_they_say() {
        let args = json!({"_windlass_interpreter": ["/bin/sh"], "_windlass_style": "inside"});
        let result = job("echo '{\"failed\": true, \"msg\": \"no\", \"x\": 1}'", args.clone());
        assert_eq!(result, json!({"failed": true, "changed": false, "msg": "no", "x": 1}));
        let result = job("echo nothing; echo bad >&2; exit 3", args);
        assert_eq!(
            result,
            json!({"changed": false, "_windlass_stdout": "nothing\n", "_windlass_stderr": "bad\n", "rc": 3})
        );
        let args = json!({"_windlass_interpreter": ["/no/python"], "_windlass_style": "python"});
        let message = job("", args)["msg"].as_str().unwrap().to_owned();
        assert!(
            message.contains("'/no/python', which was not found")
                && message.contains("ansible_python_interpreter")
        );
    }
}
