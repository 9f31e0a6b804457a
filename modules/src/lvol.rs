//! `lvol`: LVM's volumes.

mod size;
#[cfg(test)]
mod tests;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result, compare_versions, split_words},
    spec::python_str,
};
use size::{Of, Size};

/// Makes a volume, changes its size, or removes it
///
/// The host needs the programs of LVM (package `lvm2`). A file system is made by `filesystem`.
///
/// # Examples
/// ```yaml
/// - name: Have a volume for the database
///   community.general.lvol:
///     vg: vg_data
///     lv: lv_postgres
///     size: 20g
///
/// - name: Let it have all that is free, with its file system
///   community.general.lvol:
///     vg: vg_data
///     lv: lv_postgres
///     size: +100%FREE
///     resizefs: true
///
/// - name: Take a snapshot before the upgrade
///   community.general.lvol:
///     vg: vg_data
///     lv: lv_postgres
///     snapshot: before_upgrade
///     size: 2g
/// ```
#[derive(Args)]
#[args(collection = "community.general", required_one_of("lv", "thinpool"))]
pub struct Args {
    /// Group of the volume
    vg: String,
    /// Name of the volume
    lv: Option<String>,
    /// Size: with a unit, in MiB without, or a share such as `50%VG` or `100%FREE`; a sign makes it relative
    size: Option<String>,
    /// More options for `lvcreate`
    opts: Option<String>,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Whether data may be lost: by a smaller volume, or by none
    #[arg(default = "false")]
    force: bool,
    /// Whether a volume that is larger becomes smaller
    #[arg(default = "true")]
    shrink: bool,
    /// Whether it is in use
    #[arg(default = "true")]
    active: bool,
    /// Name of a snapshot of the volume
    snapshot: Option<String>,
    /// Physical volumes to use
    pvs: Option<Vec<String>>,
    /// Pool of thin volumes that it is in, or that is made
    thinpool: Option<String>,
    /// Whether the file system changes its size, too
    #[arg(default = "false")]
    resizefs: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// The group, in the unit of the task.
#[derive(Clone, Copy, Debug)]
struct Group {
    size: f64,
    free: f64,
    extent: f64,
}

/// A volume of the group.
#[derive(Clone, Debug)]
struct Volume {
    name: String,
    size: f64,
    active: bool,
    thinpool: bool,
    thin: bool,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let task = Task::new(&args, host)?;
    let missing = |said: Said| {
        let message = format!("Volume group {} does not exist.", args.vg);
        match args.state {
            State::Absent => Ok(Outcome::changed_if(false).with("stdout", message)),
            State::Present => {
                Err(Failure::new(message).with("rc", said.status).with("err", said.err))
            }
        }
    };
    let said = task.list(&["vgs"], "vg_name,size,free,vg_extent_size")?;
    if said.status != 0 {
        return missing(said);
    }
    let line = said.out.lines().next().unwrap_or_default();
    let numbers: Vec<f64> =
        line.split(';').skip(1).filter_map(|field| field.trim().parse().ok()).collect();
    let [size, free, extent] = numbers[..] else {
        return Err(Failure::new(format!("vgs says no size of {}", args.vg)));
    };
    let said = task.list(&["lvs", "-a"], "lv_name,size,lv_attr")?;
    if said.status != 0 {
        return missing(said);
    }
    let volumes: Vec<Volume> = said.out.lines().filter_map(Volume::read).collect();
    task.bring(Group { size, free, extent }, &volumes)
}

impl Volume {
    fn read(line: &str) -> Option<Volume> {
        let fields: Vec<&str> = line.trim().split(';').collect();
        let attributes = fields.get(2).copied().unwrap_or_default().as_bytes();
        let kind = attributes.first().copied().unwrap_or_default();
        Some(Volume {
            name: fields.first()?.replace(['[', ']'], ""),
            size: fields.get(1)?.parse().ok()?,
            active: attributes.get(4) == Some(&b'a'),
            thinpool: kind == b't',
            thin: kind == b'V',
        })
    }
}

struct Task<'a> {
    args: &'a Args,
    size: Option<Size>,
    options: Vec<String>,
    /// `--yes`, where this version of LVM knows it.
    yes: Option<&'static str>,
    host: &'a Host,
}

/// What a command of LVM's said.
struct Said {
    status: i32,
    out: String,
    err: String,
}

impl<'a> Task<'a> {
    fn new(args: &'a Args, host: &'a Host) -> Result<Task<'a>> {
        let said = host.run(&Command::new([host.required("lvm")?.as_str(), "version"]))?.text();
        let version = said.split("LVM version:").nth(1).unwrap_or_default();
        let version = version.trim_start().split(['(', ' ']).next().unwrap_or_default();
        if !version.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Failure::new("Failed to get LVM version number"));
        }
        let yes = compare_versions(version, "2.02.99").is_ge().then_some("--yes");
        let options =
            split_words(args.opts.as_deref().unwrap_or_default()).map_err(Failure::raised)?;
        let size = args.size.as_deref().filter(|size| !size.is_empty());
        let size = size.map(|size| Size::read(size, args.snapshot.is_some())).transpose()?;
        Ok(Task { args, size, options, yes, host })
    }

    fn call(&self, words: &[&str]) -> Result<Said> {
        let tool = self.host.required(words[0])?;
        let command =
            Command::new(std::iter::once(tool.as_str()).chain(words[1..].iter().copied()));
        let output = self.host.run(&command)?;
        Ok(Said { status: output.status, out: output.text(), err: output.error_text() })
    }

    /// Asks about the group in the unit of the task.
    fn list(&self, words: &[&str], columns: &str) -> Result<Said> {
        let letter = self.size.as_ref().map_or('m', |size| size.letter);
        let unit = letter.to_ascii_lowercase().to_string();
        let mut words = words.to_vec();
        words.extend(["--noheadings", "--nosuffix", "-o", columns, "--units", &unit]);
        words.extend(["--separator", ";", &self.args.vg]);
        self.call(&words)
    }

    /// In check mode LVM itself is asked only to try.
    fn test(&self) -> Option<&'static str> {
        self.host.checking().then_some("--test")
    }

    fn bring(&self, group: Group, volumes: &[Volume]) -> Result<Outcome> {
        let args = self.args;
        let lv = args.lv.as_deref();
        let shown = lv.unwrap_or("None");
        let is = |volume: &&Volume, name: Option<&str>| Some(volume.name.as_str()) == name;
        let pool = args.thinpool.as_deref();
        let checked = if let Some(snapshot) = &args.snapshot {
            let origin = volumes.iter().find(|volume| is(volume, lv) || is(volume, pool));
            let Some(origin) = origin else {
                return Err(Failure::new(format!(
                    "Snapshot origin LV {shown} does not exist in volume group {}.",
                    args.vg
                )));
            };
            if origin.thinpool || pool.is_some() {
                return Err(Failure::new("Snapshots of thin pool LVs are not supported."));
            }
            snapshot
        } else {
            if let (Some(pool), Some(_)) = (pool, lv)
                && !volumes.iter().any(|volume| volume.name == pool)
            {
                return Err(Failure::new(format!(
                    "Thin pool LV {pool} does not exist in volume group {}.",
                    args.vg
                )));
            }
            lv.or(pool).unwrap_or_default()
        };
        let last = checked.rsplit('/').next();
        let this = volumes.iter().find(|volume| is(volume, Some(checked)) || is(volume, last));
        match (this, args.state) {
            (None, State::Present) => self.create(volumes),
            (None, State::Absent) => Ok(Outcome::changed_if(false).with("msg", "")),
            (Some(volume), State::Absent) => self.remove(volume),
            (Some(volume), State::Present) => self.keep(group, volume),
        }
    }

    fn remove(&self, volume: &Volume) -> Result<Outcome> {
        let args = self.args;
        if !args.force {
            return Err(Failure::new(format!(
                "Sorry, no removal of logical volume {} without force=true.",
                volume.name
            )));
        }
        let path = format!("{}/{}", args.vg, volume.name);
        let mut words = vec!["lvremove"];
        words.extend(self.test());
        words.extend(["--force", &path]);
        let said = self.call(&words)?;
        if said.status == 0 {
            return Ok(Outcome::changed_if(true));
        }
        let name = args.lv.as_deref().unwrap_or("None");
        Err(said.failed(format!("Failed to remove logical volume {name}")))
    }

    fn create(&self, volumes: &[Volume]) -> Result<Outcome> {
        let args = self.args;
        let (vg, lv) = (args.vg.as_str(), args.lv.as_deref().unwrap_or("None"));
        if let Some(size) = &self.size
            && let Some(sign) = size.sign
            && (sign == '-' || size.of == Of::Absolute)
        {
            let message =
                format!("Bad size specification of '{sign}{}' for creating LV", size.bare());
            return Err(Failure::new(message));
        }
        let origin = volumes.iter().find(|volume| volume.name == lv);
        let thin_snapshot = args.snapshot.is_some() && origin.is_some_and(|volume| volume.thin);
        if self.size.is_none() && !thin_snapshot {
            return Err(Failure::new("No size given."));
        }
        let amount = self.size.as_ref().map(|size| (size.flag(), size.text()));
        let path = match (&args.snapshot, &args.thinpool) {
            (None, Some(pool)) => format!("{vg}/{pool}"),
            _ => format!("{vg}/{lv}"),
        };
        let sized = amount.iter().flat_map(|(flag, text)| [*flag, text.as_str()]);
        let options = self.options.iter().map(String::as_str);
        let mut words = vec!["lvcreate"];
        words.extend(self.test().into_iter().chain(self.yes));
        if let Some(snapshot) = &args.snapshot {
            words.extend(sized.chain(["-s", "-n", snapshot]).chain(options));
            words.push(&path);
        } else if args.thinpool.is_some() {
            if args.lv.is_none() {
                words.extend(sized);
            } else if self.size.as_ref().is_some_and(|size| size.of != Of::Absolute) {
                let message = "Thin volume sizing with percentage not supported.";
                return Err(Failure::new(message));
            } else {
                words.extend(["-n", lv, "-V"].into_iter().chain(sized.skip(1)));
            }
            words.extend(options.chain(["-T", &path]));
        } else {
            words.extend(["-n", lv].into_iter().chain(sized).chain(options).chain([vg]));
            words.extend(args.pvs.iter().flatten().map(String::as_str));
        }
        let said = self.call(&words)?;
        if said.status == 0 {
            return Ok(Outcome::changed_if(true).with("msg", ""));
        }
        Err(said.failed(format!("Creating logical volume '{lv}' failed")))
    }

    /// Brings a volume that is there to its size and use.
    fn keep(&self, group: Group, volume: &Volume) -> Result<Outcome> {
        let args = self.args;
        let told = |changed: bool| {
            let outcome = Outcome::changed_if(changed).with("vg", args.vg.as_str());
            outcome.with("lv", volume.name.as_str()).with("size", volume.size)
        };
        let mut changed = false;
        if let Some(size) = &self.size
            && let Some(tool) = self.tool(group, volume, size)?
        {
            let said = self.resize(&tool, volume, size)?;
            let says = |text: &str| said.err.contains(text) || said.out.contains(text);
            let lv = args.lv.as_deref().unwrap_or("None");
            let failed = format!("Unable to resize {lv} to {}", size.text());
            if said.out.contains("Reached maximum COW size") {
                let out = said.out.clone();
                return Err(said.failed(failed).with("out", out));
            } else if said.status == 0 {
                changed = true;
            } else if says("matches existing size") {
                return Ok(told(false));
            } else if says("not larger than existing size") {
                let message = "Original size is larger than requested size";
                return Ok(told(false).with("msg", message).with("err", said.err));
            } else {
                return Err(said.failed(failed));
            }
        }
        if volume.active != args.active {
            changed = true;
            let word = if args.active { "-ay" } else { "-an" };
            let verb = if args.active { "activate" } else { "deactivate" };
            let path = format!("{}/{}", args.vg, volume.name);
            let words = [self.host.required("lvchange")?.as_str(), word, &path].map(str::to_owned);
            if let Some(output) = self.host.change(&Command::new(words))?
                && !output.success()
            {
                let lv = args.lv.as_deref().unwrap_or("None");
                return Err(Failure::new(format!("Failed to {verb} logical volume {lv}"))
                    .with("rc", output.status)
                    .with("err", output.error_text()));
            }
        }
        Ok(told(changed))
    }

    /// The program that brings the volume to its size, with its first words; none where that is right.
    fn tool(
        &self,
        group: Group,
        volume: &Volume,
        size: &Size,
    ) -> Result<Option<Vec<&'static str>>> {
        let (name, now) = (&volume.name, volume.size);
        let share = match size.of {
            Of::Absolute => None,
            Of::Share("FREE" | "ORIGIN") => Some(size.number * group.free / 100.0),
            Of::Share(_) => Some(size.number * group.size / 100.0),
        };
        let smaller = |to_nothing: bool, end: &str| {
            if to_nothing {
                Err(Failure::new(format!("Sorry, no shrinking of {name} to 0 permitted.")))
            } else if self.args.force {
                Ok(Some(vec!["lvreduce", "--force"]))
            } else {
                let message = format!("Sorry, no shrinking of {name} without force=true{end}");
                Err(Failure::new(message))
            }
        };
        let Some(share) = share else {
            if size.number > now || size.sign == Some('+') {
                return Ok(Some(vec!["lvextend"]));
            }
            if self.args.shrink && size.number < now || size.sign == Some('-') {
                return smaller(size.number == 0.0, ".");
            }
            return Ok(None);
        };
        let wanted = match size.sign {
            Some('+') => now + share,
            Some(_) => now - share,
            None => share,
        };
        let wanted = wanted - wanted.rem_euclid(group.extent);
        if now < wanted {
            if group.free > 0.0 && group.free >= wanted - now {
                return Ok(Some(vec!["lvextend"]));
            }
            let shown = |number: f64| python_str(&number.into());
            return Err(Failure::new(format!(
                "Logical Volume {name} could not be extended. Not enough free space left ({}m required / {}m available)",
                shown(wanted - now),
                shown(group.free)
            )));
        }
        if self.args.shrink && now > wanted + group.extent {
            return smaller(wanted < 1.0, "");
        }
        Ok(None)
    }

    fn resize(&self, tool: &[&str], volume: &Volume, size: &Size) -> Result<Said> {
        let mut words = tool.to_vec();
        words.extend(self.args.resizefs.then_some("--resizefs"));
        words.extend(self.test());
        let sign = size.sign.map(String::from).unwrap_or_default();
        let amount = format!("{sign}{}", size.text());
        let path = format!("{}/{}", self.args.vg, volume.name);
        words.extend([size.flag(), &amount, &path]);
        words.extend(self.args.pvs.iter().flatten().map(String::as_str));
        self.call(&words)
    }
}

impl Said {
    fn failed(self, message: String) -> Failure {
        Failure::new(message).with("rc", self.status).with("err", self.err)
    }
}
