//! The booted host on which the cases of a group run, equal to the one that the reference had but for Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::case::Case;

/// Which cases on hosts run.
pub(crate) struct Hosts {
    can_boot: bool,
    /// Not only the quick ones.
    all: bool,
}

impl Hosts {
    /// As `PARITY_HOSTS` says it (`all`, `none`); a case that is named runs however long it takes.
    pub(crate) fn wanted(named: bool) -> Hosts {
        let asked = std::env::var("PARITY_HOSTS").unwrap_or_default();
        Hosts { can_boot: asked != "none" && may_boot(), all: named || asked == "all" }
    }

    /// Whether this case runs.
    pub(crate) fn run(&self, case: &Case) -> bool {
        self.can_boot && (self.all || case.options.quick)
    }
}

/// A host of a lab of its own, which ends with it; or the one that `PARITY_LAB` names, which stays.
pub(crate) struct Host {
    lab: String,
    borrowed: bool,
    /// Its own name, which differs from run to run.
    pub(crate) name: String,
    pub(crate) address: String,
    /// An inventory that names it `host1`, in the group `lab`.
    pub(crate) inventory: String,
}

impl Host {
    pub(crate) fn start() -> Result<Host, String> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let borrowed = std::env::var("PARITY_LAB").ok();
        let lab = borrowed.clone().unwrap_or_else(|| {
            let number = STARTED.fetch_add(1, Ordering::Relaxed) + 1000 * std::process::id();
            format!("p{:06x}", number & 0x00ff_ffff)
        });
        let mut host = Host {
            name: format!("{lab}1"),
            lab,
            borrowed: borrowed.is_some(),
            address: String::new(),
            inventory: String::new(),
        };
        if !host.borrowed {
            host.lab(&["up", "1"])?;
        }
        let text = host.lab(&["inventory"])?;
        let broken = || format!("the lab's inventory is not understood:\n{text}");
        let line =
            text.lines().find_map(|line| line.strip_prefix(&host.name)).ok_or_else(broken)?;
        let line = line.split(" lab_folder=").next().unwrap_or_default();
        let variables = text.split("[lab:vars]").nth(1).ok_or_else(broken)?;
        let address = line.split(' ').find_map(|word| word.strip_prefix("ansible_host="));
        let address = address.ok_or_else(broken)?.to_owned();
        let inventory = format!(
            "[lab]\nhost1{line}\n[lab:vars]{variables}ansible_python_interpreter=/usr/bin/python3\n"
        );
        (host.address, host.inventory) = (address, inventory);
        Ok(host)
    }

    /// Returns a command that runs a script as root on the host.
    pub(crate) fn command(&self, script: &str) -> Command {
        let mut command = Command::new(script_of_lab());
        command.args(["ssh", "--name", &self.lab, &self.name, &format!("exec 2>&1; {script}")]);
        command
    }

    /// Runs the script of this name, if the case has one, and returns what it printed.
    pub(crate) fn script(&self, case: &Case, name: &str) -> Result<String, String> {
        let Ok(script) = fs::read_to_string(case.folder.join(name)) else {
            return Ok(String::new());
        };
        let output = self.command(&script).stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("cannot run `{name}`: {error}"))?;
        if !output.status.success() && name != "state" {
            return Err(format!("`{name}` failed: {}", printed(&output)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn lab(&self, arguments: &[&str]) -> Result<String, String> {
        let (verb, rest) = arguments.split_first().expect("a verb");
        let errors = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
        let mut command = Command::new(script_of_lab());
        command.arg(verb).args(["--name", &self.lab]).args(rest).stdin(Stdio::null());
        // Its processes outlive the script, and would keep a pipe open.
        command.stderr(errors.reopen().map_err(|error| error.to_string())?);
        let output = command.output().map_err(|error| format!("cannot run the lab: {error}"))?;
        if !output.status.success() {
            let errors = fs::read_to_string(errors.path()).unwrap_or_default();
            return Err(format!("`lab {verb}` failed: {errors}"));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if !self.borrowed {
            // A host that does not end is no difference from the reference.
            let _ = self.lab(&["down"]);
        }
    }
}

fn script_of_lab() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// As `lab` itself decides: root in an ordinary container may not mount, and gets processes.
fn may_boot() -> bool {
    let root = rustix::process::geteuid().is_root();
    let mut mount = Command::new("unshare");
    mount.args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).stderr(Stdio::null());
    root && mount.status().is_ok_and(|status| status.success())
}
