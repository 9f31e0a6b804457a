//! What the checkout is: read from its files where they say it.

use super::{Done, Git};
use crate::host::{Failure, Result};

impl Git<'_> {
    /// Returns where the repository of the checkout is.
    pub(super) fn git_dir(&self) -> Option<String> {
        if self.args.bare {
            return Some(self.dest.clone());
        }
        let dot = format!("{}/.git", self.dest);
        if self.host.is_folder(&dot) {
            return Some(dot);
        }
        let text = self.host.text(&dot)?;
        let path = text.trim().strip_prefix("gitdir:")?.trim().to_owned();
        Some(if path.starts_with('/') { path } else { format!("{}/{path}", self.dest) })
    }

    pub(super) fn is_repository(&self) -> bool {
        self.git_dir().is_some_and(|dir| self.host.exists(format!("{dir}/config")))
    }

    /// The branch that is checked out, or the one that the remote's `HEAD` is when none is.
    pub(super) fn current_branch(&self) -> Result<String> {
        let dir = self.git_dir().unwrap_or_default();
        let head = self.host.text(format!("{dir}/HEAD")).unwrap_or_default();
        if let Some(branch) = head.trim().strip_prefix("ref: refs/heads/") {
            return Ok(branch.to_owned());
        }
        let remote = &self.args.remote;
        let head = self.host.text(format!("{dir}/refs/remotes/{remote}/HEAD")).unwrap_or_default();
        let prefix = format!("ref: refs/remotes/{remote}/");
        head.trim().strip_prefix(&prefix).map(str::to_owned).ok_or_else(|| {
            Failure::new(format!("Unable to determine the current branch of {}", self.dest))
        })
    }

    pub(super) fn has_local_changes(&self) -> Result<bool> {
        let lines = self.ask(&["status", "--porcelain"])?;
        // Files that git does not know are no changes.
        Ok(lines.lines().any(|line| !line.is_empty() && !line.starts_with("??")))
    }

    /// Points the remote at the address; returns whether it was another one.
    pub(super) fn set_remote(&self) -> Result<bool> {
        let (remote, repo) = (&self.args.remote, &self.args.repo);
        let now = self.try_ask(&["config", "--get", &format!("remote.{remote}.url")])?;
        let now = now.text().trim_end_matches('\n').to_owned();
        if now == *repo {
            return Ok(false);
        }
        if !self.host.checking() {
            let output = self.try_ask(&["remote", "set-url", remote, repo])?;
            if !output.success() {
                let (text, error) = (output.text(), output.error_text());
                return Err(Failure::new(format!(
                    "Failed to set a new url {repo} for {remote}: {text} {error}"
                )));
            }
        }
        Ok(true)
    }

    /// Moves the repository to where `separate_git_dir` says.
    pub(super) fn relocate(&self, done: &mut Done) -> Result<()> {
        let Some(wanted) = self.args.separate_git_dir.as_deref() else { return Ok(()) };
        if self.dest.is_empty() || !self.is_repository() {
            return Ok(());
        }
        let Some(now) = self.git_dir() else { return Ok(()) };
        if now.trim_end_matches('/') == wanted.trim_end_matches('/') {
            return Ok(());
        }
        done.changed = true;
        if self.host.checking() {
            return Ok(());
        }
        done.set("git_dir_before", now.as_str());
        done.set("git_dir_now", wanted);
        if self.host.exists(wanted) {
            return Err(Failure::new(format!("Separate-git-dir path {wanted} already exists.")));
        }
        let command = self.command(&["init", "--separate-git-dir", wanted], true);
        let output = self.host.run(&command)?;
        output.checked(&command)
    }
}
