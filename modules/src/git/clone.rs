//! Making a checkout, bringing news, going to a version.

use super::{Git, refs::Refs};
use crate::host::{Failure, Result};

impl Git<'_> {
    pub(super) fn clone_it(&self) -> Result<()> {
        let args = self.args;
        let parent = self.dest.trim_end_matches('/').rsplit_once('/').map_or("", |(path, _)| path);
        if !parent.is_empty() && !self.host.is_folder(parent) {
            self.host
                .create_folders(parent)
                .map_err(|error| Failure::io(format!("cannot create `{parent}`"), &error))?;
        }
        let depth = args.depth.map(|depth| depth.to_string());
        let separate =
            args.separate_git_dir.as_deref().map(|dir| format!("--separate-git-dir={dir}"));
        let mut words = vec!["clone"];
        if args.bare {
            words.push("--bare");
        } else {
            words.extend(["--origin", &args.remote]);
        }
        let known = self.remote_has("-h", &format!("refs/heads/{}", args.version))?
            || self.remote_has("-t", &format!("refs/tags/{}", args.version))?;
        let named = known && (depth.is_some() || args.single_branch);
        if let Some(depth) = &depth {
            if args.version == "HEAD" || args.refspec.is_some() || named {
                words.extend(["--depth", depth]);
            } else {
                self.host.warn("Ignoring depth argument. Shallow clones are only available for HEAD, branches, tags or in combination with refspec.");
            }
        }
        if let Some(reference) = &args.reference {
            words.extend(["--reference", reference]);
        }
        if args.single_branch {
            words.push("--single-branch");
        }
        if named && (args.single_branch || args.refspec.is_none()) {
            words.extend(["--branch", &args.version]);
        }
        words.extend(separate.as_deref());
        // Addresses and folders are no options.
        words.extend([args.repo.as_str(), self.dest.as_str()]);
        self.asked(&words, false)?;
        if args.bare && args.remote != "origin" {
            self.ask(&["remote", "add", &args.remote, &args.repo])?;
        }
        if let Some(refspec) = &args.refspec {
            let mut words = vec!["fetch"];
            if let Some(depth) = &depth {
                words.extend(["--depth", depth]);
            }
            words.extend([args.remote.as_str(), refspec]);
            self.ask(&words)?;
        }
        Ok(())
    }

    /// Returns whether the repository has a branch or a tag of this name.
    fn remote_has(&self, kind: &str, name: &str) -> Result<bool> {
        let text = self.asked(&["ls-remote", &self.args.repo, kind, name], false)?;
        Ok(text.lines().any(|line| line.ends_with(&format!("\t{name}"))))
    }

    pub(super) fn fetch(&self) -> Result<()> {
        let args = self.args;
        let version = args.version.as_str();
        let mut refspecs: Vec<String> = Vec::new();
        let depth = args.depth.map(|depth| depth.to_string()).unwrap_or_default();
        if let Some(refspec) = args.refspec.as_ref().filter(|_| args.depth.is_some()) {
            refspecs.push(refspec.clone());
        } else if args.depth.is_some() {
            let refs = Refs::of_address(self, &args.repo)?;
            if version == "HEAD" {
                refspecs.push(self.current_branch()?);
            } else if refs.is_branch(version) {
                // A shallow clone follows one branch: another one has to be there to be checked out.
                if self.current_branch().ok().as_deref() != Some(version) {
                    refspecs.push(self.local_branch());
                }
                refspecs.push(self.remote_branch());
            } else if refs.is_tag(version) {
                refspecs.push(format!("+refs/tags/{version}:refs/tags/{version}"));
            }
        }
        let mut words = vec!["fetch"];
        if !refspecs.is_empty() {
            words.extend(["--depth", &depth]);
        } else if args.bare {
            refspecs.push("+refs/heads/*:refs/heads/*".to_owned());
            refspecs.push("+refs/tags/*:refs/tags/*".to_owned());
            refspecs.extend(args.refspec.clone());
        } else {
            words.push("--tags");
            refspecs.extend(args.refspec.clone());
        }
        words.extend(args.force.then_some("--force"));
        words.push(&args.remote);
        words.extend(refspecs.iter().map(String::as_str));
        let output = self.try_ask(&words)?;
        if output.success() {
            return Ok(());
        }
        let argv: Vec<&str> = std::iter::once(self.program.as_str()).chain(words).collect();
        Err(Failure::new(format!(
            "Failed to download remote objects and refs: {} {}",
            output.text(),
            output.error_text()
        ))
        .with("cmd", argv))
    }

    /// Checks the version out.
    pub(super) fn switch(&self) -> Result<()> {
        let args = self.args;
        let (version, remote) = (args.version.as_str(), args.remote.as_str());
        // `rev-parse` would read more than names here: `HEAD~1`.
        let has = |name: &str| {
            self.try_ask(&["show-ref", "--verify", "--quiet", name]).map(|output| output.success())
        };
        if version == "HEAD" {
            let name = self.current_branch()?;
            let output = self.try_ask(&["checkout", "--force", &name])?;
            if !output.success() {
                return Err(Failure::new(format!("Failed to checkout branch {name}"))
                    .with("stdout", output.text())
                    .with("stderr", output.error_text())
                    .with("rc", output.status));
            }
            let upstream = format!("{remote}/{name}");
            if has(&format!("refs/remotes/{upstream}"))? {
                self.reset(&name, &["reset", "--hard", &upstream, "--"])?;
            }
            return Ok(());
        }
        let upstream = format!("{remote}/{version}");
        let is_branch = has(&format!("refs/remotes/{upstream}"))?
            // Whoever fetches little may have nothing of a branch yet.
            || (args.depth.is_some() || args.refspec.is_some())
                && Refs::of_address(self, remote)?.is_branch(version);
        if !is_branch {
            return self.checked(version, &["checkout", "--force", version]);
        }
        let local = format!("refs/heads/{version}");
        if let Some(depth) = args.depth
            && !has(&local)?
        {
            let depth = format!("--depth={depth}");
            let words = ["fetch", &depth, remote, &self.local_branch(), &self.remote_branch()];
            let output = self.try_ask(&words)?;
            if !output.success() {
                let message = format!("Failed to fetch branch from remote: {version}");
                return Err(self.failed(message, &words, &output));
            }
        }
        if !has(&local)? {
            return self.checked(version, &["checkout", "--track", "-b", version, &upstream]);
        }
        self.checked(version, &["checkout", "--force", version])?;
        if has(&format!("refs/remotes/{upstream}"))? {
            self.reset(version, &["reset", "--hard", &upstream])?;
        }
        Ok(())
    }

    fn local_branch(&self) -> String {
        let version = &self.args.version;
        format!("+refs/heads/{version}:refs/heads/{version}")
    }

    fn remote_branch(&self) -> String {
        let (version, remote) = (&self.args.version, &self.args.remote);
        format!("+refs/heads/{version}:refs/remotes/{remote}/{version}")
    }

    fn reset(&self, name: &str, words: &[&str]) -> Result<()> {
        let output = self.try_ask(words)?;
        if output.success() {
            return Ok(());
        }
        Err(self.failed(format!("Failed to checkout branch {name}"), words, &output))
    }

    fn checked(&self, name: &str, words: &[&str]) -> Result<()> {
        let output = self.try_ask(words)?;
        if output.success() {
            return Ok(());
        }
        Err(self.failed(format!("Failed to checkout {name}"), words, &output))
    }

    fn failed(&self, message: String, words: &[&str], output: &crate::host::Output) -> Failure {
        Failure::new(message)
            .with("cmd", self.shown(words))
            .with("stdout", output.text())
            .with("stderr", output.error_text())
            .with("rc", output.status)
    }
}
