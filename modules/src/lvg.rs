//! `lvg`: groups of LVM's volumes.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Result, split_words};

/// Makes a volume group of physical volumes, changes which it has, or removes it
#[derive(Args)]
#[args(collection = "community.general", required_if("reset_pv_uuid", "True", "pvs"))]
pub struct Args {
    /// Name of the group
    vg: String,
    /// Devices that it is made of
    pvs: Option<Vec<String>>,
    /// Size of an extent
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

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let task = Task { args: &args, host };
    let group = task.group()?;
    let devices = task.devices()?;
    if args.state == State::Absent {
        return task.remove(group.as_ref());
    }
    let mut changed = false;
    if group.is_none() {
        if devices.is_empty() {
            return Err(Failure::new("No physical volumes given."));
        }
        if matches!(args.state, State::Active | State::Inactive) {
            return Err(Failure::new(format!(
                "Failed to {} non-existent volume group {}",
                if args.state == State::Active { "activate" } else { "deactivate" },
                args.vg
            )));
        }
        task.refuse_foreign(&devices)?;
        task.create(&devices)?;
        changed = true;
    } else {
        changed |= task.reset_identifiers()?;
        if args.state == State::Present && !devices.is_empty() {
            task.refuse_foreign(&devices)?;
            changed |= task.change_devices(&devices)?;
        }
    }
    if matches!(args.state, State::Active | State::Inactive) {
        changed |= task.activate(args.state == State::Active)?;
    }
    Ok(Outcome::changed_if(changed))
}

struct Task<'a> {
    args: &'a Args,
    host: &'a Host,
}

impl Task<'_> {
    /// Runs one of LVM's programs that only looks, and returns the fields of its lines.
    fn look(&self, words: &[&str]) -> Result<Vec<Vec<String>>> {
        let tool = self.host.required(words[0])?;
        let command =
            Command::new(std::iter::once(tool.as_str()).chain(words[1..].iter().copied()));
        let output = self.host.run(&command)?;
        if !output.success() {
            return Err(Failure::new(format!("Failed executing {} command.", words[0]))
                .with("rc", output.status)
                .with("err", output.error_text()));
        }
        let fields = |line: &str| line.trim().split(';').map(ToOwned::to_owned).collect();
        Ok(output.text().lines().filter(|line| !line.trim().is_empty()).map(fields).collect())
    }

    fn change(&self, words: &[&str], about: &str) -> Result<()> {
        let tool = self.host.required(words[0])?;
        let command =
            Command::new(std::iter::once(tool.as_str()).chain(words[1..].iter().copied()));
        match self.host.change(&command)? {
            Some(output) if !output.success() => {
                Err(Failure::new(about).with("rc", output.status).with("err", output.error_text()))
            }
            _ => Ok(()),
        }
    }

    fn group(&self) -> Result<Option<Group>> {
        let words = ["vgs", "--noheadings", "-o", "vg_name,pv_count,lv_count", "--separator", ";"];
        let found = self.look(&words)?.into_iter().find(|fields| fields[0] == self.args.vg);
        Ok(found.map(|fields| Group {
            volumes: fields.get(2).and_then(|count| count.parse().ok()).unwrap_or(0),
        }))
    }

    /// Returns the devices that the task names, as the system knows them.
    fn devices(&self) -> Result<Vec<String>> {
        let mut devices = Vec::new();
        for name in self.args.pvs.iter().flatten().filter(|name| !name.is_empty()) {
            let real = self.host.real_path(name);
            // What the mapper made is known by its name there.
            let device = if real.starts_with("/dev/dm-") { name.clone() } else { real };
            if self.args.state == State::Present && !self.host.exists(&device) {
                return Err(Failure::new(format!("Device {device} not found.")));
            }
            devices.push(device);
        }
        Ok(devices)
    }

    /// Returns every physical volume and its group.
    fn volumes(&self) -> Result<Vec<(String, String)>> {
        let words = ["pvs", "--noheadings", "-o", "pv_name,vg_name", "--separator", ";"];
        let pair = |mut fields: Vec<String>| {
            let group = if fields.len() > 1 { fields.swap_remove(1) } else { String::new() };
            (fields.swap_remove(0), group)
        };
        Ok(self.look(&words)?.into_iter().map(pair).collect())
    }

    fn refuse_foreign(&self, devices: &[String]) -> Result<()> {
        for (device, group) in self.volumes()? {
            if devices.contains(&device) && !group.is_empty() && group != self.args.vg {
                return Err(Failure::new(format!(
                    "Device {device} is already in {group} volume group."
                )));
            }
        }
        Ok(())
    }

    fn make_volumes(&self, devices: &[&String]) -> Result<()> {
        let options = split_words(&self.args.pv_options).map_err(Failure::new)?;
        for device in devices {
            let mut words = vec!["pvcreate"];
            words.extend(options.iter().map(String::as_str));
            words.extend(["-f", device]);
            self.change(&words, &format!("Creating physical volume '{device}' failed"))?;
        }
        Ok(())
    }

    fn create(&self, devices: &[String]) -> Result<()> {
        self.make_volumes(&devices.iter().collect::<Vec<_>>())?;
        let options = split_words(&self.args.vg_options).map_err(Failure::new)?;
        let mut words = vec!["vgcreate"];
        words.extend(options.iter().map(String::as_str));
        words.extend(["-s", &self.args.pesize, &self.args.vg]);
        words.extend(devices.iter().map(String::as_str));
        self.change(&words, &format!("Creating volume group '{}' failed", self.args.vg))
    }

    fn remove(&self, group: Option<&Group>) -> Result<Outcome> {
        let name = &self.args.vg;
        let Some(group) = group else { return Ok(Outcome::changed_if(false)) };
        if group.volumes > 0 && !self.args.force {
            return Err(Failure::new(format!(
                "Refuse to remove non-empty volume group {name} without force=true"
            )));
        }
        self.change(
            &["vgremove", "--force", name],
            &format!("Failed to remove volume group {name}"),
        )?;
        Ok(Outcome::changed_if(true))
    }

    /// Brings the devices of a group that is there to those that are named.
    fn change_devices(&self, devices: &[String]) -> Result<bool> {
        let name = self.args.vg.as_str();
        let current: Vec<String> = self
            .volumes()?
            .into_iter()
            .filter(|(_, group)| group == name)
            .map(|(device, _)| device)
            .collect();
        let new: Vec<&String> = devices.iter().filter(|one| !current.contains(one)).collect();
        let extra: Vec<&String> = current.iter().filter(|one| !devices.contains(one)).collect();
        let mut changed = false;
        if self.args.pvresize {
            for device in devices.iter().filter(|one| current.contains(one)) {
                changed |= self.resize(device)?;
            }
        }
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

    /// Lets a physical volume grow when an extent more fits on its device.
    fn resize(&self, device: &str) -> Result<bool> {
        let words = [
            "pvs",
            "--noheadings",
            "--nosuffix",
            "--units",
            "b",
            "-o",
            "dev_size,pv_size,pe_start,vg_extent_size",
            "--separator",
            ";",
            device,
        ];
        let fields = self.look(&words)?.into_iter().next().unwrap_or_default();
        let numbers: Vec<u64> = fields.iter().filter_map(|field| field.parse().ok()).collect();
        let [total, used, start, extent] = numbers[..] else {
            return Err(Failure::new(format!("pvs says no size of {device}")));
        };
        if total.saturating_sub(start) < used.saturating_add(extent) {
            return Ok(false);
        }
        self.change(&["pvresize", device], "Failed executing pvresize command.")?;
        Ok(true)
    }

    fn reset_identifiers(&self) -> Result<bool> {
        let name = self.args.vg.as_str();
        if self.args.reset_pv_uuid {
            for (device, _) in self.volumes()?.iter().filter(|(_, group)| group == name) {
                self.change(&["pvchange", "-u", device], "Failed to reset physical volume UUID")?;
            }
        }
        if self.args.reset_vg_uuid {
            self.change(&["vgchange", "-u", name], "Failed to reset volume group UUID")?;
        }
        Ok(self.args.reset_vg_uuid || self.args.reset_pv_uuid)
    }

    /// Takes the group's volumes into use, or out of it.
    fn activate(&self, active: bool) -> Result<bool> {
        let name = self.args.vg.as_str();
        let words = ["lvs", "--noheadings", "-o", "lv_attr", name];
        let is_active = |fields: &Vec<String>| fields[0].as_bytes().get(4) == Some(&b'a');
        let volumes = self.look(&words)?;
        if volumes.iter().all(|fields| is_active(fields) == active) {
            return Ok(false);
        }
        let word = if active { "ay" } else { "an" };
        let verb = if active { "activate" } else { "deactivate" };
        self.change(
            &["vgchange", "--activate", word, name],
            &format!("Failed to {verb} volume group {name}"),
        )?;
        Ok(true)
    }
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

    fn host() -> TestHost {
        let tools = ["vgs", "pvs", "pvcreate", "vgcreate", "vgextend", "vgreduce", "vgremove"]
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
}
