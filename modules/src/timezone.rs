//! `timezone`: the system's time zone, and what its hardware clock shows.

use windlass_macros::Args;

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::{FromArg, Json, Kind, Mismatch, python_str},
};

/// Sets the system's time zone, or whether the hardware clock shows local time
///
/// # Examples
/// ```yaml
/// - name: Live in Zurich
///   community.general.timezone:
///     name: Europe/Zurich
///   notify: restart cron
///
/// - name: Have servers, and their hardware clocks, speak of one time
///   community.general.timezone:
///     name: Etc/UTC
///     hwclock: UTC
/// ```
#[derive(Args)]
#[args(collection = "community.general", required_one_of("hwclock", "name"))]
pub struct Args {
    /// Name of the zone
    name: Option<String>,
    /// What the hardware clock shows
    #[arg(alias = "rtc")]
    hwclock: Option<Clock>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Local,
    Utc,
}

impl FromArg for Clock {
    const KIND: Kind = Kind::Str;
    const CHOICES: &'static [&'static str] = &["local", "UTC"];
    fn from_arg(value: &Json) -> std::result::Result<Self, Mismatch> {
        match python_str(value).as_str() {
            "local" => Ok(Clock::Local),
            "UTC" => Ok(Clock::Utc),
            got => Err(Mismatch::Choice { got: got.to_owned(), choices: Self::CHOICES }),
        }
    }
}

impl Clock {
    fn as_str(self) -> &'static str {
        match self {
            Clock::Local => "local",
            Clock::Utc => "UTC",
        }
    }
}

const ZONES: &str = "/usr/share/zoneinfo";

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let (mut before, mut after) = (serde_json::Map::new(), serde_json::Map::new());
    let mut changed = false;
    let mut told = Vec::new();
    if let Some(name) = &args.name {
        let is_zone = !name.split('/').any(|part| part == ".." || part.is_empty())
            && host.stat(format!("{ZONES}/{name}"))?.is_some_and(|meta| meta.is_file());
        if !is_zone {
            return Err(Failure::new(format!(
                "Error message:\ngiven timezone \"{name}\" is not available"
            )));
        }
    }
    if let Some(clock) = args.hwclock {
        let is_local =
            host.line("/etc/adjtime").is_some_and(|text| text.lines().last() == Some("LOCAL"));
        let now = if is_local { Clock::Local } else { Clock::Utc };
        before.insert("hwclock".to_owned(), now.as_str().into());
        after.insert("hwclock".to_owned(), clock.as_str().into());
        if now != clock {
            changed = true;
            let local = if clock == Clock::Local { "yes" } else { "no" };
            let argv = match host.which("timedatectl") {
                Some(program) => vec![program, "set-local-rtc".to_owned(), local.to_owned()],
                None => {
                    let flag = if clock == Clock::Local { "--localtime" } else { "--utc" };
                    vec![host.required("hwclock")?, "--systohc".to_owned(), flag.to_owned()]
                }
            };
            call(host, argv, &mut told)?;
        }
    }
    if let Some(name) = &args.name {
        let now = zone(host).unwrap_or_else(|| "n/a".to_owned());
        before.insert("name".to_owned(), now.as_str().into());
        after.insert("name".to_owned(), name.as_str().into());
        if now != *name {
            changed = true;
            set_zone(host, name, &mut told)?;
        }
    }
    let diff = serde_json::json!({"before": before, "after": after});
    let outcome = Outcome::changed_if(changed).with("diff", diff);
    Ok(if told.is_empty() { outcome } else { outcome.with("msg", told.join("\n")) })
}

/// The zone's name: where the link leads, otherwise what Debian keeps beside it.
fn zone(host: &Host) -> Option<String> {
    let by_link = host.link("/etc/localtime").and_then(|target| {
        let (_, name) = target.split_once("zoneinfo/")?;
        Some(name.to_owned())
    });
    by_link.or_else(|| host.line("/etc/timezone"))
}

fn set_zone(host: &Host, name: &str, told: &mut Vec<String>) -> Result<()> {
    let running = host.is_folder("/run/systemd/system");
    if running && let Some(program) = host.which("timedatectl") {
        return call(host, vec![program, "set-timezone".to_owned(), name.to_owned()], told);
    }
    host.symlink(&format!("{ZONES}/{name}"), "/etc/localtime")
        .map_err(|error| Failure::io("cannot set `/etc/localtime`", &error))?;
    if host.exists("/etc/timezone") || host.exists("/etc/debian_version") {
        host.replace("/etc/timezone", Some(0o644), |file| {
            std::io::Write::write_all(file, format!("{name}\n").as_bytes())
        })?;
    }
    Ok(())
}

fn call(host: &Host, argv: Vec<String>, told: &mut Vec<String>) -> Result<()> {
    if !host.checking() {
        told.push(format!("executed `{}`", argv.join(" ")));
    }
    host.must_change(&Command::new(argv)).map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("timezone").unwrap().run(&given, host))
    }

    fn host() -> TestHost {
        let host = TestHost::with(&[
            ("/usr/share/zoneinfo/Europe/Berlin", ""),
            ("/usr/share/zoneinfo/Etc/UTC", ""),
            ("/etc/timezone", "Etc/UTC\n"),
        ]);
        host.symlink("/usr/share/zoneinfo/Etc/UTC", "/etc/localtime").unwrap();
        host
    }

    #[test]
    fn a_zone_is_set_once() {
        let host = host();
        let result = run(&host, json!({"name": "Europe/Berlin"}));
        assert_eq!(result["changed"], true);
        assert_eq!(result["diff"]["before"]["name"], "Etc/UTC");
        assert_eq!(host.link("/etc/localtime").unwrap(), "/usr/share/zoneinfo/Europe/Berlin");
        assert_eq!(host.line("/etc/timezone").unwrap(), "Europe/Berlin");
        assert_eq!(run(&host, json!({"name": "Europe/Berlin"}))["changed"], false);
    }

    #[test]
    fn check_mode_touches_nothing_and_nonsense_is_refused() {
        let host = host().check();
        assert_eq!(run(&host, json!({"name": "Europe/Berlin"}))["changed"], true);
        assert_eq!(host.line("/etc/timezone").unwrap(), "Etc/UTC");
        assert_eq!(
            run(&host, json!({"name": "Europe/Nowhere"}))["msg"],
            "Error message:\ngiven timezone \"Europe/Nowhere\" is not available"
        );
    }
}
