//! `subversion`: a working copy of a repository.

use windlass_macros::Args;

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result},
    spec::{ArgPath, Json},
};

/// Keeps a working copy of a Subversion repository at a revision
///
/// # Examples
///
/// ```yaml
/// - name: Deploy the trunk
///   ansible.builtin.subversion:
///     repo: https://svn.example.com/shop/trunk
///     dest: /srv/shop
///
/// - name: Export a release without its history
///   ansible.builtin.subversion:
///     repo: https://svn.example.com/shop/tags/1.4
///     dest: /srv/shop-1.4
///     export: true
/// ```
#[derive(Args)]
pub struct Args {
    /// Address of the repository
    #[arg(alias = "name", alias = "repository")]
    repo: String,
    /// Folder of the working copy
    dest: Option<ArgPath>,
    /// Number of the revision, or `HEAD`
    #[arg(default = "HEAD", alias = "rev", alias = "version")]
    revision: String,
    /// Whether local changes are thrown away, and an export overwrites what is there
    #[arg(default = "no")]
    force: bool,
    /// Whether a folder that is no working copy becomes one with what is in it; with `force` what differs is reverted
    #[arg(default = "no")]
    in_place: bool,
    /// User of the repository
    username: Option<String>,
    /// Password of the user; it is given on standard input, before Subversion 1.10 as an argument
    #[arg(secret)]
    password: Option<String>,
    /// The program `svn`; looked for when absent
    executable: Option<ArgPath>,
    /// Whether a working copy that is not there is made
    #[arg(default = "yes")]
    checkout: bool,
    /// Whether a working copy that is there is updated
    #[arg(default = "yes")]
    update: bool,
    /// Whether an export without a history is made instead
    #[arg(default = "no")]
    export: bool,
    /// Whether a working copy of another address of the repository is switched to this one
    #[arg(default = "yes")]
    switch: bool,
    /// Whether a server's certificate must be one that is trusted
    #[arg(default = "no")]
    validate_certs: bool,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if !args.checkout && !args.update && !args.export {
        let found = Svn::new(&args, host, "")?.must(&["info", &args.repo])?;
        return Ok(Outcome::changed_if(false).with("after", revision(&found)));
    }
    let Some(ArgPath(dest)) = &args.dest else {
        return Err(Failure::new(
            "the destination directory must be specified unless checkout=no, update=no, and export=no",
        ));
    };
    let svn = Svn::new(&args, host, dest)?;
    if args.export || !host.exists(dest) {
        svn.make()
    } else if svn.run(&["info", dest])?.success() {
        svn.bring_up()
    } else if args.in_place {
        svn.adopt()
    } else {
        Err(Failure::new(format!(
            "ERROR: {dest} folder already exists, but its not a subversion repository."
        )))
    }
}

/// The client with the options that every call has.
struct Svn<'a> {
    args: &'a Args,
    host: &'a Host,
    dest: &'a str,
    words: Vec<String>,
    /// The password, where it is read from standard input.
    told: Option<String>,
}

impl<'a> Svn<'a> {
    fn new(args: &'a Args, host: &'a Host, dest: &'a str) -> Result<Svn<'a>> {
        let program = match &args.executable {
            Some(path) => path.0.clone(),
            None => host.required("svn")?,
        };
        let mut words = vec![program];
        words.extend(["--non-interactive", "--no-auth-cache"].map(str::to_owned));
        if !args.validate_certs {
            words.push("--trust-server-cert".to_owned());
        }
        if let Some(user) = args.username.as_ref().filter(|user| !user.is_empty()) {
            words.extend(["--username".to_owned(), user.clone()]);
        }
        let mut told = None;
        if let Some(password) = args.password.as_ref().filter(|password| !password.is_empty()) {
            let version = host.must(&command([&words[0], "--version", "--quiet"]))?;
            if reads_passwords(version.text().trim()) {
                words.push("--password-from-stdin".to_owned());
                told = Some(password.clone());
            } else {
                host.warn("The authentication provided will be used on the svn command line and is not secure. To securely authenticate, upgrade svn to version 1.10 or greater.");
                words.extend(["--password".to_owned(), password.clone()]);
            }
        }
        Ok(Svn { args, host, dest, words, told })
    }

    fn command(&self, words: &[&str]) -> Command {
        let given = words.iter().map(|word| (*word).to_owned());
        let command = command(self.words.iter().cloned().chain(given));
        match &self.told {
            Some(password) => command.stdin(format!("{password}\n")),
            None => command,
        }
    }

    fn run(&self, words: &[&str]) -> Result<Output> {
        self.host.run(&self.command(words))
    }

    fn must(&self, words: &[&str]) -> Result<Output> {
        self.host.must(&self.command(words))
    }

    /// Makes the working copy, or an export.
    fn make(&self) -> Result<Outcome> {
        let args = self.args;
        if self.host.checking() {
            return Ok(Outcome::changed_if(true));
        }
        if !args.export && !args.checkout {
            return Ok(Outcome::changed_if(false));
        }
        if args.export {
            self.fetch("export", args.force)?;
            return Ok(Outcome::changed_if(true));
        }
        self.fetch("checkout", false)?;
        self.outcome(true, Json::Null)
    }

    /// Brings a working copy that is there to its revision.
    fn bring_up(&self) -> Result<Outcome> {
        let args = self.args;
        if !args.update {
            return Ok(Outcome::changed_if(false));
        }
        let before = self.state()?;
        let is_modified = self.is_modified()?;
        let refused = || Err(Failure::new("ERROR: modified files exist in the repository."));
        if self.host.checking() {
            if is_modified && !args.force {
                return refused();
            }
            let there = self.must(&["info", "-r", &args.revision, self.dest])?;
            let (before, after) = (before.revision, revision(&there));
            return Ok(Outcome::changed_if(number(&before) < number(&after))
                .with("before", before)
                .with("after", after));
        }
        let mut changed = is_modified;
        if args.switch {
            let words = ["switch", "--revision", &args.revision, &args.repo, self.dest];
            changed |= tells_changes(&self.must(&words)?);
        }
        if is_modified {
            if !args.force {
                return refused();
            }
            self.revert()?;
        }
        changed |= tells_changes(&self.must(&["update", "-r", &args.revision, self.dest])?);
        self.outcome(changed, before.shown())
    }

    /// Makes a folder with files a working copy.
    fn adopt(&self) -> Result<Outcome> {
        if self.host.checking() {
            return Ok(Outcome::changed_if(true));
        }
        self.fetch("checkout", true)?;
        if self.is_modified()? && self.args.force {
            self.revert()?;
        }
        self.outcome(true, Json::Null)
    }

    fn fetch(&self, how: &str, force: bool) -> Result<Output> {
        let mut words = vec![how];
        if force {
            words.push("--force");
        }
        words.extend(["-r", &self.args.revision, &self.args.repo, self.dest]);
        self.must(&words)
    }

    /// Takes local changes back.
    fn revert(&self) -> Result<Output> {
        self.must(&["revert", "-R", self.dest])
    }

    /// Returns whether files or properties were changed here; what the repository does not know is no change.
    fn is_modified(&self) -> Result<bool> {
        let status = self.must(&["status", "--quiet", "--ignore-externals", self.dest])?;
        Ok(status.text().lines().any(|line| !line.is_empty() && !line.starts_with('?')))
    }

    fn state(&self) -> Result<State> {
        let info = self.must(&["info", self.dest])?;
        let url = info.text().lines().find(|line| line.starts_with("URL: ")).map(str::to_owned);
        let url = url.unwrap_or_else(|| "Unable to get URL".to_owned());
        Ok(State { revision: revision(&info), url })
    }

    fn outcome(&self, changed: bool, before: Json) -> Result<Outcome> {
        let after = self.state()?.shown();
        Ok(Outcome::changed_if(changed).with("before", before).with("after", after))
    }
}

/// What a working copy is of.
struct State {
    revision: String,
    url: String,
}

impl State {
    fn shown(self) -> Json {
        Json::from(vec![self.revision, self.url])
    }
}

/// A call whose words are those that are looked for here.
fn command<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Command {
    Command::new(words).env("LANG", "C").env("LC_MESSAGES", "C")
}

/// The line of `svn info` that says the revision.
fn revision(info: &Output) -> String {
    let text = info.text();
    let line = text.lines().find(|line| line.starts_with("Revision: "));
    line.unwrap_or("Unable to get remote revision").to_owned()
}

fn number(revision: &str) -> Option<u64> {
    revision.strip_prefix("Revision: ")?.trim().parse().ok()
}

/// Returns whether a switch or an update says that a file came, went or became another; properties alone do not count.
fn tells_changes(said: &Output) -> bool {
    said.text().lines().any(|line| {
        let mut letters = line.chars();
        letters.next().is_some_and(|letter| "ABDUCGE".contains(letter))
            && letters.next().is_some_and(char::is_whitespace)
    })
}

/// Subversion 1.10 was the first to read a password from standard input.
fn reads_passwords(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (1, 10)
}
