//! `parted`: partitions of a device.

use std::fmt::Write as _;

use serde_json::json;
use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::Json,
};

/// Makes partitions, removes them, and tells of them
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
    Present,
    Info,
}

const UNITS: &[&str] =
    &["s", "B", "KB", "KiB", "MB", "MiB", "GB", "GiB", "TB", "TiB", "%", "cyl", "chs", "compact"];

/// What `parted` says of a device.
#[derive(Clone, Debug, Default)]
struct Table {
    device: String,
    size: String,
    logical_block: i64,
    physical_block: i64,
    label: String,
    model: String,
    partitions: Vec<Partition>,
}

#[derive(Clone, Debug, Default)]
struct Partition {
    number: i64,
    begin: String,
    end: String,
    size: String,
    fstype: String,
    name: String,
    flags: Vec<String>,
}

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
    let task = Task { args: &args, parted: host.required("parted")?, host };
    let before = task.table(&args.unit)?;
    let mut script = String::new();
    match args.state {
        State::Present => task.plan(&before, &mut script)?,
        State::Absent => {
            if before.has(args.number) {
                let _ = write!(script, "rm {} ", args.number.unwrap_or_default());
            }
        }
        State::Info => (),
    }
    let changed = !script.is_empty();
    let after = if changed && !host.checking() { task.table(&args.unit)? } else { before };
    Ok(Outcome::changed_if(changed)
        .with("disk", after.disk(&args.unit))
        .with("partitions", after.listed(&args.unit))
        .with("script", script.trim()))
}

impl Table {
    fn has(&self, number: Option<i64>) -> bool {
        self.partition(number).is_some()
    }

    fn partition(&self, number: Option<i64>) -> Option<&Partition> {
        self.partitions.iter().find(|partition| Some(partition.number) == number)
    }

    fn disk(&self, unit: &str) -> Json {
        json!({
            "dev": self.device, "size": number_of(&self.size), "unit": unit_of(unit),
            "table": self.label, "model": self.model,
            "logical_block": self.logical_block, "physical_block": self.physical_block,
        })
    }

    fn listed(&self, unit: &str) -> Vec<Json> {
        let one = |partition: &Partition| {
            json!({
                "num": partition.number, "begin": number_of(&partition.begin),
                "end": number_of(&partition.end), "size": number_of(&partition.size),
                "fstype": partition.fstype, "name": partition.name, "flags": partition.flags,
                "unit": unit_of(unit),
            })
        };
        self.partitions.iter().map(one).collect()
    }
}

/// The number in `1049kB`.
fn number_of(text: &str) -> Json {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..digits].parse::<f64>().map_or(Json::Null, Json::from)
}

fn unit_of(unit: &str) -> String {
    unit.to_lowercase()
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
        let table = parse(&output.text());
        Ok(if table.device.is_empty() {
            Table {
                device: self.args.device.clone(),
                label: "unknown".to_owned(),
                ..Table::default()
            }
        } else {
            table
        })
    }

    /// Runs steps of a script.
    fn change(&self, step: &str, script: &mut String) -> Result<()> {
        let mut words = vec![self.parted.clone(), "-s".to_owned(), "-m".to_owned()];
        words.extend(["-a".to_owned(), self.args.align.as_str().to_owned()]);
        words.extend([self.args.device.clone(), "--".to_owned()]);
        words.extend(crate::host::split_words(step).map_err(Failure::new)?);
        script.push_str(step);
        script.push(' ');
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

    /// Makes the partition, and what is missing of it.
    fn plan(&self, before: &Table, script: &mut String) -> Result<()> {
        let args = self.args;
        let number = args.number;
        let mut step = format!("unit {} ", args.unit);
        let label = args.label.as_str();
        if before.label != label {
            let _ = write!(step, "mklabel {label} ");
        }
        if args.part_type == PartType::Primary && before.has(number) {
            step.clear();
        }
        let existing = before.partition(number);
        if existing.is_none() {
            let kind = match args.label {
                Label::Msdos | Label::Dvh => args.part_type.as_str(),
                _ => args.name.as_deref().unwrap_or("primary"),
            };
            let fs = args.fs_type.as_ref().map(|kind| format!("{kind} ")).unwrap_or_default();
            let _ = write!(step, "mkpart {kind} {fs}{} {} ", args.part_start, args.part_end);
        } else if args.resize {
            let _ = write!(step, "resizepart {} {} ", number.unwrap_or_default(), args.part_end);
        } else {
            step.clear();
        }
        if !step.is_empty() {
            self.change(step.trim_end(), script)?;
        }
        // In check mode nothing was made, and names and flags would be set.
        let now = if self.host.checking() { before.clone() } else { self.table(&args.unit)? };
        let partition = now.partition(number).cloned().unwrap_or_default();
        let number = number.unwrap_or_default();
        if let Some(name) = args.name.as_deref().filter(|name| *name != partition.name) {
            self.change(
                &format!("name {number} {}", crate::host::quote_word(&format!("\"{name}\""))),
                script,
            )?;
        }
        if let Some(flags) = &args.flags {
            let mut step = String::new();
            for flag in flags.iter().filter(|flag| !partition.flags.contains(flag)) {
                let _ = write!(step, "set {number} {flag} on ");
            }
            for flag in partition.flags.iter().filter(|flag| !flags.contains(flag)) {
                let _ = write!(step, "set {number} {flag} off ");
            }
            if !step.is_empty() {
                self.change(step.trim_end(), script)?;
            }
        }
        Ok(())
    }
}

/// Reads what `parted -m` prints: `BYT;`, a line of the device, a line for each partition.
fn parse(text: &str) -> Table {
    let mut lines = text.lines().map(|line| line.trim_end_matches(';'));
    let mut table = Table::default();
    let is_kind = |line: &str| matches!(line, "BYT" | "CHS" | "CYL");
    if !lines.any(is_kind) {
        return table;
    }
    let Some(fields) = lines.next().map(|line| line.split(':').collect::<Vec<_>>()) else {
        return table;
    };
    let field = |fields: &[&str], at: usize| fields.get(at).copied().unwrap_or_default().to_owned();
    table.device = field(&fields, 0);
    table.size = field(&fields, 1);
    table.logical_block = field(&fields, 3).parse().unwrap_or(0);
    table.physical_block = field(&fields, 4).parse().unwrap_or(0);
    table.label = field(&fields, 5);
    table.model = field(&fields, 6);
    for line in lines {
        let fields: Vec<&str> = line.split(':').collect();
        let Ok(number) = field(&fields, 0).parse() else { continue };
        let flags = field(&fields, 6);
        table.partitions.push(Partition {
            number,
            begin: field(&fields, 1),
            end: field(&fields, 2),
            size: field(&fields, 3),
            fstype: field(&fields, 4),
            name: field(&fields, 5),
            flags: flags
                .split(", ")
                .filter(|flag| !flag.is_empty())
                .map(ToOwned::to_owned)
                .collect(),
        });
    }
    table
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
