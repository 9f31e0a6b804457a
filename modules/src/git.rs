//! `git`: a checkout of a repository.

mod archive;
mod clone;
mod local;
mod refs;
mod submodules;

use windlass_macros::Args;

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, join_words, quote_word},
    spec::{ArgPath, Json, JsonMap, python_repr},
};
use refs::Refs;

/// Keeps a checkout of a repository at a version
///
/// The host needs `git`. In check mode the server is asked what there is, and the checkout stays as it is.
///
/// # Examples
/// ```yaml
/// - name: Have the shop at a release
///   ansible.builtin.git:
///     repo: https://git.example.com/shop.git
///     dest: /srv/shop
///     version: v2.4.0
///   notify: restart shop
///
/// - name: Follow a branch, with a deploy key and no more history than needed
///   ansible.builtin.git:
///     repo: git@git.example.com:shop/theme.git
///     dest: /srv/theme
///     version: main
///     depth: 1
///     single_branch: true
///     key_file: /home/deploy/.ssh/id_theme
///     accept_newhostkey: true
///
/// - name: Throw away what somebody changed by hand
///   ansible.builtin.git:
///     repo: https://git.example.com/shop.git
///     dest: /srv/shop
///     version: v2.4.0
///     force: true
/// ```
#[derive(Args)]
#[args(
    required_by("archive_prefix", "archive"),
    mutually_exclusive("separate_git_dir", "bare"),
    mutually_exclusive("accept_hostkey", "accept_newhostkey")
)]
pub struct Args {
    /// Address of the repository: `git`, `ssh`, `http` or `file`
    #[arg(alias = "name")]
    repo: String,
    /// Folder of the checkout
    dest: Option<ArgPath>,
    /// Branch, tag or commit
    #[arg(default = "HEAD")]
    version: String,
    /// Name of the remote
    #[arg(default = "origin")]
    remote: String,
    /// What is fetched beside the usual, such as a pull request's reference
    refspec: Option<String>,
    /// Repository on the host whose objects are shared
    reference: Option<String>,
    /// How many commits of the history are fetched; all when absent
    depth: Option<i64>,
    /// Whether a repository without a checkout is kept
    #[arg(default = "no")]
    bare: bool,
    /// Whether a checkout that is not there is made
    #[arg(default = "yes")]
    clone: bool,
    /// Whether a checkout that is there is updated
    #[arg(default = "yes")]
    update: bool,
    /// Whether local changes are thrown away
    #[arg(default = "no")]
    force: bool,
    /// Whether submodules are checked out, too
    #[arg(default = "yes")]
    recursive: bool,
    /// Whether submodules follow their branches rather than the commits that are recorded
    #[arg(default = "no")]
    track_submodules: bool,
    /// Whether only the history of the version's branch is cloned
    #[arg(default = "no")]
    single_branch: bool,
    /// Whether the version's signature must be right
    #[arg(default = "no")]
    verify_commit: bool,
    /// Fingerprints of keys whose signatures are trusted
    #[arg(alias = "gpg_whitelist")]
    gpg_allowlist: Vec<String>,
    /// Whether the server's key is accepted whatever it is
    #[arg(default = "no")]
    accept_hostkey: bool,
    /// Whether the server's key is accepted when none is known
    #[arg(default = "no")]
    accept_newhostkey: bool,
    /// Options for `ssh`
    ssh_opts: Option<String>,
    /// Private key for `ssh`
    key_file: Option<ArgPath>,
    /// The program `git`; looked for when absent
    executable: Option<ArgPath>,
    /// Umask while the checkout is made, in octal
    umask: Option<Json>,
    /// Archive of the checkout to make; its ending says which kind
    archive: Option<ArgPath>,
    /// Folder that stands before every path in the archive
    archive_prefix: Option<String>,
    /// Where the repository is kept when not in the checkout
    separate_git_dir: Option<ArgPath>,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    let dest = match args.dest.as_deref() {
        Some(dest) if !dest.is_empty() => dest.to_owned(),
        _ if args.clone => {
            return Err(Failure::new(
                "the destination directory must be specified unless clone=no",
            ));
        }
        _ => String::new(),
    };
    let program = match args.executable.as_deref() {
        Some(program) if !program.contains('/') && host.which(program).is_some() => {
            program.to_owned()
        }
        Some(program) if host.exists(program) => program.to_owned(),
        Some(program) => {
            return Err(Failure::new("Error executing command.")
                .with("cmd", format!("{program} --version"))
                .with("rc", 2)
                .with("stdout", "")
                .with("stderr", ""));
        }
        None => host.required("git")?,
    };
    // A path on the host is an address for git, so that nothing is copied past its protocol.
    let path = if args.repo.starts_with('~') { host.expand(&args.repo) } else { args.repo.clone() };
    if path.starts_with('/') {
        args.repo = format!("file://{path}");
    }
    args.depth = args.depth.filter(|depth| *depth != 0);
    let git = Git { args: &args, host, dest, program, umask: umask_of(args.umask.as_ref())? };
    let mut done = Done { changed: false, values: JsonMap::new() };
    done.set("before", Json::Null);
    done.set("after", Json::Null);
    git.relocate(&mut done)?;
    let there = !git.dest.is_empty() && git.is_repository();
    if !there || (!args.update && !args.clone) {
        if git.make(&mut done)? {
            return Ok(done.into());
        }
    } else if !args.update {
        let before = git.commit_of("HEAD")?;
        done.set("before", before.as_str());
        done.set("after", before.as_str());
        if args.archive.is_some() {
            git.archive(&mut done)?;
        }
        return Ok(done.into());
    } else if git.refresh(&mut done)? {
        return Ok(done.into());
    }
    git.settle(&mut done)?;
    Ok(done.into())
}

fn umask_of(umask: Option<&Json>) -> Result<Option<u32>> {
    match umask {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => {
            u32::from_str_radix(text.trim_start_matches("0o"), 8).map(Some).map_err(|_| {
                let details = format!(
                    "invalid literal for int() with base 8: {}",
                    python_repr(&text.as_str().into())
                );
                Failure::new("umask must be an octal integer").with("details", details)
            })
        }
        Some(_) => Err(Failure::new("umask must be defined as a quoted octal integer")),
    }
}

/// What was done so far.
struct Done {
    changed: bool,
    values: JsonMap,
}

impl Done {
    fn set(&mut self, key: &str, value: impl Into<Json>) {
        self.values.insert(key.to_owned(), value.into());
    }

    fn text(&self, key: &str) -> Option<String> {
        self.values.get(key)?.as_str().map(str::to_owned)
    }
}

impl From<Done> for Outcome {
    fn from(done: Done) -> Outcome {
        Outcome { changed: done.changed, values: done.values }
    }
}

/// The program, where it works, and what it is asked for.
struct Git<'a> {
    args: &'a Args,
    host: &'a Host,
    dest: String,
    program: String,
    umask: Option<u32>,
}

impl Git<'_> {
    fn command(&self, words: &[&str], inside: bool) -> Command {
        let mut argv = vec![self.program.clone()];
        argv.extend(words.iter().map(|word| (*word).to_owned()));
        let mut command = match self.umask {
            None => Command::new(argv),
            Some(umask) => Command::shell(format!("umask {umask:04o}; exec {}", join_words(&argv))),
        };
        if inside {
            command.cwd = Some(self.host.path(&self.dest));
        }
        let mut command = command.env("LANG", "C").env("LC_ALL", "C").env("LC_MESSAGES", "C");
        if let Some(ssh) = self.ssh() {
            command = command.env("GIT_SSH_COMMAND", &ssh);
        }
        command
    }

    /// How `ssh` is called, where it is not as usual.
    fn ssh(&self) -> Option<String> {
        let args = self.args;
        let mut words = vec![
            self.host.env("GIT_SSH_COMMAND").unwrap_or_else(|| "ssh".to_owned()),
            "-o BatchMode=yes".to_owned(),
        ];
        let options = args.ssh_opts.as_deref().unwrap_or_default();
        let usual = words.len();
        if !options.is_empty() {
            words.push(options.to_owned());
        }
        if args.accept_newhostkey && !options.contains("StrictHostKeyChecking") {
            words.push("-o StrictHostKeyChecking=accept-new".to_owned());
        } else if args.accept_hostkey && !options.contains("StrictHostKeyChecking") {
            words.push("-o StrictHostKeyChecking=no".to_owned());
        }
        if let Some(key) = args.key_file.as_deref() {
            words.push(format!("-i {} -o IdentitiesOnly=yes", quote_word(key)));
        }
        (words.len() > usual).then(|| words.join(" "))
    }

    /// Runs `git` in the checkout; what it cannot do is the task's failure.
    fn ask(&self, words: &[&str]) -> Result<String> {
        self.asked(words, true)
    }

    fn asked(&self, words: &[&str], inside: bool) -> Result<String> {
        let command = self.command(words, inside);
        let output = self.host.run(&command)?;
        output.checked(&command).map_err(|failure| failure.with("cmd", self.shown(words)))?;
        Ok(output.text())
    }

    /// The command as results show it: how the mask of new files is set is our own matter.
    fn shown(&self, words: &[&str]) -> String {
        let argv: Vec<&str> =
            std::iter::once(self.program.as_str()).chain(words.iter().copied()).collect();
        join_words(&argv)
    }

    /// Runs `git` in the checkout and returns what it printed and how it ended.
    fn try_ask(&self, words: &[&str]) -> Result<Output> {
        self.host.run(&self.command(words, true))
    }

    /// The commit that a name stands for in the checkout.
    fn commit_of(&self, name: &str) -> Result<String> {
        Ok(self.ask(&["rev-parse", name])?.trim().to_owned())
    }

    /// Makes a checkout; returns whether that is all.
    fn make(&self, done: &mut Done) -> Result<bool> {
        if self.host.checking() || !self.args.clone {
            let refs = Refs::of_address(self, &self.args.repo)?;
            let after = refs.remote_head(self, true)?;
            done.changed = true;
            self.add_diff(done, None, &after)?;
            done.set("after", after);
            return Ok(true);
        }
        self.clone_it()?;
        Ok(false)
    }

    /// Fetches what is new; returns whether that is all.
    fn refresh(&self, done: &mut Done) -> Result<bool> {
        let (args, host) = (self.args, self.host);
        let before = self.commit_of("HEAD")?;
        done.set("before", before.as_str());
        if !args.bare && self.has_local_changes()? {
            if !args.force {
                let message = format!(
                    "Local modifications exist in the destination: {} (force=no).",
                    self.dest
                );
                return Err(Failure::new(message).with("before", before));
            }
            if !host.checking() {
                self.ask(&["reset", "--hard", "HEAD"])?;
                done.changed = true;
                let message =
                    format!("Local modifications exist in the destination: {}", self.dest);
                done.set("msg", message);
            }
        }
        let moved = self.set_remote()?;
        done.set("remote_url_changed", moved);
        if host.checking() {
            let refs = Refs::of_address(self, if moved { &args.repo } else { &args.remote })?;
            let after = refs.remote_head(self, false)?;
            done.changed |= before != after || moved;
            self.add_diff(done, Some(&before), &after)?;
            done.set("after", after);
            return Ok(true);
        }
        done.changed |= moved;
        self.fetch()?;
        Ok(false)
    }

    /// Brings the checkout to the version, and tells.
    fn settle(&self, done: &mut Done) -> Result<()> {
        let args = self.args;
        if !args.bare {
            self.switch()?;
        }
        if args.verify_commit {
            self.verify()?;
        }
        let mut submodules_changed = false;
        if args.recursive && !args.bare && self.host.exists(format!("{}/.gitmodules", self.dest)) {
            submodules_changed = self.update_submodules()?;
            if submodules_changed {
                done.set("submodules_changed", true);
            }
        }
        let after = self.commit_of("HEAD")?;
        let before = done.text("before");
        if before.as_ref() != Some(&after) || submodules_changed {
            done.changed = true;
            self.add_diff(done, before.as_deref(), &after)?;
        }
        done.set("after", after);
        if args.archive.is_some() {
            self.archive(done)?;
        }
        Ok(())
    }

    fn add_diff(&self, done: &mut Done, before: Option<&str>, after: &str) -> Result<()> {
        if !self.host.diffing() {
            return Ok(());
        }
        let text = match before {
            None => format!(">> Newly checked out {after}"),
            Some(before) if before == after => String::new(),
            Some(before) => {
                if self.host.checking() {
                    // Objects that are not there yet, and no reference.
                    self.try_ask(&["fetch", &self.args.remote, after])?;
                }
                let output = self.try_ask(&["diff", before, after])?;
                match (output.success(), output.stdout.is_empty()) {
                    (true, false) => output.text(),
                    (true, true) => {
                        format!(">> No visual differences between {before} and {after}")
                    }
                    (false, _) => format!(
                        ">> Failed to get proper diff between {before} and {after}:\n>> {}",
                        output.error_text()
                    ),
                }
            }
        };
        done.set("diff", serde_json::json!({ "prepared": text }));
        if text.is_empty() {
            done.set("diff", serde_json::json!({}));
        }
        Ok(())
    }

    fn verify(&self) -> Result<()> {
        let version = &self.args.version;
        let is_tag = self.try_ask(&["show-ref", "--verify", &format!("refs/tags/{version}")])?;
        let kind = if is_tag.success() { "verify-tag" } else { "verify-commit" };
        let mut words = vec![kind, version.as_str()];
        if !self.args.gpg_allowlist.is_empty() {
            words.insert(1, "--raw");
        }
        let output = self.try_ask(&words)?;
        if !output.success() {
            let message = format!("Failed to verify GPG signature of commit/tag \"{version}\"");
            return Err(Failure::new(message)
                .with("stdout", output.text())
                .with("stderr", output.error_text())
                .with("rc", output.status));
        }
        if self.args.gpg_allowlist.is_empty() {
            return Ok(());
        }
        let raw = output.error_text();
        let print = raw.lines().find_map(|line| {
            let mut words = line.strip_prefix("[GNUPG:] VALIDSIG ")?.split(' ');
            let first = words.next()?;
            Some(words.next_back().unwrap_or(first).to_owned())
        });
        let print = print.unwrap_or_default();
        if self.args.gpg_allowlist.contains(&print) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "The gpg_allowlist does not include the public key \"{print}\" for this commit"
        )))
    }
}

#[cfg(test)]
mod tests;
