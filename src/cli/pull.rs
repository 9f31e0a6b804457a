//! `windlass pull`: a machine fetches its playbooks and runs them on itself.

mod names;
mod options;

use std::{
    cell::RefCell,
    ffi::OsString,
    fs,
    io::{IsTerminal as _, Read as _, Write as _},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{ChildStderr, ChildStdout, Command, ExitStatus, Stdio},
};

use jiff::Zoned;
use options::PullArgs;
use rustix::event::{PollFd, PollFlags, poll};

use super::{
    args::parse,
    prepare::{self, ERROR, OPTIONS_ERROR, Refusal},
    terminal,
};
use crate::{diagnostic::Diagnostic, output::config_line, settings::Settings};

/// Modules that can fetch playbooks, in the order in which messages name them.
const MODULES: [&str; 4] = ["git", "subversion", "hg", "bzr"];

/// Runs the command; returns its exit status.
pub(super) fn main(program: &str, arguments: Vec<OsString>) -> Result<u8, Refusal> {
    let settings = prepare::settings()?;
    let args: PullArgs = match parse(program, arguments.clone(), &settings) {
        Ok(args) => args,
        Err(stop) => return Ok(stop.tell()),
    };
    let pull = Pull::new(args, &settings)?;
    let mut line = vec![program.to_owned()];
    line.extend(arguments.iter().map(|word| word.to_string_lossy().into_owned()));
    if pull.args.verbose > 0 {
        pull.say(config_line(settings.config_file.as_ref().map(|path| path.display())));
    }
    pull.say(Zoned::now().strftime("Starting Ansible Pull at %F %T").to_string());
    pull.say(line.join(" "));
    let status = pull.run();
    for line in pull.unsaid.take() {
        terminal::print(&line);
    }
    let mut status = status?;
    if pull.args.purge
        && let Err(error) = fs::remove_dir_all(&pull.dest)
    {
        terminal::complain(&format!("[ERROR]: Failed to remove {}: {error}", pull.dest.display()));
        status = status.max(ERROR);
    }
    Ok(status)
}

/// What was asked for, checked.
struct Pull {
    args: PullArgs,
    url: String,
    dest: PathBuf,
    names: names::Names,
    /// What is said only at the end, as the reference does where nobody watches.
    unsaid: RefCell<Vec<String>>,
}

/// A mistake in how the command is used.
fn usage(message: impl Into<String>) -> Refusal {
    Refusal::new(OPTIONS_ERROR, Diagnostic::bare(message.into()))
}

impl Pull {
    fn new(args: PullArgs, settings: &Settings) -> Result<Pull, Refusal> {
        let names = names::Names::of_machine();
        let dest = match &args.directory {
            Some(dest) => settings.working_dir.join(home_of(dest)),
            None => settings.home.value.join("pull").join(&names.full),
        };
        let dest = crate::paths::normal(&dest);
        if dest.exists() && !dest.is_dir() {
            return Err(usage(format!(
                "{} is not a valid or accessible directory.",
                dest.display()
            )));
        }
        let Some(url) = args.url.clone().filter(|url| !url.is_empty()) else {
            return Err(usage("URL for repository not specified, use -h for help"));
        };
        if !MODULES.contains(&args.module()) {
            return Err(usage(format!(
                "Unsupported repo module {}, choices are {}",
                args.module(),
                MODULES.join(",")
            )));
        }
        Ok(Pull { args, url, dest, names, unsaid: RefCell::default() })
    }

    /// Says something of its own: at once on a terminal, behind what its commands print otherwise.
    fn say(&self, line: String) {
        if std::io::stdout().is_terminal() {
            terminal::print(&line);
        } else {
            self.unsaid.borrow_mut().push(line);
        }
    }

    /// Fetches, chooses the playbooks, runs them.
    fn run(&self) -> Result<u8, Refusal> {
        self.sleep()?;
        let (status, output) = Self::run_windlass("run", &self.fetch_words(), None)?;
        if status != 0 {
            if !self.args.force {
                return Ok(status);
            }
            terminal::complain(
                "[WARNING]: Unable to update repository. Continuing with (forced) run of playbook.",
            );
        } else if self.args.only_if_changed && !output.contains("\"changed\": true") {
            self.say(format!(
                "Repository has not changed, quitting: {}",
                windlass_modules::text::bytes_repr(output.as_bytes())
            ));
            return Ok(0);
        }
        let playbooks = self.playbooks()?;
        let (status, _) =
            Self::run_windlass("playbook", &self.playbook_words(&playbooks), Some(&self.dest))?;
        Ok(status)
    }

    /// Waits for a random part of the time that was asked for, so that many machines do not fetch at once.
    fn sleep(&self) -> Result<(), Refusal> {
        let Some(text) = &self.args.sleep else { return Ok(()) };
        let limit: u64 =
            text.trim().parse().map_err(|_| usage(format!("{text} is not a number.")))?;
        let mut bytes = [0; 8];
        fs::File::open("/dev/urandom")
            .and_then(|mut random| random.read_exact(&mut bytes))
            .map_err(|error| {
                Refusal::new(ERROR, Diagnostic::bare(format!("no random numbers: {error}")))
            })?;
        let seconds = u64::from_ne_bytes(bytes) % limit.saturating_add(1).max(1);
        if self.args.verbose > 0 {
            self.say(format!("Sleeping for {seconds} seconds..."));
        }
        std::thread::sleep(std::time::Duration::from_secs(seconds));
        Ok(())
    }

    /// The pattern of hosts that are this machine.
    fn limit(&self) -> String {
        format!("localhost,{},127.0.0.1", self.names.all().join(","))
    }

    /// The words of the ad hoc command that fetches.
    fn fetch_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.inventories(None).into_iter().flat_map(|one| ["-i".to_owned(), one]));
        if words.is_empty() {
            words.extend(["-i".to_owned(), "localhost,".to_owned()]);
        }
        words.extend(["-c", "local"].map(str::to_owned));
        words.extend(self.args.verbosity());
        words.extend(["-m".to_owned(), self.args.module().to_owned()]);
        words.extend(["-a".to_owned(), self.module_args(), "all".to_owned()]);
        words.extend(["-l".to_owned(), self.limit()]);
        words.extend(self.args.extra_vars.iter().flat_map(|one| ["-e".to_owned(), one.clone()]));
        words.extend(self.args.vault_words());
        words.extend(self.args.module_path_words());
        words
    }

    /// The arguments of the module that fetches.
    fn module_args(&self) -> String {
        let args = &self.args;
        let dest = self.dest.display().to_string();
        let mut pairs: Vec<(&str, String)> = match args.module() {
            "subversion" => vec![("repo", self.url.clone()), ("dest", dest)],
            _ => vec![("name", self.url.clone()), ("dest", dest)],
        };
        if let Some(version) = args.checkout.clone().filter(|version| !version.is_empty()) {
            let key = match args.module() {
                "subversion" | "hg" => "revision",
                _ => "version",
            };
            pairs.push((key, version));
        }
        if args.module() == "git" {
            let mut flag = |key, wanted: bool| {
                if wanted {
                    pairs.push((key, "yes".to_owned()));
                }
            };
            flag("accept_hostkey", args.accept_host_key);
            flag("verify_commit", args.verify_commit);
            flag("track_submodules", args.track_subs);
            if let Some(key) = &args.connection.private_key_file {
                let key = std::path::absolute(home_of(key)).unwrap_or_else(|_| key.clone());
                pairs.push(("key_file", key.display().to_string()));
            }
            if !args.full {
                pairs.push(("depth", "1".to_owned()));
            }
        }
        if args.clean {
            pairs.push(("force", "yes".to_owned()));
        }
        let words = pairs.iter().map(|(key, value)| format!("{key}={}", quoted(value)));
        words.collect::<Vec<_>>().join(" ")
    }

    /// The words of the command that runs the playbooks.
    fn playbook_words(&self, playbooks: &[PathBuf]) -> Vec<String> {
        let args = &self.args;
        let mut words = vec!["-c".to_owned(), "local".to_owned()];
        words.extend(args.verbosity());
        words.extend(playbooks.iter().map(|path| path.display().to_string()));
        let inventories = self.inventories(Some(&self.dest));
        words.extend(inventories.into_iter().flat_map(|one| ["-i".to_owned(), one]));
        words.extend(args.playbook_words());
        let limit = args.limit.clone().unwrap_or_else(|| self.limit());
        words.extend(["-l".to_owned(), limit]);
        words
    }

    /// The inventories that are lists of hosts or exist, as seen from the working folder and from `beside`.
    fn inventories(&self, beside: Option<&Path>) -> Vec<String> {
        let is_there = |source: &&String| {
            let path = home_of(Path::new(source.as_str()));
            source.contains(',')
                || path.exists()
                || beside.is_some_and(|folder| folder.join(&path).exists())
        };
        let as_seen = |source: &String| {
            if source.contains(',') {
                return source.clone();
            }
            let path = home_of(Path::new(source));
            let below = beside.map(|folder| folder.join(&path)).filter(|path| path.exists());
            let path = below.unwrap_or_else(|| std::path::absolute(&path).unwrap_or(path));
            path.display().to_string()
        };
        self.args.inventories.iter().filter(is_there).map(as_seen).collect()
    }

    /// The playbooks that were named, or the first of the machine's own ones.
    fn playbooks(&self) -> Result<Vec<PathBuf>, Refusal> {
        let none =
            || Refusal::new(OPTIONS_ERROR, Diagnostic::bare("Could not find a playbook to run."));
        if !self.args.playbooks.is_empty() {
            let mut found = Vec::new();
            for name in &self.args.playbooks {
                let path = self.dest.join(name);
                if let Err(reason) = readable(&path) {
                    terminal::complain(&format!("[WARNING]: {}: {reason}", path.display()));
                    return Err(none());
                }
                found.push(path);
            }
            return Ok(found);
        }
        let own = [self.names.full.as_str(), &self.names.short, "local"]
            .map(|name| format!("{name}.yml"));
        let mut reasons = Vec::new();
        for name in own {
            let path = self.dest.join(name);
            match readable(&path) {
                Ok(()) => return Ok(vec![path]),
                Err(reason) => reasons.push(format!("{}: {reason}", path.display())),
            }
        }
        terminal::complain(&format!("[WARNING]: {}", reasons.join("\n")));
        Err(none())
    }

    /// Runs a command of this program in a process of its own, shows what it prints, and returns that with its status.
    fn run_windlass(
        command: &str,
        words: &[String],
        folder: Option<&Path>,
    ) -> Result<(u8, String), Refusal> {
        let broken = |error: std::io::Error| {
            Refusal::new(
                ERROR,
                Diagnostic::bare(format!("cannot run `windlass {command}`: {error}")),
            )
        };
        let program = std::env::current_exe().map_err(broken)?;
        let mut child = Command::new(program);
        // The name says which command runs, whatever the file is called.
        child.arg0("windlass").arg(command).args(words);
        child.stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(folder) = folder {
            child.current_dir(folder);
        }
        let mut child = child.spawn().map_err(broken)?;
        let output = child.stdout.take().expect("the output is piped");
        let errors = child.stderr.take().expect("the errors are piped");
        let seen = show(output, errors).map_err(broken)?;
        let status = status_of(child.wait().map_err(broken)?);
        Ok((status, String::from_utf8_lossy(&seen).into_owned()))
    }
}

/// Shows what a command prints and what it complains of as it appears; returns the former.
fn show(output: ChildStdout, errors: ChildStderr) -> std::io::Result<Vec<u8>> {
    let mut seen = Vec::new();
    let (mut output, mut errors) = (Some(output), Some(errors));
    let mut bytes = [0; 8192];
    while output.is_some() || errors.is_some() {
        let ready: Vec<bool> = {
            let mut streams: Vec<PollFd<'_>> = Vec::new();
            streams.extend(errors.as_ref().map(|errors| PollFd::new(errors, PollFlags::IN)));
            streams.extend(output.as_ref().map(|output| PollFd::new(output, PollFlags::IN)));
            match poll(&mut streams, None) {
                Err(error) if error == rustix::io::Errno::INTR => continue,
                polled => polled?,
            };
            streams.iter().map(|stream| !stream.revents().is_empty()).collect()
        };
        // What is complained of stands before the results that came at the same time.
        let from_errors = errors.is_some() && ready[0];
        let n = match (&mut errors, &mut output) {
            (Some(stream), _) if from_errors => stream.read(&mut bytes)?,
            (_, Some(stream)) => stream.read(&mut bytes)?,
            _ => 0,
        };
        match n {
            0 if from_errors => errors = None,
            0 => output = None,
            n => {
                if !from_errors {
                    seen.extend_from_slice(&bytes[..n]);
                }
                let mut out = std::io::stdout();
                // A reader that closed the pipe wants no more.
                let _ = out.write_all(&bytes[..n]).and_then(|()| out.flush());
            }
        }
    }
    Ok(seen)
}

fn status_of(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(ERROR)
}

fn readable(path: &Path) -> Result<(), &'static str> {
    if !path.is_file() {
        return Err("File does not exist");
    }
    fs::File::open(path).map(|_| ()).map_err(|_| "File is not readable")
}

/// Returns the path with the home folder in the place of `~`.
fn home_of(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path.to_owned(),
    }
}

/// Returns a value as `key=value` arguments take it.
fn quoted(value: &str) -> String {
    let plain = value.chars().all(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\'));
    if plain && !value.is_empty() {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
