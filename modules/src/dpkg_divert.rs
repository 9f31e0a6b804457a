//! `dpkg_divert`: files of packages that lie at another place.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, compare_versions, errno_of},
    spec::{ArgPath, Json, JsonMap},
};

/// Diverts a file that a package has, or lets it be at its place again
///
/// # Examples
/// ```yaml
/// - name: Keep the package's own binary beside ours
///   community.general.dpkg_divert:
///     path: /usr/bin/busybox
///     divert: /usr/bin/busybox.dpkg
///     rename: true
///
/// - name: Let the package have its file back, over what lies there
///   community.general.dpkg_divert:
///     path: /etc/screenrc
///     state: absent
///     rename: true
///     force: true
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Path that the package has
    path: ArgPath,
    /// Whether it should be diverted
    #[arg(default = "present")]
    state: State,
    /// Package that is not diverted; everything is where there is none, or it is `LOCAL`
    holder: Option<String>,
    /// Where the package's file goes; its path and `.distrib` where nothing is said
    divert: Option<ArgPath>,
    /// Whether the file itself is moved
    #[arg(default = "false")]
    rename: bool,
    /// Whether moving may replace a file
    #[arg(default = "false")]
    force: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// Where a path is diverted to, and who keeps it.
#[derive(Clone, Default, PartialEq, Eq)]
struct Diversion {
    divert: Option<String>,
    holder: Option<String>,
}

impl Diversion {
    fn of(path: &str, program: &str, host: &Host) -> Result<Diversion> {
        let ask = |option: &str| host.must(&Command::new([program, option, path]));
        let holder = ask("--listpackage")?.text();
        if holder.is_empty() {
            return Ok(Diversion::default());
        }
        Ok(Diversion {
            divert: Some(ask("--truename")?.text().trim_end().to_owned()),
            holder: Some(holder.trim_end().to_owned()),
        })
    }

    fn is_there(&self) -> bool {
        self.holder.is_some()
    }

    fn shown(&self, path: &str) -> Json {
        let state = if self.is_there() { State::Present } else { State::Absent };
        serde_json::json!({
            "path": path, "state": state.as_str(), "divert": self.divert, "holder": self.holder,
        })
    }
}

/// What was run, and what it said.
type Work = (Vec<String>, Vec<String>);

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.path.0.as_str();
    let program = host.required("dpkg-divert")?;
    let keeps = knows_no_rename(&program, host)?;
    let before = Diversion::of(path, &program, host)?;
    let wanted = wanted(&args);
    let words = words(&args, &program, keeps);
    let call = Call { args: &args, words: &words, keeps, before: &before, wanted: &wanted, host };
    let (commands, messages) = call.run()?;
    let after = if host.checking() { wanted.clone() } else { Diversion::of(path, &program, host)? };
    if after != wanted {
        return Err(Failure::new("Unexpected error: see stdout and stderr for details.")
            .with("cmd", words.join(" "))
            .with("diversion", after.shown(path)));
    }
    let mut diff = JsonMap::new();
    if host.diffing() {
        diff.insert("before".to_owned(), before.shown(path));
        diff.insert("after".to_owned(), after.shown(path));
    }
    Ok(Outcome::changed_if(after != before)
        .with("diversion", after.shown(path))
        .with("commands", commands)
        .with("messages", messages)
        .with("diff", diff))
}

/// Whether this `dpkg-divert` can be told to leave the file where it is.
fn knows_no_rename(program: &str, host: &Host) -> Result<bool> {
    let said = host.must(&Command::new([program, "--version"]))?.text();
    let is_version = |word: &&str| {
        word.split_once('.').is_some_and(|(major, minor)| {
            !major.is_empty()
                && major.bytes().all(|byte| byte.is_ascii_digit())
                && minor.starts_with(|c: char| c.is_ascii_digit())
        })
    };
    let first = said.lines().next().unwrap_or_default();
    let version = first.split_whitespace().find(is_version).unwrap_or_default();
    if compare_versions(version, "1.15.0").is_lt() {
        return Err(Failure::new("Unsupported dpkg version (<1.15.0)."));
    }
    Ok(compare_versions(version, "1.19.1").is_ge())
}

fn wanted(args: &Args) -> Diversion {
    if args.state == State::Absent {
        return Diversion::default();
    }
    Diversion {
        divert: Some(target(args)),
        holder: Some(holder(args).unwrap_or("LOCAL").to_owned()),
    }
}

fn holder(args: &Args) -> Option<&str> {
    args.holder.as_deref().filter(|holder| !holder.is_empty() && *holder != "LOCAL")
}

fn target(args: &Args) -> String {
    match &args.divert {
        Some(divert) if !divert.0.is_empty() => divert.0.clone(),
        _ => format!("{}.distrib", args.path.0),
    }
}

fn words(args: &Args, program: &str, keeps: bool) -> Vec<String> {
    let mut words = vec![program];
    if args.rename {
        words.push("--rename");
    } else if keeps {
        words.push("--no-rename");
    }
    let target = target(args);
    if args.state == State::Absent {
        words.push("--remove");
    } else {
        match holder(args) {
            Some(holder) => words.extend(["--package", holder]),
            None => words.push("--local"),
        }
        if args.divert.as_ref().is_some_and(|divert| !divert.0.is_empty()) {
            words.extend(["--divert", &target]);
        }
        words.push("--add");
    }
    words.push(&args.path.0);
    words.into_iter().map(ToOwned::to_owned).collect()
}

/// One run of `dpkg-divert`, and what it is about.
struct Call<'a> {
    args: &'a Args,
    words: &'a [String],
    /// Whether it can be told to leave the file where it is.
    keeps: bool,
    before: &'a Diversion,
    wanted: &'a Diversion,
    host: &'a Host,
}

impl Call<'_> {
    fn run(&self) -> Result<Work> {
        let mut argv = self.words.to_vec();
        if self.host.checking() || self.wanted == self.before {
            argv.insert(1, "--test".to_owned());
        }
        let command = Command::new(argv);
        let output = self.host.run(&command)?;
        if output.success() {
            return Ok((vec![self.words.join(" ")], vec![line(&output)]));
        }
        if self.wanted.is_there() == self.before.is_there() {
            return self.anew();
        }
        self.over(&command, &output)
    }

    /// Moves the file over another one that is in its way.
    fn over(&self, command: &Command, output: &Output) -> Result<Work> {
        let (host, args, path) = (self.host, self.args, self.args.path.0.as_str());
        let present = args.state == State::Present;
        let obstacle = if present { target(args) } else { path.to_owned() };
        let other = match &self.before.divert {
            Some(truename) if !present => host.exists(truename),
            _ => present && host.exists(&obstacle),
        };
        let failed = |message: String| {
            Failure::new(message)
                .with("cmd", self.words.join(" "))
                .with("rc", output.status)
                .with("stderr", output.error_text())
                .with("stdout", output.text())
                .with("diversion", self.before.shown(path))
        };
        if !(args.rename && host.exists(path) && other) {
            return Err(failed(
                "Unexpected error while changing state of the diversion.".to_owned(),
            ));
        }
        if !args.force {
            return Err(failed("Set 'force' param to True to force renaming of files.".to_owned()));
        }
        let commands = vec![self.words.join(" ")];
        if host.checking() {
            return Ok((commands, vec![line(output)]));
        }
        host.unlink(&obstacle).map_err(|error| {
            failed(format!("Failed to remove {obstacle}: {}", errno_of(&error, &obstacle)))
        })?;
        Ok((commands, vec![line(&host.must(command)?)]))
    }

    /// Removes the diversion and makes another one: `dpkg-divert` changes none.
    fn anew(&self) -> Result<Work> {
        let host = self.host;
        let program = self.words[0].clone();
        let no_rename = self.keeps.then(|| "--no-rename".to_owned());
        let mut words = self.words.to_vec();
        if self.args.rename {
            let test = host.checking().then(|| "--test".to_owned());
            words.splice(1..2, no_rename.clone().into_iter().chain(test));
        }
        let mut remove = vec![program];
        remove.extend(no_rename);
        remove.extend(["--remove".to_owned(), self.args.path.0.clone()]);
        let commands = vec![remove.join(" "), words.join(" ")];
        if host.checking() {
            remove.insert(1, "--test".to_owned());
        }
        let removed = line(&host.must(&Command::new(remove))?);
        if host.checking() {
            return Ok((commands, vec![removed, "Running in check mode".to_owned()]));
        }
        let added = line(&host.must(&Command::new(words))?);
        if let (Some(old), Some(new)) = (&self.before.divert, &self.wanted.divert)
            && old != new
            && host.exists(old)
            && !host.exists(new)
        {
            // A file that stays at its old place is no failure of the diversion.
            let _ = host.rename(old, new);
        }
        Ok((commands, vec![removed, added]))
    }
}

fn line(output: &Output) -> String {
    output.text().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn divert(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("dpkg_divert").unwrap().run(&given, host))
    }

    fn host(files: &[(&str, &str)]) -> TestHost {
        let mut all = vec![("/usr/bin/dpkg-divert", "")];
        all.extend(files);
        let version = "Debian dpkg-divert version 1.21.22 (amd64).\n\nThis is free software\n";
        TestHost::with(&all).executable(&["/usr/bin/dpkg-divert"]).answer(
            "/usr/bin/dpkg-divert --version",
            0,
            version,
        )
    }

    /// A host on which `/f` is diverted to a place by somebody, or to none.
    fn diverted(host: TestHost, to: Option<(&str, &str)>) -> TestHost {
        let (target, holder) = to.unwrap_or_default();
        let host = host.answer("/usr/bin/dpkg-divert --listpackage /f", 0, holder);
        if target.is_empty() {
            return host;
        }
        host.answer("/usr/bin/dpkg-divert --truename /f", 0, target)
    }

    const LOCAL: Option<(&str, &str)> = Some(("/f.distrib\n", "LOCAL\n"));

    #[test]
    fn a_file_is_diverted_once() {
        let args = json!({"path": "/f"});
        let call = "/usr/bin/dpkg-divert --no-rename --local --add /f";
        let first = diverted(host(&[]), None).answer(call, 0, "Adding\n");
        let result = divert(&diverted(first, LOCAL), args.clone());
        assert_eq!(result["changed"], true);
        assert_eq!(result["commands"], json!([call]));
        assert_eq!(result["messages"], json!(["Adding"]));
        assert_eq!(result["diff"]["before"]["state"], "absent");
        let again = diverted(host(&[]), LOCAL).answer(
            "/usr/bin/dpkg-divert --test --no-rename --local --add /f",
            0,
            "Leaving\n",
        );
        assert_eq!(divert(&diverted(again, LOCAL), args)["changed"], false);
    }

    #[test]
    fn another_place_takes_a_new_diversion() {
        let args = json!({"path": "/f", "divert": "/g", "rename": true});
        let first = "--rename --local --divert /g --add /f";
        let checking = diverted(host(&[]), LOCAL)
            .answer(&format!("/usr/bin/dpkg-divert --test {first}"), 2, "")
            .answer("/usr/bin/dpkg-divert --test --no-rename --remove /f", 0, "Removing\n");
        let result = divert(&checking.check(), args.clone());
        assert_eq!(result["messages"], json!(["Removing", "Running in check mode"]));
        let shown = "/usr/bin/dpkg-divert --no-rename --test --local --divert /g --add /f";
        assert_eq!(result["commands"][1], shown);
        assert_eq!(result["changed"], true);
        let real = diverted(host(&[("/f.distrib", "old")]), LOCAL)
            .answer(&format!("/usr/bin/dpkg-divert {first}"), 2, "")
            .answer("/usr/bin/dpkg-divert --no-rename --remove /f", 0, "Removing\n")
            .answer("/usr/bin/dpkg-divert --no-rename --local --divert /g --add /f", 0, "Adding\n");
        let real = diverted(real, Some(("/g\n", "LOCAL\n")));
        assert_eq!(divert(&real, args)["messages"], json!(["Removing", "Adding"]));
        assert!(real.exists("/g"));
    }

    #[test]
    fn a_file_in_the_way_is_removed_by_force_only() {
        let files = [("/f", "ours"), ("/f.distrib", "other")];
        let call = "/usr/bin/dpkg-divert --rename --local --add /f";
        let held = || diverted(host(&files), None).answer(call, 2, "");
        let result = divert(&held(), json!({"path": "/f", "rename": true}));
        assert_eq!(result["msg"], "Set 'force' param to True to force renaming of files.");
        assert_eq!((&result["rc"], &result["cmd"]), (&json!(2), &json!(call)));
        let forced = diverted(held().answer(call, 0, "Adding\n"), LOCAL);
        let result = divert(&forced, json!({"path": "/f", "rename": true, "force": true}));
        assert_eq!(result["changed"], true);
        assert!(!forced.exists("/f.distrib"));
        let other = diverted(host(&[]), None).answer(
            "/usr/bin/dpkg-divert --no-rename --local --add /f",
            2,
            "",
        );
        let result = divert(&other, json!({"path": "/f"}));
        assert_eq!(result["msg"], "Unexpected error while changing state of the diversion.");
    }

    #[test]
    fn an_old_dpkg_is_refused() {
        let old = TestHost::with(&[("/usr/bin/dpkg-divert", "")])
            .executable(&["/usr/bin/dpkg-divert"])
            .answer("/usr/bin/dpkg-divert --version", 0, "dpkg-divert version 1.14.0\n");
        let message = divert(&old, json!({"path": "/f"}))["msg"].clone();
        assert_eq!(message, "Unsupported dpkg version (<1.15.0).");
    }
}
