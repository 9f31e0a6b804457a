//! A case: its files, its command lines, what was recorded, and how to compare.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// One folder under `cases/<group>/<name>` or `hosts/<group>/<name>`.
pub(crate) struct Case {
    /// `group/name`, or `hosts/group/name`
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) commands: Vec<String>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) options: Options,
    pub(crate) expected: Texts,
}

/// The `@` lines of `cmd`.
#[derive(Default)]
pub(crate) struct Options {
    /// `@unordered`: hosts or tasks may report in any order, so the lines of the output are compared sorted.
    pub(crate) unordered: bool,
    /// `@stdout-matches REGEX`: instead of equality, where the wording is windlass' own.
    pub(crate) stdout: Vec<Regex>,
    /// `@stderr equal`: compared as the recording has it.
    pub(crate) stderr_equal: bool,
    /// `@stderr matches REGEX`: what the message must say, in the reference's words or in ours.
    pub(crate) stderr: Vec<Regex>,
    /// `@requires root`: skipped for other users.
    pub(crate) requires_root: bool,
    /// `@requires program NAME`: skipped where a module's program is not installed.
    pub(crate) programs: Vec<String>,
    /// `@fresh`: on a host that no other case has used.
    pub(crate) fresh: bool,
    /// `@quick`: on a host, and also when not all cases are wanted.
    pub(crate) quick: bool,
}

/// What a run shows: recorded, or seen now.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: String,
    pub(crate) tree: String,
    /// What the script `state` of a case on a host printed.
    pub(crate) state: String,
}

/// Reads all cases, in the order of their names.
pub(crate) fn all(folder: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    if !folder.exists() {
        return Ok(cases);
    }
    for group in entries(folder)? {
        for case in entries(&group)? {
            // Recording on hosts takes root and time: what waits for it is no failure of windlass.
            if folder.ends_with("hosts") && !case.join("expected/status").exists() {
                continue;
            }
            cases.push(read(&case).map_err(|error| format!("{}: {error}", case.display()))?);
        }
    }
    Ok(cases)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = fs::read_dir(folder)
        .map_err(|error| format!("cannot read `{}`: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = read.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn read(folder: &Path) -> Result<Case, String> {
    let text = fs::read_to_string(folder.join("cmd"))
        .map_err(|error| format!("cannot read `cmd`: {error}"))?;
    let mut environment = Vec::new();
    let mut commands = Vec::new();
    let mut options = Options::default();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(option) = line.strip_prefix('@') {
            options.read(option)?;
        } else if let Some((name, value)) =
            line.split_once('=').filter(|(name, _)| is_variable(name))
        {
            environment.push((name.to_owned(), value.to_owned()));
        } else {
            commands.push(line.to_owned());
        }
    }
    let recorded = |name: &str| fs::read_to_string(folder.join("expected").join(name));
    let status = recorded("status")
        .map_err(|_| "not recorded: run `tests/parity/record --missing`".to_owned())?;
    let parts: Vec<_> =
        folder.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let name = parts[parts.len().saturating_sub(3)..].join("/");
    Ok(Case {
        name: name.strip_prefix("cases/").unwrap_or(&name).to_owned(),
        folder: folder.to_owned(),
        environment,
        commands,
        stdin: fs::read(folder.join("stdin")).unwrap_or_default(),
        options,
        expected: Texts {
            stdout: recorded("stdout").unwrap_or_default(),
            stderr: recorded("stderr").unwrap_or_default(),
            status,
            tree: recorded("tree").unwrap_or_default(),
            state: recorded("state").unwrap_or_default(),
        },
    })
}

/// As `record` decides it: capitals, digits and underscores before the `=`.
fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

impl Case {
    /// Whether it runs against a booted host.
    pub(crate) fn on_host(&self) -> bool {
        self.name.starts_with("hosts/")
    }
}

impl Options {
    fn read(&mut self, option: &str) -> Result<(), String> {
        let regex =
            |pattern: &str| Regex::new(pattern).map_err(|error| format!("`@{option}`: {error}"));
        match option.split_once(" matches ") {
            Some(("stdout", pattern)) => self.stdout.push(regex(pattern)?),
            Some(("stderr", pattern)) => self.stderr.push(regex(pattern)?),
            _ if option.starts_with("requires program ") => {
                self.programs.extend(option.split(' ').skip(2).map(str::to_owned));
            }
            _ => match option {
                "unordered" => self.unordered = true,
                "stderr equal" => self.stderr_equal = true,
                "requires root" => self.requires_root = true,
                "fresh" => self.fresh = true,
                "quick" => self.quick = true,
                _ => return Err(format!("`cmd` has the unknown option `@{option}`")),
            },
        }
        Ok(())
    }
}
