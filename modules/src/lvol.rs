//! `lvol`: LVM's volumes.

mod size;
#[cfg(test)]
mod tests;

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Result, split_words};
use size::{Of, Size, Unit};

/// Makes a volume, changes its size, or removes it
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
    let size = args.size.as_deref().map(Size::read).transpose()?;
    let unit = size.as_ref().map_or(Unit::MEBI, Size::unit);
    let task = Task { args: &args, unit, pvs: args.pvs.iter().flatten().cloned().collect(), host };
    let Some(group) = task.group()? else {
        return match args.state {
            State::Absent => Ok(Outcome::changed_if(false)
                .with("stdout", format!("Volume group {} does not exist.", args.vg))),
            State::Present => {
                Err(Failure::new(format!("Volume group {} does not exist.", args.vg)))
            }
        };
    };
    task.bring(group, size.as_ref())
}

struct Task<'a> {
    args: &'a Args,
    unit: Unit,
    pvs: Vec<String>,
    host: &'a Host,
}

/// What a command of LVM's said.
struct Said {
    status: i32,
    out: String,
    err: String,
}

impl Task<'_> {
    fn call(&self, words: &[&str]) -> Result<Said> {
        let tool = self.host.required(words[0])?;
        let command =
            Command::new(std::iter::once(tool.as_str()).chain(words[1..].iter().copied()));
        let output = self.host.run(&command)?;
        Ok(Said { status: output.status, out: output.text(), err: output.error_text() })
    }

    /// Runs a command that must succeed; in check mode LVM itself is asked only to try.
    fn change(&self, words: &[&str], about: &str) -> Result<Said> {
        let mut words = words.to_vec();
        if self.host.checking() {
            words.insert(1, "--test");
        }
        let said = self.call(&words)?;
        if said.status == 0 {
            return Ok(said);
        }
        Err(Failure::new(about).with("rc", said.status).with("err", said.err))
    }

    fn group(&self) -> Result<Option<Group>> {
        let unit = self.unit.letter.to_ascii_lowercase().to_string();
        let said = self.call(&[
            "vgs",
            "--noheadings",
            "--nosuffix",
            "-o",
            "vg_name,size,free,vg_extent_size",
            "--units",
            &unit,
            "--separator",
            ";",
            &self.args.vg,
        ])?;
        if said.status != 0 {
            if self.args.state == State::Absent {
                return Ok(None);
            }
            return Err(Failure::new(format!("Volume group {} does not exist.", self.args.vg))
                .with("rc", said.status)
                .with("err", said.err));
        }
        let line = said.out.lines().next().unwrap_or_default();
        let numbers: Vec<f64> =
            line.split(';').skip(1).filter_map(|field| field.trim().parse().ok()).collect();
        let [size, free, extent] = numbers[..] else { return Ok(None) };
        Ok(Some(Group { size, free, extent }))
    }

    fn volumes(&self) -> Result<Vec<Volume>> {
        let unit = self.unit.letter.to_ascii_lowercase().to_string();
        let said = self.call(&[
            "lvs",
            "-a",
            "--noheadings",
            "--nosuffix",
            "-o",
            "lv_name,size,lv_attr",
            "--units",
            &unit,
            "--separator",
            ";",
            &self.args.vg,
        ])?;
        if said.status != 0 {
            return Err(Failure::new(format!("Volume group {} does not exist.", self.args.vg))
                .with("rc", said.status)
                .with("err", said.err));
        }
        let volume = |line: &str| {
            let fields: Vec<&str> = line.trim().split(';').collect();
            let attributes = fields.get(2).copied().unwrap_or_default().as_bytes();
            let kind = attributes.first().copied().unwrap_or_default();
            Some(Volume {
                name: fields.first()?.trim_matches(['[', ']']).to_owned(),
                size: fields.get(1)?.parse().ok()?,
                active: attributes.get(4) == Some(&b'a'),
                thinpool: kind == b't',
                thin: kind == b'V',
            })
        };
        Ok(said.out.lines().filter_map(volume).collect())
    }

    fn bring(&self, group: Group, size: Option<&Size>) -> Result<Outcome> {
        let args = self.args;
        let volumes = self.volumes()?;
        let named = |name: &str| volumes.iter().find(|volume| volume.name == name);
        let this = if let Some(snapshot) = &args.snapshot {
            if named(args.lv.as_deref().unwrap_or_default()).is_none()
                && args.state == State::Present
            {
                return Err(Failure::new(format!(
                    "Snapshot origin LV {} does not exist in volume group {}.",
                    args.lv.as_deref().unwrap_or_default(),
                    args.vg
                )));
            }
            named(snapshot)
        } else if let (Some(pool), Some(lv)) = (&args.thinpool, &args.lv) {
            if !volumes.iter().any(|volume| volume.name == *pool && volume.thinpool) {
                return Err(Failure::new(format!(
                    "Thin pool LV {pool} does not exist in volume group {}.",
                    args.vg
                )));
            }
            named(lv)
        } else {
            named(args.lv.as_deref().or(args.thinpool.as_deref()).unwrap_or_default())
        };
        match (this, args.state) {
            (None, State::Present) => self.create(size, &volumes),
            (None, State::Absent) => Ok(Outcome::changed_if(false)),
            (Some(volume), State::Absent) => self.remove(volume),
            (Some(volume), State::Present) => self.keep(group, volume, size),
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
        self.change(
            &["lvremove", "--force", &path],
            &format!("Failed to remove logical volume {}", volume.name),
        )?;
        Ok(Outcome::changed_if(true))
    }

    fn create(&self, size: Option<&Size>, volumes: &[Volume]) -> Result<Outcome> {
        let args = self.args;
        let (vg, lv) = (args.vg.as_str(), args.lv.as_deref().unwrap_or_default());
        if size.is_some_and(|size| size.sign.is_some()) {
            return Err(Failure::new(
                "Bad size specification of '".to_owned()
                    + args.size.as_deref().unwrap_or_default()
                    + "' for creating LV",
            ));
        }
        let origin = volumes.iter().find(|volume| volume.name == lv);
        let thin_snapshot = args.snapshot.is_some() && origin.is_some_and(|volume| volume.thin);
        if size.is_none() && !thin_snapshot {
            return Err(Failure::new("No size given."));
        }
        let options =
            split_words(args.opts.as_deref().unwrap_or_default()).map_err(Failure::new)?;
        let amount = size.map(|size| (size.flag(), size.text())).unwrap_or_default();
        let mut words = vec!["lvcreate"];
        let path = match (&args.snapshot, &args.thinpool) {
            (Some(_), _) => format!("{vg}/{lv}"),
            (None, Some(pool)) => format!("{vg}/{pool}"),
            (None, None) => vg.to_owned(),
        };
        if !args.active {
            words.extend(["-an"]);
        }
        if let Some(snapshot) = &args.snapshot {
            words.extend(["-s", "-n", snapshot]);
            if size.is_some() {
                words.extend([amount.0, &amount.1]);
            }
            words.extend(options.iter().map(String::as_str));
            words.push(&path);
        } else if args.thinpool.is_some() {
            if args.lv.is_some() {
                words.extend(["-n", lv, "-V", &amount.1]);
            } else {
                words.extend([amount.0, amount.1.as_str()]);
            }
            words.extend(options.iter().map(String::as_str));
            words.extend(["-T", &path]);
        } else {
            words.extend(["--yes", "-n", lv, amount.0, &amount.1]);
            words.extend(options.iter().map(String::as_str));
            words.push(&path);
        }
        words.extend(self.pvs.iter().map(String::as_str));
        let name = args.snapshot.as_deref().or(args.lv.as_deref()).or(args.thinpool.as_deref());
        self.change(
            &words,
            &format!("Creating logical volume '{}' failed", name.unwrap_or_default()),
        )?;
        Ok(Outcome::changed_if(true))
    }

    /// Brings a volume that is there to its size and use.
    fn keep(&self, group: Group, volume: &Volume, size: Option<&Size>) -> Result<Outcome> {
        let mut changed = false;
        let mut message = None;
        if let Some(size) = size
            && self.args.snapshot.is_none()
        {
            (changed, message) = self.resize(group, volume, size)?;
        }
        if volume.active != self.args.active {
            let word = if self.args.active { "-ay" } else { "-an" };
            let verb = if self.args.active { "activate" } else { "deactivate" };
            let path = format!("{}/{}", self.args.vg, volume.name);
            self.change(
                &["lvchange", word, &path],
                &format!("Failed to {verb} logical volume {}", volume.name),
            )?;
            changed = true;
        }
        Ok(Outcome::changed_if(changed).with_some("msg", message))
    }

    fn resize(&self, group: Group, volume: &Volume, size: &Size) -> Result<(bool, Option<String>)> {
        let args = self.args;
        let wanted = match size.of {
            Of::Absolute => size.number,
            Of::Share(what) => {
                let whole = match what {
                    "FREE" => group.free,
                    _ => group.size,
                };
                let share = size.number * whole / 100.0;
                if what == "FREE" && size.sign.is_none() { share + volume.size } else { share }
            }
        };
        let wanted = match size.sign {
            Some('+') => volume.size + wanted,
            Some(_) => volume.size - wanted,
            None => wanted,
        };
        // A part of an extent is no difference.
        let tool = if volume.size + group.extent <= wanted {
            "lvextend"
        } else if args.shrink && volume.size > wanted + group.extent {
            if wanted < 1.0 {
                return Err(Failure::new(format!(
                    "Sorry, no shrinking of {} to 0 permitted.",
                    volume.name
                )));
            }
            if !args.force {
                return Err(Failure::new(format!(
                    "Sorry, no shrinking of {} without force=true.",
                    volume.name
                )));
            }
            "lvreduce"
        } else {
            return Ok((false, None));
        };
        let mut words = vec![tool];
        if tool == "lvreduce" {
            words.push("--force");
        }
        if args.resizefs {
            words.push("--resizefs");
        }
        let sign = size.sign.map(String::from).unwrap_or_default();
        let amount = format!("{sign}{}", size.text());
        let path = format!("{}/{}", args.vg, volume.name);
        words.extend([size.flag(), &amount, &path]);
        words.extend(self.pvs.iter().map(String::as_str));
        let mut tested = words.clone();
        if self.host.checking() {
            tested.insert(1, "--test");
        }
        let said = self.call(&tested)?;
        let same = "matches existing size";
        if said.status == 0 {
            return Ok((true, None));
        }
        if said.err.contains(same) || said.out.contains(same) {
            return Ok((false, None));
        }
        Err(Failure::new(format!(
            "Unable to resize {} to {}{}",
            volume.name,
            args.size.as_deref().unwrap_or_default(),
            ""
        ))
        .with("rc", said.status)
        .with("err", said.err))
    }
}
