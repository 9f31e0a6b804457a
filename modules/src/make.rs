//! `make`: targets of a makefile.

use windlass_macros::Args;

use crate::{
    host::{Command, Host, Outcome, Result},
    spec::{ArgPath, JsonMap, python_str},
};

/// Makes targets of a makefile
///
/// The task has changed something where `make --question` says that there is something to do.
///
/// # Examples
/// ```yaml
/// - name: Build the extension
///   community.general.make:
///     chdir: /usr/src/pg_extension
///     jobs: 4
///
/// - name: Install it
///   community.general.make:
///     chdir: /usr/src/pg_extension
///     target: install
///     params:
///       PREFIX: /usr/local
///       WITH_DOCS: "no"
/// ```
#[derive(Args)]
#[args(collection = "community.general", mutually_exclusive("target", "targets"))]
pub struct Args {
    /// Target to make; the first of the makefile when absent
    target: Option<String>,
    /// Several targets, one after the other
    targets: Option<Vec<String>>,
    /// Variables for make; one whose value is null stands alone
    params: Option<JsonMap>,
    /// Folder to change into first
    chdir: ArgPath,
    /// Makefile, when it has another name
    file: Option<ArgPath>,
    /// The program; `gmake` or `make` when absent
    make: Option<ArgPath>,
    /// How many jobs run at once; one when absent
    jobs: Option<i64>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let program = match &args.make {
        Some(path) => path.0.clone(),
        None => match host.which("gmake").or_else(|| host.which("make")) {
            Some(found) => found,
            None => host.required("make")?,
        },
    };
    let mut words = vec![program];
    if let Some(jobs) = args.jobs {
        words.extend(["-j".to_owned(), jobs.to_string()]);
    }
    if let Some(file) = &args.file {
        words.extend(["-f".to_owned(), file.0.clone()]);
    }
    words.extend(args.target.iter().cloned());
    words.extend(args.targets.iter().flatten().cloned());
    for (name, value) in args.params.iter().flatten() {
        words.push(match value {
            value if value.is_null() => name.clone(),
            value => format!("{name}={}", python_str(value)),
        });
    }
    let command = |more: &[&str]| {
        let mut words = words.clone();
        words.extend(more.iter().map(|word| (*word).to_owned()));
        // A folder that is not there is passed over, as the reference does.
        let cwd = Some(host.path(&args.chdir.0)).filter(|folder| folder.is_dir());
        Command { cwd, ..Command::new(words.iter().map(|word| host.expand(word))) }
    };
    let question = host.run(&command(&["-q"]))?;
    let (changed, output) = if host.checking() || question.success() {
        (!question.success(), question)
    } else {
        (true, host.must(&command(&[]))?)
    };
    Ok(Outcome::changed_if(changed)
        .with("stdout", output.text().trim_end_matches(['\r', '\n']))
        .with("stderr", output.error_text().trim_end_matches(['\r', '\n']))
        .with("target", args.target)
        .with("targets", args.targets)
        .with("params", args.params.map(crate::spec::Json::from))
        .with("chdir", args.chdir.0)
        .with("file", args.file.map(|path| path.0))
        .with("jobs", args.jobs)
        .with("command", crate::host::join_words(&words)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        TestHost::with(&[("/usr/bin/make", ""), ("/src/Makefile", "")])
            .executable(&["/usr/bin/make"])
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("make").unwrap().run(&given, host))
    }

    #[test]
    fn what_is_made_is_not_made_again() {
        let args = json!({"chdir": "/src", "target": "all", "params": {"A": 1}});
        let done = host().answer("/usr/bin/make all A=1 -q", 0, "");
        assert_eq!(run(&done, args.clone())["changed"], false);
        let new = host().answer("/usr/bin/make all A=1 -q", 1, "").answer(
            "/usr/bin/make all A=1",
            0,
            "ok\n",
        );
        let result = run(&new, args.clone());
        assert_eq!(
            (&result["changed"], &result["command"]),
            (&json!(true), &json!("/usr/bin/make all A=1"))
        );
        let checking = host().answer("/usr/bin/make all A=1 -q", 1, "").check();
        assert_eq!(run(&checking, args)["changed"], true);
    }
}
