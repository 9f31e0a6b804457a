//! Helpers that this one started as other users, as the processes of the host show them.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::Host;

/// How often, and for how long, the end of a helper is looked for.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: usize = 200;

impl Host {
    /// Ends the helpers of a user that wait for tasks: nobody can be removed while a process is theirs.
    ///
    /// A task that becomes this user later starts another.
    pub fn end_helpers_of(&self, uid: u32) {
        if self.checking() {
            return;
        }
        let own = std::process::id();
        let mut helpers: Vec<u32> = self
            .folder("/proc")
            .iter()
            .filter_map(|name| name.parse().ok())
            .filter(|pid| self.belongs_to(*pid, uid) && self.descends(*pid, own))
            .collect();
        for pid in &helpers {
            if let Some(pid) = i32::try_from(*pid).ok().and_then(Pid::from_raw) {
                // Gone already is as good as ended.
                let _ = kill_process(pid, Signal::TERM);
            }
        }
        for _ in 0..LOOKS {
            helpers.retain(|pid| self.belongs_to(*pid, uid));
            if helpers.is_empty() {
                return;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn belongs_to(&self, pid: u32, uid: u32) -> bool {
        self.status_field(pid, "Uid:") == Some(uid)
    }

    fn descends(&self, mut pid: u32, from: u32) -> bool {
        while let Some(parent) = self.status_field(pid, "PPid:").filter(|parent| *parent > 1) {
            if parent == from {
                return true;
            }
            pid = parent;
        }
        false
    }

    /// The first number of a line of a process' status.
    fn status_field(&self, pid: u32, field: &str) -> Option<u32> {
        let text = self.text(format!("/proc/{pid}/status"))?;
        let line = text.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace().next()?.parse().ok()
    }
}
