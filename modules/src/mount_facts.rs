//! `mount_facts`: what is mounted, and what the system's tables say is to be.

use std::time::Duration;

use windlass_macros::{Args, Choice};
use windlass_protocol::{Json, JsonMap};

use crate::{
    facts::mounts,
    host::{Command, Failure, Host, Outcome, Result, glob_matches},
    spec::python_str,
};

/// Tells what is mounted
///
/// The facts are `ansible_facts.mount_points`, by the folders, and `ansible_facts.aggregate_mounts`, a list.
///
/// # Examples
/// ```yaml
/// - name: Learn what is mounted from real disks
///   ansible.builtin.mount_facts:
///     devices: /dev/*
///
/// - name: Learn of shares, and go on where a server hangs
///   ansible.builtin.mount_facts:
///     fstypes:
///       - nfs*
///       - cifs
///     timeout: 5
///     on_timeout: warn
///     include_aggregate_mounts: false
/// ```
#[derive(Args)]
pub struct Args {
    /// Patterns of devices; all when absent
    devices: Option<Vec<String>>,
    /// Patterns of types of file systems; all when absent
    fstypes: Option<Vec<String>>,
    /// Tables to read, in their order: files, or `all`, `static` (what is configured), `dynamic` (what is mounted),
    /// `mount` (the program)
    sources: Option<Vec<String>>,
    /// Program that lists mounts where no table does; none when null
    #[arg(default = "mount")]
    mount_binary: Option<Json>,
    /// Seconds for each file system to answer; no limit when absent
    timeout: Option<f64>,
    /// What happens when one does not answer
    #[arg(default = "error")]
    on_timeout: OnTimeout,
    /// Whether all lines are told, also those of one mount point; with a warning when absent
    include_aggregate_mounts: Option<bool>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum OnTimeout {
    Error,
    Warn,
    Ignore,
}

const STATIC: [&str; 3] = ["/etc/fstab", "/etc/vfstab", "/etc/filesystems"];
const DYNAMIC: [&str; 3] = ["/etc/mtab", "/proc/mounts", "/etc/mnttab"];

/// A line of some table.
struct Line {
    source: String,
    text: String,
    mount: mounts::Mount,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if let Some(timeout) = args.timeout.filter(|timeout| *timeout <= 0.0) {
        let shown = python_str(&Json::from(timeout));
        return Err(Failure::new(format!(
            "argument 'timeout' must be a positive number or null, not {shown}"
        )));
    }
    let mut found: Vec<Line> = Vec::new();
    for source in sources(&args)? {
        found.extend(read(&source, &args, host)?);
    }
    let fits = |patterns: &Option<Vec<String>>, text: &str| {
        patterns.as_ref().is_none_or(|all| all.iter().any(|one| glob_matches(one, text)))
    };
    found.retain(|line| {
        fits(&args.devices, &line.mount.device) && fits(&args.fstypes, &line.mount.fstype)
    });
    let told = describe(&found, &args, host)?;
    let mut points = JsonMap::new();
    let mut repeated = false;
    for (line, facts) in found.iter().zip(&told) {
        if points.contains_key(&line.mount.point) {
            repeated = true;
        } else {
            points.insert(line.mount.point.clone(), facts.clone());
        }
    }
    if repeated && args.include_aggregate_mounts.is_none() {
        host.warn(
            "mount_facts: ignoring repeat mounts. You can disable this warning by configuring the 'include_aggregate_mounts' option as True or False.",
        );
    }
    let aggregate = if args.include_aggregate_mounts == Some(true) { told } else { Vec::new() };
    let facts = JsonMap::from_iter([
        ("mount_points".to_owned(), Json::Object(points)),
        ("aggregate_mounts".to_owned(), Json::Array(aggregate)),
    ]);
    Ok(Outcome::changed_if(false).with("ansible_facts", facts))
}

/// Returns lists of tables; of each list the first that has something counts, but for the static ones.
fn sources(args: &Args) -> Result<Vec<String>> {
    let given = args.sources.clone().filter(|given| !given.is_empty());
    let mut all = Vec::new();
    for source in given.unwrap_or_else(|| vec!["all".to_owned()]) {
        match source.as_str() {
            "" => return Err(Failure::new("sources contains an empty string")),
            "all" => all.extend(["dynamic", "static"].map(ToOwned::to_owned)),
            _ if all.contains(&source) => (),
            _ => all.push(source),
        }
    }
    Ok(all)
}

fn read(source: &str, args: &Args, host: &Host) -> Result<Vec<Line>> {
    // A file is a table, or none: what a line says counts only where all lines can be read.
    let file = |path: &str| {
        let text = String::from_utf8(host.read(path).ok()??).ok()?;
        let lines = text.lines().filter(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        });
        let lines = lines.map(|line| {
            let mount = mounts::any_line(line)?;
            Some(Line { source: path.to_owned(), text: line.to_owned(), mount })
        });
        lines.collect::<Option<Vec<_>>>()
    };
    match source {
        "static" => Ok(STATIC.iter().filter_map(|path| file(path)).flatten().collect()),
        "dynamic" => {
            let found = DYNAMIC.iter().find_map(|path| file(path).filter(|all| !all.is_empty()));
            match found {
                Some(lines) => Ok(lines),
                None => listed(args, host),
            }
        }
        "mount" => listed(args, host),
        path => Ok(file(path).unwrap_or_default()),
    }
}

/// Asks `mount`, whose lines are `device on point type fstype (options)`.
fn listed(args: &Args, host: &Host) -> Result<Vec<Line>> {
    let Some(binary) = args.mount_binary.as_ref().filter(|binary| !binary.is_null()) else {
        return Ok(Vec::new());
    };
    let Some(binary) = binary.as_str() else {
        let shown = python_str(binary);
        return Err(Failure::new(format!(
            "argument 'mount_binary' must be a string or null, not {shown}"
        )));
    };
    let program = host.required(binary)?;
    let output = host.run(&Command::new([program.as_str()]))?;
    if !output.success() {
        return Err(Failure::new(format!(
            "Failed to execute {program}: Command '{program}' returned non-zero exit status {}.",
            output.status
        )));
    }
    let text = output.text();
    let lines = text.lines().map(|line| {
        let (device, rest) = line.split_once(" on ")?;
        let (point, rest) = rest.split_once(" type ")?;
        let (fstype, options) = rest.split_once(" (")?;
        let mount = mounts::Mount {
            device: device.to_owned(),
            point: point.to_owned(),
            fstype: fstype.to_owned(),
            options: options.strip_suffix(')')?.to_owned(),
            dump: None,
            passno: None,
        };
        let words = [&mount.device, &mount.point, &mount.fstype];
        let is_one = words.iter().all(|word| !word.contains(char::is_whitespace));
        is_one.then(|| Line { source: "mount".to_owned(), text: line.to_owned(), mount })
    });
    Ok(lines.collect::<Option<_>>().unwrap_or_default())
}

/// Returns what is told of each line; a file system that does not answer is waited for so long.
fn describe(lines: &[Line], args: &Args, host: &Host) -> Result<Vec<Json>> {
    let limit = args.timeout.map_or(Duration::from_hours(1), Duration::from_secs_f64);
    let points: Vec<&str> = lines.iter().map(|line| line.mount.point.as_str()).collect();
    let mut sizes = mounts::sizes(&points, limit, host);
    let mut told = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut facts = mounts::describe(&line.mount);
        let context = serde_json::json!({ "source": line.source, "source_data": line.text });
        facts.insert("ansible_context".to_owned(), context);
        let uuid = line
            .mount
            .device
            .strip_prefix("UUID=")
            .map(ToOwned::to_owned)
            .or_else(|| mounts::uuid(host, &line.mount.device));
        facts.insert("uuid".to_owned(), uuid.into());
        match sizes.remove(&at) {
            Some(size) => facts.extend(size),
            None => {
                let message = format!(
                    "Timed out getting mount size information for mount {} (type {})",
                    line.mount.point, line.mount.fstype
                );
                match args.on_timeout {
                    OnTimeout::Error => return Err(Failure::new(message)),
                    OnTimeout::Warn => host.warn(message),
                    OnTimeout::Ignore => (),
                }
            }
        }
        told.push(Json::Object(facts));
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{find, host::TestHost};

    fn facts(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("mount_facts").unwrap().run(&given, host))
    }

    #[test]
    fn tables_are_told_line_by_line() {
        let fstab =
            "# c\nUUID=ab /one ext4 rw 0 1\nUUID=ab /one ext4 ro 0 2\nnone /two swap sw 0 0\n";
        let host = TestHost::with(&[("/etc/fstab", fstab)]);
        let given = json!({"sources": ["static"], "fstypes": ["ext*"]});
        let result = facts(&host, given);
        let one = &result["ansible_facts"]["mount_points"]["/one"];
        assert_eq!((&one["options"], &one["uuid"]), (&json!("rw"), &json!("ab")));
        assert_eq!(one["ansible_context"]["source_data"], "UUID=ab /one ext4 rw 0 1");
        assert_eq!(result["warnings"].as_array().map(Vec::len), Some(1));
        let given = json!({"sources": ["/etc/fstab"], "include_aggregate_mounts": true});
        let result = facts(&host, given);
        assert_eq!(result["ansible_facts"]["aggregate_mounts"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn mount_is_asked_where_no_table_is() {
        let host = TestHost::with(&[("/bin/mount", "")]).executable(&["/bin/mount"]).answer(
            "/bin/mount",
            0,
            "tmpfs on /run type tmpfs (rw,nosuid)\n",
        );
        let result = facts(&host, json!({"sources": ["mount"]}));
        assert_eq!(result["ansible_facts"]["mount_points"]["/run"]["options"], "rw,nosuid");
    }

    #[test]
    fn nonsense_is_named() {
        let host = TestHost::with(&[]);
        assert_eq!(
            facts(&host, json!({"sources": [""]}))["msg"],
            "sources contains an empty string"
        );
        assert_eq!(
            facts(&host, json!({"timeout": 0}))["msg"],
            "argument 'timeout' must be a positive number or null, not 0.0"
        );
    }
}
