//! `git_config`: settings of git.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result},
    spec::{ArgPath, Json},
};

/// Makes sure that git has a setting, or has it no more
///
/// # Examples
/// ```yaml
/// - name: Say who commits on this machine
///   community.general.git_config:
///     name: user.email
///     value: robot@example.com
///     scope: global
///
/// - name: Trust a folder that belongs to somebody else, besides those that are trusted
///   community.general.git_config:
///     name: safe.directory
///     value: /srv/shop
///     scope: system
///     add_mode: add
///
/// - name: Use no proxy in one repository
///   community.general.git_config:
///     name: http.proxy
///     scope: local
///     repo: /srv/shop
///     state: absent
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    required_if("scope", "local", "repo"),
    required_if("scope", "file", "file"),
    required_if("state", "present", "value")
)]
pub struct Args {
    /// The setting, as `section.key`
    name: String,
    /// Its value
    value: Option<String>,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Whose settings; `system` where nothing is said
    scope: Option<Scope>,
    /// Repository of `local` settings
    repo: Option<ArgPath>,
    /// File of settings
    file: Option<ArgPath>,
    /// Whether a value is added to those that are there
    #[arg(default = "replace-all")]
    add_mode: AddMode,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Scope {
    File,
    Local,
    Global,
    System,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AddMode {
    Add,
    ReplaceAll,
}

impl crate::spec::FromArg for AddMode {
    const KIND: crate::spec::Kind = crate::spec::Kind::Str;
    const CHOICES: &'static [&'static str] = &["add", "replace-all"];
    fn from_arg(value: &Json) -> std::result::Result<Self, crate::spec::Mismatch> {
        match crate::spec::python_str(value).as_str() {
            "add" => Ok(AddMode::Add),
            "replace-all" => Ok(AddMode::ReplaceAll),
            got => {
                Err(crate::spec::Mismatch::Choice { got: got.to_owned(), choices: Self::CHOICES })
            }
        }
    }
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let git = host.required("git")?;
    let absent = args.state == State::Absent;
    if !absent && args.value.as_deref().is_none_or(str::is_empty) {
        return Err(Failure::new(
            "If state=present, a value must be specified. Use the community.general.git_config_info module to read a config value.",
        ));
    }
    let scope = args.scope.unwrap_or(Scope::System);
    let call = |more: &[&str]| -> Vec<String> {
        let mut argv = vec![git.clone(), "config".to_owned(), "--includes".to_owned()];
        match (scope, &args.file) {
            (Scope::File, Some(file)) => argv.extend(["-f".to_owned(), file.0.clone()]),
            (scope, _) => argv.push(format!("--{}", scope.as_str())),
        }
        argv.extend(more.iter().map(|word| (*word).to_owned()));
        argv
    };
    // Where there is no such folder, git says that there is no repository.
    let folder = match (scope, &args.repo) {
        (Scope::Local, Some(repo)) if host.is_folder(&repo.0) => host.path(&repo.0),
        _ => host.path("/"),
    };
    let at = |argv: Vec<String>| Command { cwd: Some(folder.clone()), ..Command::new(argv) };
    let looked = host.run(&at(call(&["--get-all", &args.name])))?;
    if looked.status >= 2 {
        let line = call(&["--get-all", &args.name]).join(" ");
        let failure = Failure::new(looked.error_text()).with("rc", looked.status);
        return Err(failure.with("cmd", line));
    }
    let now: Vec<String> = looked.text().lines().map(|line| line.trim_end().to_owned()).collect();
    let value = args.value.clone().unwrap_or_default();
    let right = if absent {
        now.is_empty()
    } else if args.add_mode == AddMode::Add {
        now.contains(&value)
    } else {
        now == [value.clone()]
    };
    if right {
        let message = if absent { "no setting to unset" } else { "" };
        return Ok(Outcome::changed_if(false).with("msg", message));
    }
    let more: Vec<&str> = match (absent, args.add_mode) {
        (true, _) => vec!["--unset-all", &args.name],
        (false, AddMode::Add) => vec!["--add", &args.name, &value],
        (false, AddMode::ReplaceAll) => vec!["--replace-all", &args.name, &value],
    };
    let argv = call(&more);
    if let Some(output) = host.change(&at(argv.clone()))?
        && !output.success()
    {
        return Err(failed(&output, &argv));
    }
    let mut after =
        if absent || args.add_mode == AddMode::ReplaceAll { Vec::new() } else { now.clone() };
    if !absent {
        after.push(value);
    }
    // Several values are a list, of which no difference is shown.
    let shown = |values: Vec<String>| match values.as_slice() {
        [] => Json::from("\n"),
        [value] => format!("{value}\n").into(),
        _ => values.into(),
    };
    // It is there whether or not somebody asked for differences.
    let diff = serde_json::json!({
        "before_header": argv.join(" "), "before": shown(now),
        "after_header": argv.join(" "), "after": shown(after),
    });
    Ok(Outcome::changed_if(true).with("msg", "setting changed").with("diff", diff))
}

fn failed(output: &Output, argv: &[String]) -> Failure {
    Failure::new(output.error_text()).with("rc", output.status).with("cmd", argv)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("git_config").unwrap().run(&given, host))
    }

    fn host() -> TestHost {
        TestHost::with(&[("/usr/bin/git", ""), ("/c", "")]).executable(&["/usr/bin/git"])
    }

    const CALL: &str = "/usr/bin/git config --includes -f /c";

    #[test]
    fn a_setting_is_changed_only_where_it_differs() {
        let args = json!({"name": "a.b", "value": "v", "scope": "file", "file": "/c"});
        let same = host().answer(&format!("{CALL} --get-all a.b"), 0, "v\n");
        assert_eq!(run(&same, args.clone())["changed"], false);
        let other = host().answer(&format!("{CALL} --get-all a.b"), 0, "w\n").answer(
            &format!("{CALL} --replace-all a.b v"),
            0,
            "",
        );
        assert_eq!(run(&other, args.clone())["changed"], true);
        let checking = host().answer(&format!("{CALL} --get-all a.b"), 1, "").check();
        assert_eq!(run(&checking, args)["changed"], true);
    }

    #[test]
    fn a_setting_is_removed_once() {
        let args = json!({"name": "a.b", "state": "absent", "scope": "file", "file": "/c"});
        let gone = host().answer(&format!("{CALL} --get-all a.b"), 1, "");
        assert_eq!(run(&gone, args.clone())["changed"], false);
        let there = host().answer(&format!("{CALL} --get-all a.b"), 0, "w\n").answer(
            &format!("{CALL} --unset-all a.b"),
            0,
            "",
        );
        assert_eq!(run(&there, args)["changed"], true);
    }

    #[test]
    fn a_value_is_needed() {
        let message = |args| run(&host(), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"name": "a.b"})),
            "state is present but all of the following are missing: value"
        );
        assert!(
            message(json!({"name": "a.b", "value": ""}))
                .starts_with("If state=present, a value must be specified.")
        );
    }
}
