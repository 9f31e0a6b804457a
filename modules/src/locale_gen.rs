//! `locale_gen`: the languages and regions that the C library knows.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result, failed},
    spec::JsonMap,
};

/// Makes locales, or removes them
///
/// The host needs the package `locales`, or whatever else brings `locale-gen`.
///
/// # Examples
/// ```yaml
/// - name: Have what our users read
///   community.general.locale_gen:
///     name:
///       - de_CH.UTF-8
///       - fr_CH.UTF-8
///
/// - name: Have one locale less
///   community.general.locale_gen:
///     name: en_GB.UTF-8
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Locales, such as `de_CH.UTF-8`
    #[arg(required)]
    name: Vec<String>,
    /// Whether they should be there
    #[arg(default = "present")]
    state: State,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

const LIST: &str = "/etc/locale.gen";
/// Where Ubuntu had its lists before it had the file.
const OLD_FOLDER: &str = "/var/lib/locales/supported.d";

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let names = &args.name;
    let mechanism = if host.exists(LIST) {
        "glibc"
    } else if host.is_folder(OLD_FOLDER) {
        "ubuntu_legacy"
    } else {
        let told = serde_json::json!({"name": names});
        let mut output = told.clone();
        if host.diffing() {
            output["diff"] = serde_json::json!({});
        }
        return Err(Failure::new(format!(
            "{OLD_FOLDER} and {LIST} are missing. Is the package \"locales\" installed?"
        ))
        .with("name", names.clone())
        .with("output", output)
        .with("vars", told));
    };
    let listed = listed(host)?;
    let missing = unavailable(names, (&listed, mechanism == "glibc"), host)?;
    if !missing.is_empty() {
        let missing: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
        let told = serde_json::json!({
            "mechanism": mechanism, "name": names, "ubuntu_mode": mechanism != "glibc",
        });
        let mut output = told.clone();
        if host.diffing() {
            output["diff"] = serde_json::json!({});
        }
        let mut failure = Failure::new(format!(
            "The following locales you have entered are not available on your system: {}",
            missing.join(", ")
        ));
        failure.values.extend(told.as_object().cloned().unwrap_or_default());
        return Err(failure.with("output", output).with("vars", told));
    }
    let known: Vec<String> = listed.iter().map(normal).collect();
    // Names are there together or not at all: where one is missing, nothing is taken away.
    let are_there = names.iter().all(|name| known.contains(&normal(name)));
    let present = args.state == State::Present;
    let differs = are_there != present;
    let mut outcome = Outcome::changed_if(differs)
        .with("name", names.clone())
        .with("mechanism", mechanism)
        .with("ubuntu_mode", mechanism != "glibc");
    if !differs {
        return Ok(outcome);
    }
    if mechanism == "glibc" {
        if !host.checking() {
            host.needs_writable(LIST).map_err(|failure| {
                let told = outcome.clone().with_some("diff", host.diffing().then(JsonMap::new));
                let message = format!("Module failed with exception: {}", failure.reason());
                Failure::with_output(message, told.values)
            })?;
        }
        let before = host.read_text(LIST)?.unwrap_or_default();
        let after: String =
            before.split_inclusive('\n').map(|line| changed(line, names, present)).collect();
        host.replace(LIST, None, |file| std::io::Write::write_all(file, after.as_bytes()))?;
        generate(host, &[])?;
    } else if present {
        for name in names {
            generate(host, &[name])?;
        }
    } else {
        remove_old(names, host)?;
    }
    if !present {
        // Some are part of the system, and stay; what is only predicted leaves them all.
        let left = self::listed(host)?;
        outcome.changed = listed.iter().any(|name| !left.contains(name));
    }
    Ok(outcome)
}

/// Returns those of the names that the system neither has nor could make.
fn unavailable<'a>(
    names: &'a [String],
    (listed, new): (&[String], bool),
    host: &Host,
) -> Result<Vec<&'a String>> {
    let path = if new { LIST } else { "/usr/share/i18n/SUPPORTED" };
    let text = host.read_text(path)?.unwrap_or_default();
    let supported = if new && host.exists("/usr/share/i18n/SUPPORTED") {
        host.read_text("/usr/share/i18n/SUPPORTED")?.unwrap_or_default()
    } else {
        String::new()
    };
    let has = |text: &str, name: &str| {
        text.lines().any(|line| {
            let mut fields = line.trim_start_matches(['#', ' ', '\t']).split_whitespace();
            let first = fields.next();
            first == Some(name) && fields.next().is_some()
        })
    };
    let is_known = |name: &String| has(&text, name) || has(&supported, name);
    Ok(names.iter().filter(|name| !is_known(name) && !listed.contains(name)).collect())
}

/// Returns the locales that are there, as the system writes them.
fn listed(host: &Host) -> Result<Vec<String>> {
    let output = host.must(&Command::new([host.required("locale")?.as_str(), "-a"]))?;
    Ok(output.text().lines().map(ToOwned::to_owned).collect())
}

/// `de_CH.utf8` is `de_CH.UTF-8`.
fn normal(name: impl AsRef<str>) -> String {
    let name = name.as_ref().trim();
    let (start, modifier) = name.split_once('@').map_or((name, ""), |(start, rest)| (start, rest));
    let (place, encoding) = start.split_once('.').unwrap_or((start, ""));
    let encoding: String = encoding
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    format!("{place}.{encoding}@{modifier}")
}

/// Returns a line of the list as it should be.
fn changed(line: &str, names: &[String], present: bool) -> String {
    let bare = line.trim_start_matches(['#', ' ', '\t']);
    let name = bare.split_whitespace().next().unwrap_or_default();
    let is_comment = line.trim_start().starts_with('#');
    let is_entry = bare.split_whitespace().count() == 2;
    if !is_entry || is_comment != present || !names.iter().any(|one| one == name) {
        return line.to_owned();
    }
    if present { bare.to_owned() } else { format!("# {line}") }
}

fn generate(host: &Host, names: &[&str]) -> Result<()> {
    let tool = host.required("locale-gen")?;
    let command = Command::new(std::iter::once(tool.as_str()).chain(names.iter().copied()));
    match host.change(&command)? {
        Some(output) if !output.success() => Err(failed(&command, &output)),
        _ => Ok(()),
    }
}

/// Takes names out of Ubuntu's old list and makes the rest again.
fn remove_old(names: &[String], host: &Host) -> Result<()> {
    let path = format!("{OLD_FOLDER}/local");
    let before = host.read_text(&path)?.unwrap_or_default();
    let stays = |line: &&str| {
        let name = line.split(' ').next().unwrap_or_default();
        !names.iter().any(|one| one == name)
    };
    let after: String = before.split_inclusive('\n').filter(stays).collect();
    host.replace(&path, None, |file| std::io::Write::write_all(file, after.as_bytes()))?;
    generate(host, &["--purge"])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const FILE: &str = "# comment\n# de_CH.UTF-8 UTF-8\nen_US.UTF-8 UTF-8\n";

    fn host() -> TestHost {
        TestHost::with(&[(LIST, FILE), ("/usr/bin/locale", ""), ("/usr/sbin/locale-gen", "")])
            .executable(&["/usr/bin/locale", "/usr/sbin/locale-gen"])
            .answer("/usr/bin/locale -a", 0, "C\nen_US.utf8\nPOSIX\n")
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("locale_gen").unwrap().run(&given, host))
    }

    #[test]
    fn a_locale_is_made() {
        let host = host().answer("/usr/sbin/locale-gen", 0, "");
        let result = run(&host, json!({"name": "de_CH.UTF-8"}));
        assert_eq!((&result["changed"], &result["mechanism"]), (&json!(true), &json!("glibc")));
        let text = host.read_text(LIST).unwrap().unwrap();
        assert_eq!(text, "# comment\nde_CH.UTF-8 UTF-8\nen_US.UTF-8 UTF-8\n");
    }

    #[test]
    fn one_that_is_there_stays_or_goes() {
        assert_eq!(run(&host(), json!({"name": ["en_US.UTF-8"]}))["changed"], false);
        let host = host().answer("/usr/sbin/locale-gen", 0, "");
        // It is still there afterwards, as one that is part of the system.
        assert_eq!(run(&host, json!({"name": "en_US.UTF-8", "state": "absent"}))["changed"], false);
        let text = host.read_text(LIST).unwrap().unwrap();
        assert_eq!(text, "# comment\n# de_CH.UTF-8 UTF-8\n# en_US.UTF-8 UTF-8\n");
    }

    #[test]
    fn check_mode_touches_nothing_and_unknown_ones_are_refused() {
        let checking = host().check();
        assert_eq!(run(&checking, json!({"name": "de_CH.UTF-8"}))["changed"], true);
        assert_eq!(checking.read_text(LIST).unwrap().unwrap(), FILE);
        assert_eq!(
            run(&host(), json!({"name": ["xx_YY.UTF-8", "en_US.UTF-8"]}))["msg"],
            "The following locales you have entered are not available on your system: xx_YY.UTF-8"
        );
    }
}
