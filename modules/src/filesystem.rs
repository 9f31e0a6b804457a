//! `filesystem`: file systems on devices and in images.

mod kinds;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, failed, split_words},
    spec::ArgPath,
};
use kinds::Kind;

/// Makes a file system, lets it grow to its device, or removes it
///
/// The host needs the program of the kind, such as `mkfs.ext4` or `mkfs.xfs`.
///
/// # Examples
/// ```yaml
/// - name: Have a file system on the volume for data
///   community.general.filesystem:
///     dev: /dev/vg_data/lv_data
///     fstype: ext4
///     opts: -L data
///
/// - name: Let it grow to the volume, which is larger now
///   community.general.filesystem:
///     dev: /dev/vg_data/lv_data
///     fstype: ext4
///     resizefs: true
///
/// - name: Wipe a disk that leaves the machine
///   community.general.filesystem:
///     dev: /dev/sdc
///     state: absent
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    required_if("state", "present", "fstype"),
    mutually_exclusive("resizefs", "uuid")
)]
pub struct Args {
    /// Whether there should be one
    #[arg(default = "present")]
    state: State,
    /// Kind of file system
    #[arg(alias = "type")]
    fstype: Option<Kind>,
    /// Device, or file with an image
    #[arg(alias = "device")]
    dev: ArgPath,
    /// Whether a file system that is there is replaced
    #[arg(default = "false")]
    force: bool,
    /// Whether it grows to the size of the device
    #[arg(default = "false")]
    resizefs: bool,
    /// More options for the program that makes it
    opts: Option<String>,
    /// Its identifier: a UUID, or `random`, `generate` and what else the programs know
    uuid: Option<String>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let dev = args.dev.0.as_str();
    if !host.exists(dev) {
        if args.state == State::Absent {
            return Ok(Outcome::changed_if(false).with("msg", format!("Device {dev} not found.")));
        }
        return Err(Failure::new(format!("Device {dev} not found.")));
    }
    let now = kind_of(dev, host)?;
    let Some(kind) = args.fstype.filter(|_| args.state == State::Present) else {
        return remove(dev, &now, host);
    };
    if kind == Kind::F2fs {
        // The reference asks its version, in check mode, too.
        host.required(kind.maker())?;
    }
    let is_same = now == kind.type_name();
    if is_same && args.resizefs {
        return kinds::grow(kind, dev, host);
    }
    if is_same && let Some(uuid) = &args.uuid {
        return set_uuid(uuid, kind, dev, host);
    }
    if is_same && !args.force {
        return Ok(Outcome::changed_if(false));
    }
    if !now.is_empty() && !args.force {
        return Err(Failure::new(format!(
            "'{dev}' is already used as {now}, use force=true to overwrite"
        ))
        .with("rc", 0)
        .with("err", ""));
    }
    make(&args, kind, dev, host)
}

/// Returns what the system calls the kind of file system that is there; nothing when there is none.
fn kind_of(dev: &str, host: &Host) -> Result<String> {
    let blkid = host.required("blkid")?;
    let command =
        Command::new([blkid.as_str(), "-c", "/dev/null", "-o", "value", "-s", "TYPE", dev]);
    let output = host.run(&command)?;
    Ok(output.text().trim().to_owned())
}

fn remove(dev: &str, now: &str, host: &Host) -> Result<Outcome> {
    if now.is_empty() {
        return Ok(Outcome::changed_if(false));
    }
    let wipefs = host.required("wipefs")?;
    change(&Command::new([wipefs.as_str(), "--all", dev]), host)?;
    Ok(Outcome::changed_if(true))
}

fn make(args: &Args, kind: Kind, dev: &str, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::changed_if(true));
    }
    let mut words = vec![host.required(kind.maker())?];
    words.extend(kind.flags().iter().map(|word| (*word).to_owned()));
    if let Some(uuid) = &args.uuid {
        words.extend(kind.uuid_words(uuid)?);
    }
    if let Some(options) = &args.opts {
        words.extend(split_words(options).map_err(Failure::new)?);
    }
    words.push(dev.to_owned());
    change(&Command::new(words), host)?;
    Ok(Outcome::changed_if(true))
}

/// Gives an identifier to a file system that is there.
fn set_uuid(uuid: &str, kind: Kind, dev: &str, host: &Host) -> Result<Outcome> {
    let Some((program, words)) = kind.uuid_changer(uuid) else {
        return Err(Failure::new(format!(
            "module does not support UUID option for this filesystem ({}) yet.",
            kind.as_str()
        )));
    };
    let tool = host.required(program)?;
    if host.checking() {
        // The reference tells that it changes something under another name.
        let message = format!("Changing {} filesystem UUID on device {dev}", kind.title());
        return Ok(Outcome::changed_if(false).with("change", true).with("msg", message));
    }
    let words = std::iter::once(tool).chain(words).chain([dev.to_owned()]);
    let output = change(&Command::new(words), host)?;
    Ok(Outcome::changed_if(true).with("msg", output.text()))
}

/// Runs a command that must succeed, in the reference's words when it does not.
fn change(command: &Command, host: &Host) -> Result<Output> {
    match host.change(command)? {
        Some(output) if !output.success() => Err(failed(command, &output)),
        output => Ok(output.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
