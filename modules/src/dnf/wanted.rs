//! What has to be done for packages to be as they should be.

use serde_json::json;

use super::{
    Args, State,
    call::{Call, Group},
    installed::Database,
};
use crate::{
    get_url,
    host::{Failure, Host, Result, glob_matches},
};

/// What packages should be, and what is to be told of them beside what is done.
pub(super) struct Wanted<'a> {
    pub(super) args: &'a Args,
    pub(super) state: State,
    pub(super) before: &'a Database,
    pub(super) notes: Vec<String>,
    /// Files that were fetched for this run.
    pub(super) fetched: Vec<String>,
}

impl Wanted<'_> {
    /// Returns the subcommands that make the packages as they should be; none where they are.
    pub(super) fn commands(&mut self, call: &mut Call, host: &Host) -> Result<Vec<Vec<String>>> {
        let names = self.args.name.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
        let mut commands = Vec::new();
        let mut left = Vec::new();
        let mut groups = None;
        for name in names {
            if let Some(wanted) = name.strip_prefix('@') {
                if groups.is_none() {
                    groups = Some(call.groups()?);
                }
                if let Some(Some(groups)) = &groups {
                    self.group(name, wanted, groups, &mut commands, &mut left)?;
                    continue;
                }
            }
            if is_file(name) {
                left.extend(self.file(name, host)?);
            } else {
                left.push(name.to_owned());
            }
        }
        match self.state {
            State::Absent => self.removals(left, host, &mut commands)?,
            State::Latest if left.iter().any(|name| name == "*") => {
                commands.push(self.command("upgrade", Vec::new()));
            }
            State::Latest => {
                let (known, new): (Vec<String>, Vec<String>) =
                    left.into_iter().partition(|name| self.before.has(name));
                if !known.is_empty() {
                    commands.push(self.command("upgrade", known));
                }
                self.install(new, &mut commands);
            }
            _ => {
                let mut missing = Vec::new();
                for name in left {
                    if self.is_missing(&name, host)? {
                        missing.push(name);
                    }
                }
                self.install(missing, &mut commands);
            }
        }
        Ok(commands)
    }

    fn command(&self, verb: &str, names: Vec<String>) -> Vec<String> {
        let args = self.args;
        let options = [
            (args.security, "--security"),
            (args.bugfix, "--bugfix"),
            // A file is as suspicious as what a repository has.
            (
                !args.disable_gpg_check && names.iter().any(|name| is_file(name)),
                "--setopt=localpkg_gpgcheck=True",
            ),
        ];
        let options = options.iter().filter_map(|(on, option)| on.then_some(*option));
        std::iter::once(verb).chain(options).map(ToOwned::to_owned).chain(names).collect()
    }

    fn removals(
        &mut self,
        names: Vec<String>,
        host: &Host,
        commands: &mut Vec<Vec<String>>,
    ) -> Result<()> {
        let autoremove = self.args.autoremove;
        let mut words = vec!["remove".to_owned()];
        if !autoremove {
            // What was installed for them stays unless it was asked for.
            words.push("--setopt=clean_requirements_on_remove=False".to_owned());
        }
        let n_options = words.len();
        for name in names {
            if is_special(&name) || self.before.has(&name) || self.before.provides(&name, host)? {
                words.push(name);
            } else {
                self.notes.push(format!("No match for argument: {name}"));
            }
        }
        if words.len() > n_options {
            commands.push(words);
        }
        if autoremove {
            commands.push(vec!["autoremove".to_owned()]);
        }
        Ok(())
    }

    fn install(&mut self, names: Vec<String>, commands: &mut Vec<Vec<String>>) {
        if self.args.update_only {
            self.notes.extend(names.iter().map(|name| {
                format!("Packages providing {name} not installed due to update_only specified")
            }));
        } else if !names.is_empty() {
            commands.push(self.command("install", names));
        }
    }

    fn is_missing(&self, name: &str, host: &Host) -> Result<bool> {
        Ok(self.args.download_only
            || is_special(name)
            || !self.before.has(name)
                && !self.before.provides(name, host)?
                && (self.args.allow_downgrade || !self.before.has_newer(name)))
    }

    /// Tells of a group, and sees to it where something is to be done.
    fn group(
        &mut self,
        name: &str,
        wanted: &str,
        groups: &[Group],
        commands: &mut Vec<Vec<String>>,
        left: &mut Vec<String>,
    ) -> Result<()> {
        let named = |name: &str| name == wanted || glob_matches(wanted, name);
        let found = groups.iter().find(|group| named(&group.id) || named(&group.name));
        let Some(Group { kind, id, installed, .. }) = found else {
            let failure = Failure::new(format!("No group {wanted} available."));
            return Err(failure.with("results", json!([])));
        };
        match (self.state, installed) {
            (State::Absent, true) => left.push(name.to_owned()),
            (State::Absent, false) => (),
            (State::Latest, true) => {
                self.notes.push(format!("{kind} {id} upgraded."));
                commands.push(self.command("upgrade", vec![format!("@{id}")]));
            }
            _ => {
                self.notes.push(format!("{kind} {id} installed."));
                if !installed {
                    left.push(format!("@{id}"));
                }
            }
        }
        Ok(())
    }

    /// Returns the path of a package file, which is fetched where it is elsewhere; nothing where it is installed.
    fn file(&mut self, name: &str, host: &Host) -> Result<Option<String>> {
        if self.state == State::Absent {
            let failure = Failure::new("Cannot remove paths -- please specify package name.");
            return Err(failure.with("results", json!([])));
        }
        let mut path = name.to_owned();
        if name.contains("://") {
            let n_fetched = self.fetched.len();
            path = format!("/var/cache/windlass-{}-{n_fetched}.rpm", std::process::id());
            get_url::download(name, &path, self.args.validate_certs, host)?;
            self.fetched.push(path.clone());
        } else if !host.exists(name) {
            return Err(Failure::new(format!(
                "Error occurred attempting remote rpm operation: Could not open: {name}"
            ))
            .with("rc", 1)
            .with("results", json!([])));
        }
        self.notes.push(format!("Installed {path}"));
        Ok((!self.before.has_file(&path, host)?).then_some(path))
    }
}

/// Returns whether a name is a package file or its address, as the reference tells it from other names.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "as the reference tells a file from a name"
)]
fn is_file(name: &str) -> bool {
    name.contains("://") || name.ends_with(".rpm")
}

/// Returns whether a name means something that only dnf understands.
fn is_special(name: &str) -> bool {
    name.starts_with('@') || is_file(name) || name.contains(['*', '?', '[', '<', '>', '=', '('])
}
