//! `snap`: packages of snapd.

mod call;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Output, Result},
    pattern::{Flags, Pattern},
    spec::{Json, JsonMap, python_repr, python_str},
};
use call::{Status, call, run_each, status};

/// Installs, removes, enables and disables snaps
///
/// # Examples
/// ```yaml
/// - name: Have a snap that sees the whole system
///   community.general.snap:
///     name: helm
///     classic: true
///
/// - name: Have one of a channel, with its settings
///   community.general.snap:
///     name: nextcloud
///     channel: 29/stable
///     options:
///       - ports.http=8080
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Names of snaps; to install, files are welcome, too
    #[arg(required)]
    name: Vec<String>,
    /// What they should be
    #[arg(default = "present")]
    state: State,
    /// Whether they are not confined
    #[arg(default = "false")]
    classic: bool,
    /// Channel that they come from
    channel: Option<String>,
    /// Settings (`key=value`), of one snap where its name and a colon stand before
    options: Option<Vec<String>>,
    /// Whether a file without signatures is installed
    #[arg(default = "false")]
    dangerous: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
    Enabled,
    Disabled,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    host.required("snap")?;
    let mut told = Outcome::default();
    let done = work(&args, &mut told, host);
    // Before it is known which snaps are meant, nothing else is.
    if args.state == State::Present && told.values.contains_key("snap_names") {
        let channel = args.channel.as_deref().or(done.is_ok().then_some("stable"));
        let known = std::mem::take(&mut told.values);
        told = Outcome { changed: told.changed, values: JsonMap::new() }
            .with("classic", args.classic)
            .with("channel", channel);
        told.values.extend(known);
    }
    if host.diffing() {
        told = told.with("diff", JsonMap::new());
    }
    done.map(|()| told.clone()).map_err(|failure| {
        // What a command failed with is told as it is.
        if failure.values.contains_key("rc") {
            return failure;
        }
        Failure::with_output(failure.message, told.values)
    })
}

fn work(args: &Args, told: &mut Outcome, host: &Host) -> Result<()> {
    let version = call(&["version"], host)?.text();
    let pairs = version.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let pair = (words.next()?.to_owned(), Json::from(words.next()?));
        words.next().is_none().then_some(pair)
    });
    told.values.insert("version".to_owned(), Json::Object(pairs.collect()));
    let mut names = args.name.clone();
    if args.state == State::Present {
        names = real_names(&args.name, host)?;
        told.values.insert("snap_names".to_owned(), names.clone().into());
    }
    let now = status(&names, args.channel.as_deref(), host)?;
    let of = |wanted: Status| -> Vec<&String> {
        let found = args.name.iter().zip(&now).filter(|(_, status)| **status == wanted);
        found.map(|(name, _)| name).collect()
    };
    let there =
        |names: &[&String]| names.iter().map(|name| (*name).clone()).collect::<Vec<String>>();
    match args.state {
        State::Present => {
            for (status, command) in [(Status::Other, "refresh"), (Status::Absent, "install")] {
                let names = there(&of(status));
                if !names.is_empty() {
                    install(args, command, &names, told, host)?;
                }
            }
            let mut have = of(Status::Other);
            have.extend(of(Status::Installed));
            set_options(args, &have, told, host)
        }
        State::Absent => {
            let mut have = of(Status::Other);
            have.extend(of(Status::Installed));
            switch(args, "remove", &there(&have), told, host)
        }
        State::Enabled | State::Disabled => {
            let enable = args.state == State::Enabled;
            let mut names = Vec::new();
            for name in &args.name {
                // One that is not there counts as not enabled.
                if is_enabled(name, host)?.unwrap_or(false) != enable {
                    names.push(name.clone());
                }
            }
            switch(args, if enable { "enable" } else { "disable" }, &names, told, host)
        }
    }
}

/// Names of snaps, of which some are given as files.
fn real_names(names: &[String], host: &Host) -> Result<Vec<String>> {
    let words: Vec<&str> = ["info"].into_iter().chain(names.iter().map(String::as_str)).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let output = call(&words, host)?;
    let (out, error) = (output.text(), output.error_text());
    let complaint = "warning: no snap found";
    if if names.len() == 1 { &error } else { &out }.contains(complaint) {
        let lines = out.split('\n').filter(|line| line.starts_with(complaint));
        let missing: Vec<&str> = lines.filter_map(|line| line.split_whitespace().last()).collect();
        let missing = python_repr(&Json::from(missing));
        return Err(Failure::new(format!("Snaps not found: {missing}.")));
    }
    let parts: Vec<&str> = if names.len() == 1 { vec![&out] } else { out.split("\n---").collect() };
    let name = |part: &&str| {
        let line = part.split('\n').find(|line| line.starts_with("name:"))?;
        line.split_whitespace().nth(1).map(ToOwned::to_owned)
    };
    parts.iter().map(|part| name(part).ok_or_else(out_of_range)).collect()
}

fn out_of_range() -> Failure {
    Failure::new("Module failed with exception: list index out of range")
}

fn install(
    args: &Args,
    command: &str,
    names: &[String],
    told: &mut Outcome,
    host: &Host,
) -> Result<()> {
    told.changed = true;
    told.values.insert("snaps_installed".to_owned(), names.into());
    if host.checking() {
        return Ok(());
    }
    let mut words = vec![command];
    words.extend(args.classic.then_some("--classic"));
    words.extend(channel(args));
    words.extend(args.dangerous.then_some("--dangerous"));
    let apart = names.len() > 1 && (args.classic || args.channel.as_deref() != Some("stable"));
    let params = ["state", "classic", "channel", "dangerous"];
    let (shown, output) = run_each(&words, &params, names, apart, host)?;
    told.values.insert("cmd".to_owned(), shown.clone().into());
    if output.success() {
        return Ok(());
    }
    let error = output.error_text();
    let begin = "error: This revision of snap \"";
    let classic = error.strip_prefix(begin).and_then(|rest| rest.split_once('"'));
    Err(Failure::new(match classic {
        Some((name, rest)) if rest.starts_with(" was published using classic confinement") => {
            format!("Couldn't install {name} because it requires classic confinement")
        }
        _ => failed("installation", &shown),
    }))
}

fn failed(what: &str, shown: &str) -> String {
    format!(
        "Ooops! Snap {what} failed while executing '{shown}', please examine logs and error output for more details."
    )
}

/// The option of a channel that is not the usual one.
fn channel(args: &Args) -> Vec<&str> {
    match args.channel.as_deref() {
        Some("stable") | None => Vec::new(),
        Some(channel) => vec!["--channel", channel],
    }
}

/// Removes, enables or disables snaps.
fn switch(
    args: &Args,
    command: &str,
    names: &[String],
    told: &mut Outcome,
    host: &Host,
) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    told.changed = true;
    let ending = if command.ends_with('e') { "d" } else { "ed" };
    told.values.insert(format!("snaps_{command}{ending}"), names.into());
    if host.checking() {
        return Ok(());
    }
    let mut words: Vec<&str> = args.classic.then_some("--classic").into_iter().collect();
    words.extend(channel(args));
    words.push(command);
    let (shown, output) = run_each(&words, &["classic", "channel", "state"], names, false, host)?;
    told.values.insert("cmd".to_owned(), shown.clone().into());
    if output.success() { Ok(()) } else { Err(Failure::new(failed("operation", &shown))) }
}

/// Whether a snap is enabled; `None` where it is not there.
fn is_enabled(name: &str, host: &Host) -> Result<Option<bool>> {
    let output = call(&["list", name], host)?;
    if !output.success() {
        return Ok(None);
    }
    let out = output.text();
    let line = out.lines().nth(1).ok_or_else(out_of_range)?;
    match line.split_whitespace().nth(5) {
        Some(notes) => Ok(Some(!notes.split(',').any(|note| note == "disabled"))),
        None => Err(Failure::new(format!("Unable to parse 'snap list {name}' output:\n{out}"))),
    }
}

/// Gives snaps the settings that they do not have yet.
fn set_options(args: &Args, names: &[&String], told: &mut Outcome, host: &Host) -> Result<()> {
    let Some(options) = &args.options else { return Ok(()) };
    let pattern = r"(?P<snap>\S+:)?(?P<key>\S+)\s*=\s*(?P<value>.+)";
    let pattern =
        Pattern::new(&format!("^{pattern}"), Flags::default()).map_err(Failure::raised)?;
    let mut all = Vec::new();
    for name in args.name.iter().filter(|name| names.contains(name)) {
        let now = settings(name, host)?;
        let mut changes = Vec::new();
        for option in options {
            let found = pattern.search(option).map_err(Failure::raised)?;
            let found =
                found.ok_or_else(|| Failure::new(format!("Cannot parse set option '{option}'")))?;
            let part = |group: &str| found.name(group).map(|found| found.as_str());
            let of = part("snap").map(|snap| snap.trim_end_matches(':'));
            if of.is_some_and(|of| !args.name.iter().any(|name| name == of)) {
                return Err(Failure::new(format!(
                    "Snap option '{option}' refers to snap which is not in the list of snap names"
                )));
            }
            if of.is_some_and(|of| of != name) {
                continue;
            }
            let (key, value) =
                (part("key").unwrap_or_default(), part("value").unwrap_or_default().trim());
            if now.get(key).and_then(Json::as_str) != Some(value) {
                changes.push(format!("{key}={value}"));
                all.push(if of.is_some() { option.clone() } else { format!("{name}:{option}") });
            }
        }
        if !changes.is_empty() {
            told.changed = true;
            set(name, &changes, host)?;
        }
    }
    if !all.is_empty() {
        told.values.insert("options_changed".to_owned(), all.into());
    }
    Ok(())
}

fn set(name: &str, changes: &[String], host: &Host) -> Result<()> {
    if host.checking() {
        return Ok(());
    }
    let words: Vec<&str> =
        ["set", name].into_iter().chain(changes.iter().map(String::as_str)).collect();
    let output: Output = call(&words, host)?;
    let error = output.error_text();
    if output.success() {
        Ok(())
    } else if error.contains("has no \"configure\" hook") {
        Err(Failure::new(format!("Snap '{name}' does not have any configurable options")))
    } else {
        let options = changes.join(" ");
        Err(Failure::new(format!(
            "Cannot set options '{options}' for snap '{name}': error={error}"
        )))
    }
}

/// A snap's settings, with their whole names.
fn settings(name: &str, host: &Host) -> Result<JsonMap> {
    fn flat(value: &Json, prefix: &str, all: &mut JsonMap) -> Option<()> {
        for (key, value) in value.as_object()? {
            let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match value {
                Json::String(_) | Json::Number(_) | Json::Bool(_) => {
                    all.insert(name, python_str(value).into());
                }
                inner => flat(inner, &name, all)?,
            }
        }
        Some(())
    }
    let output = call(&["get", "-d", name], host)?;
    let out = output.text();
    let mut all = JsonMap::new();
    if !output.success()
        || out.lines().next().is_some_and(|line| line.contains("has no configuration"))
    {
        return Ok(all);
    }
    let read: serde_json::Result<Json> = serde_json::from_str(&out);
    let reason = match read {
        Ok(value) => match flat(&value, "", &mut all) {
            Some(()) => return Ok(all),
            // The reference's exception has no words.
            None => String::new(),
        },
        Err(error) => error.to_string(),
    };
    Err(Failure::new(format!(
        "Parsing option map returned by 'snap get {name}' triggers exception '{reason}', output:\n'{out}'"
    )))
}

#[cfg(test)]
mod tests;
