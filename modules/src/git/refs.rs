//! What a remote has: branches, tags and where its `HEAD` points.

use super::Git;
use crate::host::{Failure, Result};

/// The references of a remote, as `git ls-remote` lists them.
pub(super) struct Refs {
    lines: Vec<(String, String)>,
    address: String,
}

impl Refs {
    /// Asks a remote, by its address or its name in the checkout.
    pub(super) fn of_address(git: &Git<'_>, address: &str) -> Result<Refs> {
        let inside = git.host.is_folder(&git.dest) && git.is_repository();
        let command = git.command(&["ls-remote", address], inside);
        let output = git.host.run(&command)?;
        output.checked(&command).map_err(|failure| {
            // The reference asks for what it wants alone.
            let name = match git.args.version.as_str() {
                "HEAD" => "HEAD".to_owned(),
                version => format!("refs/heads/{version}"),
            };
            failure.with("cmd", git.shown(&["ls-remote", address, "-h", &name]))
        })?;
        Ok(Refs::parse(&output.text(), address))
    }

    fn parse(text: &str, address: &str) -> Refs {
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        let lines = lines.map(|(commit, name)| (name.trim().to_owned(), commit.trim().to_owned()));
        Refs { lines: lines.collect(), address: address.to_owned() }
    }

    fn find(&self, name: &str) -> Option<&str> {
        let found = self.lines.iter().find(|(have, _)| have == name);
        found.map(|(_, commit)| commit.as_str())
    }

    pub(super) fn is_branch(&self, name: &str) -> bool {
        self.find(&format!("refs/heads/{name}")).is_some()
    }

    pub(super) fn is_tag(&self, name: &str) -> bool {
        self.find(&format!("refs/tags/{name}")).is_some()
    }

    /// The commit that the version is at the remote.
    pub(super) fn remote_head(&self, git: &Git<'_>, cloning: bool) -> Result<String> {
        let version = git.args.version.as_str();
        let found = if version == "HEAD" {
            if cloning {
                self.find("HEAD")
            } else {
                self.find(&format!("refs/heads/{}", git.current_branch()?))
            }
        } else {
            // What an annotated tag points to, rather than the tag itself.
            self.find(&format!("refs/heads/{version}"))
                .or_else(|| self.find(&format!("refs/tags/{version}^{{}}")))
                .or_else(|| self.find(&format!("refs/tags/{version}")))
        };
        match found {
            Some(commit) => Ok(commit.to_owned()),
            None if version == "HEAD" => Err(Failure::new(format!(
                "Could not determine remote revision for {}",
                self.address
            ))),
            // A commit, which cannot be looked up from here.
            None => Ok(version.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Refs;

    #[test]
    fn references_are_read() {
        let refs = Refs::parse(
            "aa\tHEAD\naa\trefs/heads/main\nbb\trefs/tags/v1\ncc\trefs/tags/v1^{}\n",
            "r",
        );
        assert!(refs.is_branch("main") && !refs.is_branch("v1") && refs.is_tag("v1"));
        assert_eq!(refs.find("refs/tags/v1^{}"), Some("cc"));
    }
}
