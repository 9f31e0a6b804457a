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
        let named = self.remote_has("-h", &format!("refs/heads/{}", args.version))?
            || self.remote_has("-t", &format!("refs/tags/{}", args.version))?;
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
        if named && args.refspec.is_none() {
            words.extend(["--branch", &args.version]);
        }
        words.extend(separate.as_deref());
        // Addresses and folders are no options.
        words.extend([args.repo.as_str(), self.dest.as_str()]);
        let command = self.command(&words, false);
        let output = self.host.run(&command)?;
        output.checked(&command)?;
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
        let command = self.command(&["ls-remote", &self.args.repo, kind, name], false);
        let output = self.host.run(&command)?;
        output.checked(&command)?;
        Ok(output.text().lines().any(|line| line.ends_with(&format!("\t{name}"))))
    }

    pub(super) fn fetch(&self) -> Result<()> {
        let args = self.args;
        let version = args.version.as_str();
        let mut refspecs: Vec<String> = Vec::new();
        let mut shallow = false;
        if args.depth.is_some() {
            let refs = Refs::of_address(self, &args.remote)?;
            if version == "HEAD" {
                refspecs.push(self.current_branch()?);
                shallow = true;
            } else if refs.is_branch(version) {
                // A shallow clone follows one branch: another one has to be there to be checked out.
                if self.current_branch().ok().as_deref() != Some(version) {
                    refspecs.push(format!("+refs/heads/{version}:refs/heads/{version}"));
                }
                refspecs
                    .push(format!("+refs/heads/{version}:refs/remotes/{}/{version}", args.remote));
                shallow = true;
            } else if refs.is_tag(version) {
                refspecs.push(format!("+refs/tags/{version}:refs/tags/{version}"));
                shallow = true;
            }
            if shallow {
                refspecs.extend(args.refspec.clone());
            }
        }
        let depth = args.depth.map(|depth| depth.to_string()).unwrap_or_default();
        let mut words = vec!["fetch"];
        if shallow {
            words.extend(["--depth", &depth, "--force", &args.remote]);
        } else if args.bare {
            words.extend(["--force", &args.remote]);
            refspecs.push("+refs/heads/*:refs/heads/*".to_owned());
            refspecs.push("+refs/tags/*:refs/tags/*".to_owned());
            refspecs.extend(args.refspec.clone());
        } else {
            words.extend(["--tags", "--force", &args.remote]);
            refspecs.extend(args.refspec.clone());
            if args.refspec.is_some() {
                // Naming one turns the configured ones off.
                refspecs.push(format!("+refs/heads/*:refs/remotes/{}/*", args.remote));
            }
        }
        words.extend(refspecs.iter().map(String::as_str));
        let output = self.try_ask(&words)?;
        if output.success() {
            return Ok(());
        }
        let error = output.error_text();
        let command = self.command(&words, true);
        Err(Failure::new(format!(
            "Failed to download remote objects and refs: {} {error}",
            output.text()
        ))
        .with("cmd", crate::host::join_words(&command.argv))
        .with("rc", output.status)
        .with("stdout", output.text())
        .with("stderr", error))
    }

    /// Checks the version out.
    pub(super) fn switch(&self) -> Result<()> {
        let args = self.args;
        let (version, remote) = (args.version.as_str(), args.remote.as_str());
        let exists = |name: &str| {
            self.try_ask(&["rev-parse", "--verify", "--quiet", name]).map(|output| output.success())
        };
        // `rev-parse` would read more than names here: `HEAD~1`.
        let has = |name: &str| {
            self.try_ask(&["show-ref", "--verify", "--quiet", name]).map(|output| output.success())
        };
        let mut name = version.to_owned();
        let upstream = if version == "HEAD" {
            name = self.current_branch()?;
            self.checked(&name, &["checkout", "--force", &name])?;
            Some(format!("{remote}/{name}"))
        } else {
            let tracking = format!("{remote}/{version}");
            if has(&format!("refs/remotes/{tracking}"))? {
                if has(&format!("refs/heads/{version}"))? {
                    self.checked(version, &["checkout", "--force", version])?;
                } else {
                    self.checked(
                        version,
                        &["checkout", "--force", "--track", "-b", version, &tracking],
                    )?;
                }
                Some(tracking)
            } else {
                if args.depth.is_some() && !exists(&format!("{version}^{{commit}}"))? {
                    // A commit that the shallow history does not have yet.
                    self.try_ask(&["fetch", remote, version])?;
                }
                self.checked(version, &["checkout", "--force", version])?;
                None
            }
        };
        if let Some(upstream) = upstream
            && exists(&format!("refs/remotes/{upstream}"))?
        {
            let output = self.try_ask(&["reset", "--hard", &upstream, "--"])?;
            if !output.success() {
                let words = ["reset", "--hard", &upstream, "--"];
                return Err(self.failed(
                    format!("Failed to checkout branch {name}"),
                    &words,
                    &output,
                ));
            }
        }
        Ok(())
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
            .with("cmd", crate::host::join_words(&self.command(words, true).argv))
            .with("stdout", output.text())
            .with("stderr", output.error_text())
            .with("rc", output.status)
    }
}
