//! `lvg`: groups of LVM's volumes.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Output, Result};

/// Makes a volume group of physical volumes, changes which it has, or removes it
///
/// The host needs the programs of LVM (package `lvm2`).
///
/// # Examples
/// ```yaml
/// - name: Make one group of two disks
///   community.general.lvg:
///     vg: vg_data
///     pvs:
///       - /dev/sdb
///       - /dev/sdc
///
/// - name: Add a disk, and keep those that are there
///   community.general.lvg:
///     vg: vg_data
///     pvs: /dev/sdd
///     remove_extra_pvs: false
///
/// - name: Use what a disk gained when it was enlarged
///   community.general.lvg:
///     vg: vg_data
///     pvs: /dev/sdb
///     pvresize: true
///     remove_extra_pvs: false
/// ```
#[derive(Args)]
#[args(collection = "community.general", required_if("reset_pv_uuid", "True", "pvs"))]
pub struct Args {
    /// Name of the volume group
    vg: String,
    /// Devices that it is made of
    pvs: Option<Vec<String>>,
    /// Size of an extent, in MiB where it has no unit
    #[arg(default = "4")]
    pesize: String,
    /// More options for `pvcreate`
    #[arg(default = "")]
    pv_options: String,
    /// Whether the physical volumes grow to the size of their devices
    #[arg(default = "false")]
    pvresize: bool,
    /// More options for `vgcreate`
    #[arg(default = "")]
    vg_options: String,
    /// Whether it should be there, or also in use
    #[arg(default = "present")]
    state: State,
    /// Whether a group with volumes in it is removed
    #[arg(default = "false")]
    force: bool,
    /// Whether the group gets a new identifier
    #[arg(default = "false")]
    reset_vg_uuid: bool,
    /// Whether the physical volumes get new identifiers
    #[arg(default = "false")]
    reset_pv_uuid: bool,
    /// Whether devices that are not named leave the group
    #[arg(default = "true")]
    remove_extra_pvs: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
    Active,
    Inactive,
}

/// A group as `vgs` tells of it.
struct Group {
    volumes: u64,
}

/// What says whether a group is taken into use at boot; older programs do not know it.
const AUTOMATIC: &str = "--setautoactivation";

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let task = Task { args: &args, host };
    let group = task.group()?;
    let present = args.state != State::Absent;
    let named = args.pvs.as_deref().unwrap_or_default();
    if named.is_empty() && present && group.is_none() {
        return Err(Failure::new("No physical volumes given."));
    }
    let devices: Vec<String> = named.iter().map(|name| host.real_path(name)).collect();
    let volumes = if present { task.checked(&devices, named)? } else { Vec::new() };
    let changed = match group {
        None if present => {
            task.create(&devices)?;
            true
        }
        None => false,
        Some(group) if !present => {
            task.remove(&group)?;
            true
        }
        Some(_) => task.bring(&devices, &volumes)?,
    };
    Ok(Outcome::changed_if(changed))
}

struct Task<'a> {
    args: &'a Args,
    host: &'a Host,
}

impl Task<'_> {
    fn command(&self, words: &[&str]) -> Result<Command> {
        let tool = self.host.required(words[0])?;
        Ok(Command::new(std::iter::once(tool.as_str()).chain(words[1..].iter().copied())))
    }

    /// Runs one of LVM's programs that only looks and must succeed.
    fn look(&self, words: &[&str]) -> Result<String> {
        Ok(self.host.must(&self.command(words)?)?.text())
    }

    fn change(&self, words: &[&str], about: &str) -> Result<()> {
        match self.host.change(&self.command(words)?)? {
            Some(output) if !output.success() => Err(told(about, &output)),
            _ => Ok(()),
        }
    }

    fn group(&self) -> Result<Option<Group>> {
        let words = ["vgs", "--noheadings", "-o", "vg_name,pv_count,lv_count", "--separator", ";"];
        let text = if self.args.vg.is_empty() { String::new() } else { self.look(&words)? };
        let found = text.lines().map(fields).find(|fields| fields[0] == self.args.vg);
        let count = |fields: Vec<&str>| fields.get(2).and_then(|count| count.parse().ok());
        Ok(found.map(|fields| Group { volumes: count(fields).unwrap_or(0) }))
    }

    /// Returns the physical volumes and their groups, as far as they matter; the devices must be ours to take.
    fn checked(&self, devices: &[String], named: &[String]) -> Result<Vec<(String, String)>> {
        if let Some(missing) = devices.iter().find(|device| !self.host.exists(device)) {
            return Err(Failure::new(format!("Device {missing} not found.")));
        }
        let mut words = vec!["pvs", "--noheadings", "-o", "pv_name,vg_name", "--separator", ";"];
        let names = devices.iter().chain(named).map(|name| format!("pv_name = {name}"));
        let filter: Vec<String> = names.chain([format!("vg_name = {}", self.args.vg)]).collect();
        let filter = filter.join(" || ");
        if !devices.is_empty() {
            words.extend(["--select", &filter]);
        }
        let output = self.host.run(&self.command(&words)?)?;
        if !output.success() {
            return Err(told("Failed executing pvs command.", &output));
        }
        let mut volumes = Vec::new();
        for line in output.text().lines() {
            let fields = fields(line);
            let name = self.mapped(fields[0])?;
            volumes.push((name, fields.get(1).copied().unwrap_or_default().to_owned()));
        }
        let foreign = volumes.iter().find(|(name, group)| {
            devices.contains(name) && !group.is_empty() && *group != self.args.vg
        });
        match foreign {
            None => Ok(volumes),
            Some((name, group)) => {
                Err(Failure::new(format!("Device {name} is already in {group} volume group.")))
            }
        }
    }

    /// What the mapper made is known by its name there.
    fn mapped(&self, device: &str) -> Result<String> {
        if !device.starts_with("/dev/dm-") {
            return Ok(device.to_owned());
        }
        let words = ["dmsetup", "info", "-C", "--noheadings", "-o", "name", device];
        let output = self.host.run(&self.command(&words)?)?;
        if !output.success() {
            return Err(told("Failed executing dmsetup command.", &output));
        }
        Ok(format!("/dev/mapper/{}", output.text().trim_end()))
    }

    fn make_volumes(&self, devices: &[&String]) -> Result<()> {
        for device in devices {
            let mut words = vec!["pvcreate"];
            words.extend(self.args.pv_options.split_whitespace());
            words.extend(["-f", device]);
            self.change(&words, &format!("Creating physical volume '{device}' failed"))?;
        }
        Ok(())
    }

    fn create(&self, devices: &[String]) -> Result<()> {
        let mut words = vec!["vgcreate"];
        words.extend(self.args.vg_options.split_whitespace());
        if self.look(&["vgcreate", "--help"])?.contains(AUTOMATIC) && !words.contains(&AUTOMATIC) {
            match self.args.state {
                State::Active => words.extend([AUTOMATIC, "y"]),
                State::Inactive => words.extend([AUTOMATIC, "n"]),
                State::Absent | State::Present => (),
            }
        }
        self.make_volumes(&devices.iter().collect::<Vec<_>>())?;
        words.extend(["-s", &self.args.pesize, &self.args.vg]);
        words.extend(devices.iter().map(String::as_str));
        self.change(&words, &format!("Creating volume group '{}' failed", self.args.vg))
    }

    fn remove(&self, group: &Group) -> Result<()> {
        let name = &self.args.vg;
        if group.volumes > 0 && !self.args.force && !self.host.checking() {
            return Err(Failure::new(format!(
                "Refuse to remove non-empty volume group {name} without force=true"
            )));
        }
        let about = format!("Failed to remove volume group {name}");
        self.change(&["vgremove", "--force", name], &about)
    }

    /// Brings a group that is there to what is wanted of it.
    fn bring(&self, devices: &[String], volumes: &[(String, String)]) -> Result<bool> {
        let name = self.args.vg.as_str();
        let mut changed = match self.args.state {
            State::Active => self.activate(true)?,
            State::Inactive => self.activate(false)?,
            State::Absent | State::Present => false,
        };
        if self.args.reset_vg_uuid {
            self.host.must_change(&self.command(&["vgchange", "-u", name])?)?;
            changed = true;
        }
        if devices.is_empty() {
            return Ok(changed);
        }
        let current = volumes.iter().filter(|(_, group)| group == name);
        let current: Vec<String> = current.map(|(device, _)| self.host.real_path(device)).collect();
        for device in &current {
            changed |= self.args.pvresize && self.resize(device)?;
            changed |= self.args.reset_pv_uuid && self.reset_identifier(device)?;
        }
        let new: Vec<&String> = devices.iter().filter(|one| !current.contains(one)).collect();
        let extra: Vec<&String> = current.iter().filter(|one| !devices.contains(one)).collect();
        if !new.is_empty() {
            self.make_volumes(&new)?;
            let mut words = vec!["vgextend", name];
            words.extend(new.iter().map(|device| device.as_str()));
            self.change(&words, &format!("Unable to extend {name} by {}.", joined(&new)))?;
            changed = true;
        }
        if self.args.remove_extra_pvs && !extra.is_empty() {
            let mut words = vec!["vgreduce", "--force", name];
            words.extend(extra.iter().map(|device| device.as_str()));
            self.change(&words, &format!("Unable to reduce {name} by {}.", joined(&extra)))?;
            changed = true;
        }
        Ok(changed)
    }

    /// Returns the sizes of the device, of the volume on it, of what is before its extents, and of an extent.
    fn sizes(&self, device: &str) -> Result<[u64; 4]> {
        let words = [
            "pvdisplay",
            device,
            "--units",
            "b",
            "--columns",
            "--noheadings",
            "--nosuffix",
            "--separator",
            ";",
            "-o",
            "dev_size,pv_size,pe_start,vg_extent_size",
        ];
        let text = self.look(&words)?;
        let numbers: Vec<u64> =
            fields(&text).iter().filter_map(|field| field.parse().ok()).collect();
        numbers.try_into().map_err(|_| Failure::new(format!("pvdisplay says no size of {device}")))
    }

    /// Lets a physical volume grow when an extent more fits on its device.
    fn resize(&self, device: &str) -> Result<bool> {
        let [total, size, start, extent] = self.sizes(device)?;
        if total.saturating_sub(start.saturating_add(size)) <= extent {
            return Ok(false);
        }
        // Where a volume of the group is missing its status says nothing.
        if let Some(output) = self.host.change(&self.command(&["pvresize", device])?)?
            && self.sizes(device)?[1] == size
        {
            return Err(
                told("Failed executing pvresize command.", &output).with("out", output.text())
            );
        }
        Ok(true)
    }

    fn reset_identifier(&self, device: &str) -> Result<bool> {
        let look = ["pvs", "--noheadings", "-o", "uuid", device];
        let before = self.look(&look)?;
        if let Some(output) = self.host.change(&self.command(&["pvchange", "-u", device])?)?
            && self.look(&look)?.trim() == before.trim()
        {
            return Err(told(&format!("PV ({device}) UUID change failed"), &output)
                .with("out", output.text()));
        }
        Ok(true)
    }

    /// Takes the group's volumes into use, or out of it, now and at boot.
    fn activate(&self, active: bool) -> Result<bool> {
        let name = self.args.vg.as_str();
        let knows = self.look(&["vgchange", "--help"])?.contains(AUTOMATIC);
        let columns = if knows { "lv_attr,autoactivation" } else { "lv_attr" };
        let text = self.look(&["vgs", "--noheadings", "-o", columns, "--separator", ";", name])?;
        let lines: Vec<Vec<&str>> = text.lines().map(fields).collect();
        let automatic = lines.iter().any(|fields| fields.get(1) == Some(&"enabled"));
        let is_active = |fields: &Vec<&str>| fields[0].as_bytes().get(4) == Some(&b'a');
        let word = if active { "y" } else { "n" };
        let mut changed = false;
        if knows && automatic != active {
            self.host.must_change(&self.command(&["vgchange", AUTOMATIC, word, name])?)?;
            changed = true;
        }
        if lines.iter().any(|fields| is_active(fields) != active) {
            self.host.must_change(&self.command(&["vgchange", "--activate", word, name])?)?;
            changed = true;
        }
        Ok(changed)
    }
}

fn fields(line: &str) -> Vec<&str> {
    line.trim().split(';').collect()
}

fn told(about: &str, output: &Output) -> Failure {
    Failure::new(about).with("rc", output.status).with("err", output.error_text())
}

fn joined(devices: &[&String]) -> String {
    devices.iter().map(|device| device.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const GROUPS: &str = "/sbin/vgs --noheadings -o vg_name,pv_count,lv_count --separator ;";
    const VOLUMES: &str = "/sbin/pvs --noheadings -o pv_name,vg_name --separator ;";
    const OF_A: &str = "/sbin/pvs --noheadings -o pv_name,vg_name --separator ; --select pv_name = /dev/a || pv_name = /dev/a || vg_name = data";

    fn host() -> TestHost {
        let tools =
            ["vgs", "pvs", "pvcreate", "vgcreate", "vgextend", "vgreduce", "vgremove", "vgchange"]
                .map(|tool| format!("/sbin/{tool}"));
        let mut files: Vec<(&str, &str)> = tools.iter().map(|path| (path.as_str(), "")).collect();
        files.extend([("/dev/a", ""), ("/dev/b", "")]);
        let paths: Vec<&str> = tools.iter().map(String::as_str).collect();
        TestHost::with(&files).executable(&paths).answer(GROUPS, 0, "  data;1;2\n").answer(
            VOLUMES,
            0,
            "  /dev/a;data\n",
        )
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("lvg").unwrap().run(&given, host))
    }

    #[test]
    fn a_group_is_removed_only_when_it_is_empty() {
        assert_eq!(
            run(&host(), json!({"vg": "data", "state": "absent"}))["msg"],
            "Refuse to remove non-empty volume group data without force=true"
        );
        let forced = host().answer("/sbin/vgremove --force data", 0, "");
        let args = json!({"vg": "data", "state": "absent", "force": true});
        assert_eq!(run(&forced, args)["changed"], true);
        assert_eq!(run(&host(), json!({"vg": "none", "state": "absent"}))["changed"], false);
    }

    #[test]
    fn devices_are_needed() {
        assert_eq!(run(&host(), json!({"vg": "new"}))["msg"], "No physical volumes given.");
    }

    #[test]
    fn a_group_is_taken_out_of_use_now_and_at_boot() {
        let args = json!({"vg": "data", "state": "inactive"});
        let looked = || {
            host().answer("/sbin/vgchange --help", 0, "--setautoactivation y|n").answer(
                "/sbin/vgs --noheadings -o lv_attr,autoactivation --separator ; data",
                0,
                "  -wi-a-----;enabled\n",
            )
        };
        assert_eq!(run(&looked().check(), args.clone())["changed"], true);
        let done = looked().answer("/sbin/vgchange --setautoactivation n data", 0, "").answer(
            "/sbin/vgchange --activate n data",
            0,
            "",
        );
        assert_eq!(run(&done, args)["changed"], true);
    }

    #[test]
    fn devices_of_others_are_refused() {
        let given = json!({"vg": "data", "pvs": ["/dev/a"]});
        let ours = host().answer(OF_A, 0, "  /dev/a;data\n");
        assert_eq!(run(&ours, given.clone())["changed"], false);
        let theirs = host().answer(OF_A, 0, "  /dev/a;other\n");
        assert_eq!(run(&theirs, given)["msg"], "Device /dev/a is already in other volume group.");
    }
}
