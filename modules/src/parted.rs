//! `parted`: partitions of a device.

mod size;
mod table;

use serde_json::json;
use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Result};
use table::{Partition, Table};

/// Makes partitions, removes them, and tells of them
///
/// The host needs `parted`. A device whose table is of another kind than `label` gets a new one, and its partitions are
/// gone.
///
/// # Examples
/// ```yaml
/// - name: See what is on the disk
///   community.general.parted:
///     device: /dev/sdb
///     unit: MiB
///   register: disk
///
/// - name: Make one partition for LVM of the whole disk
///   community.general.parted:
///     device: /dev/sdb
///     number: 1
///     label: gpt
///     name: data
///     flags:
///       - lvm
///     state: present
///
/// - name: Let it use what the disk gained
///   community.general.parted:
///     device: /dev/sdb
///     number: 1
///     label: gpt
///     part_end: 100%
///     resize: true
///     state: present
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    required_if("state", "present", "number"),
    required_if("state", "absent", "number")
)]
pub struct Args {
    /// How partitions are placed
    #[arg(default = "optimal")]
    align: Align,
    /// Device
    device: String,
    /// Flags that the partition should have
    flags: Option<Vec<String>>,
    /// Kind of file system that the partition is meant for
    fs_type: Option<String>,
    /// Kind of table that the device should have
    #[arg(default = "msdos")]
    label: Label,
    /// Name of the partition, where the table knows names
    name: Option<String>,
    /// Number of the partition
    number: Option<i64>,
    /// Kind of partition, where the table knows kinds
    #[arg(default = "primary")]
    part_type: PartType,
    /// Where it begins
    #[arg(default = "0%")]
    part_start: String,
    /// Where it ends
    #[arg(default = "100%")]
    part_end: String,
    /// Whether the partition should be there, or only be told of
    #[arg(default = "info")]
    state: State,
    /// Unit of sizes in the result
    #[arg(default = "KiB")]
    unit: String,
    /// Whether a partition that is there grows to its end
    #[arg(default = "false")]
    resize: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Align {
    Cylinder,
    Minimal,
    None,
    Optimal,
    Undefined,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Aix,
    Amiga,
    Bsd,
    Dvh,
    Gpt,
    Loop,
    Mac,
    Msdos,
    Pc98,
    Sun,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum PartType {
    Extended,
    Logical,
    Primary,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Info,
    Present,
}

const UNITS: &[&str] =
    &["B", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "s", "%", "cyl", "chs", "compact"];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if !UNITS.contains(&args.unit.as_str()) {
        return Err(Failure::new(format!(
            "value of unit must be one of: {}, got: {}",
            UNITS.join(", "),
            args.unit
        )));
    }
    if args.number.is_some_and(|number| number < 1) {
        return Err(Failure::new("The partition number must be greater then 0."));
    }
    for (name, value) in [("part_start", &args.part_start), ("part_end", &args.part_end)] {
        let (size, unit) = size::read(value)?;
        if !size::UNITS.iter().any(|(known, _)| *known == unit) {
            return Err(Failure::new(format!(
                "The argument '{name}' doesn't respect required format.The size unit is case sensitive."
            ))
            .with("err", json!([size, unit])));
        }
    }
    let task = Task { args: &args, parted: host.required("parted")?, host };
    let before = task.table(&args.unit)?;
    let mut script = Vec::new();
    match args.state {
        State::Present => task.plan(&before, &mut script)?,
        State::Absent => {
            if before.partition(args.number).is_some() {
                let words = ["rm".to_owned(), args.number.unwrap_or_default().to_string()];
                task.change(words.to_vec(), &mut script)?;
            }
        }
        State::Info => (),
    }
    let changed = !script.is_empty();
    let after = if changed && !host.checking() { task.table(&args.unit)? } else { before };
    if args.state == State::Info {
        script = ["unit", &args.unit, "print"].map(ToOwned::to_owned).to_vec();
    }
    Ok(Outcome::changed_if(changed)
        .with("disk", after.disk())
        .with("partitions", after.listed())
        .with("script", script))
}

struct Task<'a> {
    args: &'a Args,
    parted: String,
    host: &'a Host,
}

impl Task<'_> {
    fn table(&self, unit: &str) -> Result<Table> {
        let words =
            [self.parted.as_str(), "-s", "-m", &self.args.device, "--", "unit", unit, "print"];
        let output = self.host.run(&Command::new(words).env("LC_ALL", "C"))?;
        let errors = output.error_text();
        if !output.success() && !errors.contains("unrecognised disk label") {
            return Err(Failure::new(format!(
                "Error while getting device information with parted script: '{}'",
                words.join(" ")
            ))
            .with("rc", output.status)
            .with("out", output.text())
            .with("err", errors));
        }
        Ok(table::parse(&output.text(), unit, &self.args.device))
    }

    /// Runs a step of the script.
    fn change(&self, step: Vec<String>, script: &mut Vec<String>) -> Result<()> {
        let mut words = vec![self.parted.clone(), "-s".to_owned()];
        if !self.host.checking() && self.can_be_forced()? {
            words.push("-f".to_owned());
        }
        words.push("-m".to_owned());
        if self.args.align != Align::Undefined {
            words.extend(["-a".to_owned(), self.args.align.as_str().to_owned()]);
        }
        words.extend([self.args.device.clone(), "--".to_owned()]);
        words.extend(step.iter().cloned());
        script.extend(step);
        match self.host.change(&Command::new(words.clone()).env("LC_ALL", "C"))? {
            Some(output) if !output.success() => {
                Err(Failure::new(format!("Error while running parted script: {}", words.join(" ")))
                    .with("rc", output.status)
                    .with("out", output.text())
                    .with("err", output.error_text()))
            }
            _ => Ok(()),
        }
    }

    /// Whether it knows `-f`, without which newer ones ask and then give up: since 3.4.64.
    fn can_be_forced(&self) -> Result<bool> {
        let output = self.host.run(&Command::new([self.parted.as_str(), "--version"]))?;
        let text = output.text();
        let version = text.lines().next().and_then(|line| line.split_whitespace().last());
        let mut numbers =
            version.unwrap_or_default().split('.').map(|part| part.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        Ok((next(), next(), next()) >= (3, 4, 64))
    }

    /// Makes the partition, and what is missing of it.
    fn plan(&self, before: &Table, script: &mut Vec<String>) -> Result<()> {
        let args = self.args;
        let number = args.number.unwrap_or_default();
        let in_units = || vec!["unit".to_owned(), args.unit.clone()];
        let other_label = before.label != args.label.as_str();
        match before.partition(args.number).filter(|_| !other_label) {
            None => {
                let mut step = in_units();
                if other_label {
                    step.extend(["mklabel".to_owned(), args.label.as_str().to_owned()]);
                }
                step.extend(["mkpart".to_owned(), args.part_type.as_str().to_owned()]);
                step.extend(args.fs_type.clone());
                step.extend([args.part_start.clone(), args.part_end.clone()]);
                self.change(step, script)?;
            }
            Some(partition) if args.resize && self.ends_elsewhere(before, partition)? => {
                let step = ["resizepart".to_owned(), number.to_string(), args.part_end.clone()];
                self.change(step.to_vec(), script)?;
            }
            Some(_) => (),
        }
        let now = if !script.is_empty() && !self.host.checking() {
            self.table(&args.unit)?
        } else if other_label {
            Table::default()
        } else {
            before.clone()
        };
        let partition = now.partition(args.number).cloned().unwrap_or_default();
        let mut step = Vec::new();
        if let Some(name) = args.name.as_deref().filter(|name| *name != partition.name) {
            step.extend(["name".to_owned(), number.to_string(), format!("\"{name}\"")]);
        }
        let mut flags = args.flags.clone().unwrap_or_default();
        if !flags.is_empty() {
            let is_set = |flag: &str| partition.flags.iter().any(|one| one == flag);
            let mut set = |flag: &str, how: &str| {
                step.extend(["set", &number.to_string(), flag, how].map(ToOwned::to_owned));
            };
            // A boot partition of EFI has both, and tells of both.
            if flags.iter().any(|flag| flag == "esp") && !flags.iter().any(|flag| flag == "boot") {
                flags.push("boot".to_owned());
            }
            flags.iter().filter(|flag| !is_set(flag)).for_each(|flag| set(flag, "on"));
            let surplus = partition.flags.iter().filter(|flag| !flags.contains(flag));
            surplus.for_each(|flag| set(flag, "off"));
        }
        if step.is_empty() {
            return Ok(());
        }
        self.change(in_units().into_iter().chain(step).collect(), script)
    }

    fn ends_elsewhere(&self, table: &Table, partition: &Partition) -> Result<bool> {
        let now = size::bytes(table::number_of(&partition.end), &table.unit);
        let wanted = match size::read(&self.args.part_end)? {
            (share, "%") => {
                let whole = table::number_of(&table.size).trunc();
                size::bytes((whole * share / 100.0).trunc(), &table.unit)
            }
            (size, unit) => size::bytes(size, unit),
        };
        Ok((now - wanted).abs() >= 1.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const GPT: &str = "BYT;\n/dev/x:1000KiB:virtblk:512:512:gpt:Disk:;\n1:1KiB:100KiB:99KiB:ext4:root:boot, esp;\n";

    fn host(after: &str) -> TestHost {
        TestHost::with(&[("/sbin/parted", "")]).executable(&["/sbin/parted"]).answer(
            "/sbin/parted -s -m /dev/x -- unit KiB print",
            0,
            after,
        )
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("parted").unwrap().run(&given, host))
    }

    #[test]
    fn partitions_are_told_of() {
        let result = run(&host(GPT), json!({"device": "/dev/x"}));
        assert_eq!(result["disk"]["table"], "gpt");
        assert_eq!(result["partitions"][0]["flags"], json!(["boot", "esp"]));
        assert_eq!(result["partitions"][0]["end"], 100.0);
    }

    #[test]
    fn one_is_removed_once() {
        let args = json!({"device": "/dev/x", "number": 1, "state": "absent"});
        let checking = host(GPT).check();
        assert_eq!(run(&checking, args)["changed"], true);
        let args = json!({"device": "/dev/x", "number": 2, "state": "absent"});
        assert_eq!(run(&host(GPT), args)["changed"], false);
    }
}
