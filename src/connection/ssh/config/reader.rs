//! From files and arguments to the options of one host.

use std::path::{Path, PathBuf};

use super::super::pattern;
use super::keyword::{self, Shape};
use super::{Arguments, Options, Place, Query, Stop, words};

/// How deep files may include each other.
const MAX_DEPTH: usize = 16;

/// Options that are yes or no, or one of these words.
const OTHER_WORDS: &[(&str, &[&str])] = &[
    ("canonicalizehostname", &["always"]),
    ("compression", &[]),
    ("controlmaster", &["auto", "ask", "autoask"]),
    ("pubkeyauthentication", &["unbound", "host-bound"]),
    ("requesttty", &["force", "auto"]),
    ("stricthostkeychecking", &["ask", "accept-new", "off"]),
    ("tunnel", &["point-to-point", "ethernet"]),
    ("updatehostkeys", &["ask"]),
    ("verifyhostkeydns", &["ask"]),
];

/// Reads what holds for a host: arguments, the user's file, the system's; the first value wins.
pub(in crate::connection::ssh) fn read(query: &Query<'_>) -> Result<Options, Stop> {
    let arguments = Arguments::parse(query.arguments, &query.local.home).map_err(Stop::Mistake)?;
    let (user, host) = match query.host.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, query.host),
    };
    let mut reader = Reader {
        query,
        options: Options {
            original: host.to_owned(),
            named_file: arguments.file.clone(),
            ..Options::default()
        },
        final_pass: false,
        wants_final_pass: false,
        ignored: String::new(),
    };
    for line in &arguments.lines {
        let mut scope = Scope { active: true, ..Scope::user() };
        reader.line(line, Place { file: "command line", line: 0 }, &mut scope)?;
    }
    if let Some(user) = user
        && !reader.options.has("user")
    {
        reader.options.values.insert("user", vec![user.to_owned()]);
    }
    reader.pass(arguments.file.as_deref())?;
    if reader.wants_final_pass {
        reader.final_pass = true;
        let hostname = reader.options.hostname();
        reader.options.values.insert("hostname", vec![hostname]);
        reader.pass(arguments.file.as_deref())?;
    }
    Ok(reader.options)
}

pub(super) struct Reader<'a> {
    pub(super) query: &'a Query<'a>,
    pub(super) options: Options,
    /// The second reading, for `Match final`.
    pub(super) final_pass: bool,
    pub(super) wants_final_pass: bool,
    /// The patterns of `IgnoreUnknown`.
    ignored: String,
}

/// Where the reader is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// The block around the line is about the host.
    pub(super) active: bool,
    /// The file was included where it does not count: nothing in it does.
    pub(super) never: bool,
    depth: usize,
    /// Relative includes are looked for in `~/.ssh`, not beside the system's file.
    is_user: bool,
}

impl Scope {
    fn user() -> Self {
        Self { active: true, never: false, depth: 0, is_user: true }
    }
}

impl Reader<'_> {
    /// Reads the files once.
    fn pass(&mut self, named: Option<&str>) -> Result<(), Stop> {
        if let Some(named) = named {
            if named == "none" {
                return Ok(());
            }
            let path = super::tilde(named, &self.query.local.home);
            if self.query.files.text(&path).is_none() {
                return Err(Stop::Mistake(format!("cannot open the ssh configuration `{named}`")));
            }
            return self.file(&path, &mut Scope::user());
        }
        let user_file = self.query.local.home.join(".ssh/config");
        self.file(&user_file, &mut Scope::user())?;
        let mut scope = Scope { is_user: false, ..Scope::user() };
        self.file(self.query.system_file, &mut scope)
    }

    /// Reads a file, if it is there.
    fn file(&mut self, path: &Path, scope: &mut Scope) -> Result<(), Stop> {
        let Some(text) = self.query.files.text(path) else {
            return Ok(());
        };
        let file = path.to_string_lossy();
        for (index, line) in text.lines().enumerate() {
            self.line(line, Place { file: &file, line: index + 1 }, scope)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str, place: Place<'_>, scope: &mut Scope) -> Result<(), Stop> {
        let line = line.trim_end_matches([' ', '\t', '\r', '\n', '\x0c']);
        let (name, rest) = words::keyword(line);
        if name.is_empty() || name.starts_with('#') {
            return Ok(());
        }
        let Some((name, shape)) = keyword::find(name) else {
            return self.unknown(name, place);
        };
        match (name, shape) {
            ("host", _) => {
                let patterns =
                    words::split(rest).ok_or_else(|| place.mistake("unfinished quote"))?;
                scope.active = !scope.never && self.is_host(&patterns);
                Ok(())
            }
            ("match", _) => {
                let matched = self.is_match(rest, place, *scope)?;
                scope.active = matched && !scope.never;
                Ok(())
            }
            ("include", _) => self.include(rest, place, scope),
            (_, Shape::Line) => {
                let text = rest.trim_start_matches([' ', '\t', '=']);
                self.set_line(name, text, place, *scope)
            }
            _ => {
                let values = words::split(rest).ok_or_else(|| place.mistake("unfinished quote"))?;
                self.set(name, shape, values, place, *scope)
            }
        }
    }

    fn unknown(&self, name: &str, place: Place<'_>) -> Result<(), Stop> {
        // `IgnoreUnknown` counts for what follows it, as in ssh.
        let list = self.options.get("ignoreunknown").unwrap_or(&self.ignored);
        if pattern::judge_list(name, list) == pattern::Verdict::Match {
            return Ok(());
        }
        Err(place.mistake(format!("Bad configuration option: {}", name.to_lowercase())))
    }

    fn is_host(&self, patterns: &[String]) -> bool {
        let patterns = patterns.iter().map(String::as_str);
        pattern::judge(&self.options.original, patterns) == pattern::Verdict::Match
    }

    fn include(&mut self, rest: &str, place: Place<'_>, scope: &Scope) -> Result<(), Stop> {
        if scope.depth >= MAX_DEPTH {
            return Err(place.mistake("Too many recursive configuration includes"));
        }
        let names = words::split(rest).ok_or_else(|| place.mistake("unfinished quote"))?;
        if names.is_empty() {
            return Err(place.mistake("`Include` names no file"));
        }
        for name in names {
            let mut path = super::tilde(&name, &self.query.local.home);
            if path.is_relative() {
                let beside = self.query.system_file.parent().unwrap_or(Path::new("/etc/ssh"));
                let user = self.query.local.home.join(".ssh");
                path = if scope.is_user { user.join(path) } else { beside.join(path) };
            }
            for file in glob(&path) {
                let mut inner = Scope {
                    active: scope.active,
                    never: scope.never || !scope.active,
                    depth: scope.depth + 1,
                    is_user: scope.is_user,
                };
                self.file(&file, &mut inner)?;
            }
        }
        Ok(())
    }

    /// Keeps the value of an option whose value is the rest of the line.
    fn set_line(
        &mut self,
        name: &'static str,
        text: &str,
        place: Place<'_>,
        scope: Scope,
    ) -> Result<(), Stop> {
        if text.is_empty() {
            return Err(place.mistake(format!("`{name}` needs a value")));
        }
        if !scope.active || scope.never || self.options.has(name) {
            return Ok(());
        }
        // Whichever of the two comes first decides how the host is reached.
        let other = match name {
            "proxyjump" => "proxycommand",
            "proxycommand" => "proxyjump",
            _ => "",
        };
        let is_taken = self.options.get(other).is_some_and(|o| !o.eq_ignore_ascii_case("none"));
        if !is_taken {
            let text = if name == "proxyjump" {
                words::split(text).and_then(|w| w.into_iter().next()).unwrap_or_default()
            } else {
                text.to_owned()
            };
            self.options.values.insert(name, vec![text]);
        }
        Ok(())
    }

    fn set(
        &mut self,
        name: &'static str,
        shape: Shape,
        values: Vec<String>,
        place: Place<'_>,
        scope: Scope,
    ) -> Result<(), Stop> {
        let Some(first) = values.first().filter(|v| !v.is_empty()).cloned() else {
            return Err(place.mistake(format!("`{name}` needs a value")));
        };
        let single = matches!(shape, Shape::Word | Shape::Flag | Shape::Time | Shape::Number);
        if single && values.len() > 1 {
            return Err(
                place.mistake(format!("`{name}` has extra arguments at the end of the line"))
            );
        }
        let first = match shape {
            Shape::Flag => flag(name, &first).map_err(|what| place.mistake(what))?,
            Shape::Time => time(&first)
                .ok_or_else(|| place.mistake(format!("`{name}` needs a time, not `{first}`")))?,
            Shape::Number if first.parse::<u64>().is_err() => {
                return Err(place.mistake(format!("`{name}` needs a number, not `{first}`")));
            }
            _ => first,
        };
        if name == "ignoreunknown" && scope.active {
            self.ignored.clone_from(&first);
        }
        if !scope.active || scope.never {
            return Ok(());
        }
        match shape {
            Shape::Each => {
                let values = self.options.values.entry(name).or_default();
                if !values.contains(&first) {
                    values.push(first);
                }
            }
            Shape::All => self.options.values.entry(name).or_default().extend(values),
            Shape::Words => {
                self.options.values.entry(name).or_insert(values);
            }
            _ => {
                self.options.values.entry(name).or_insert_with(|| vec![first]);
            }
        }
        Ok(())
    }
}

/// Returns `yes`, `no` or the word that the option knows besides them.
fn flag(name: &str, value: &str) -> Result<String, String> {
    let lower = value.to_ascii_lowercase();
    match lower.as_str() {
        "yes" | "true" => return Ok("yes".to_owned()),
        "no" | "false" => return Ok("no".to_owned()),
        _ => {}
    }
    // A path or variable instead of yes: `ForwardAgent` names an agent.
    if name == "forwardagent" {
        return Ok(value.to_owned());
    }
    let others = OTHER_WORDS.iter().find(|(n, _)| *n == name).map_or(&[][..], |(_, words)| words);
    if others.contains(&lower.as_str()) {
        return Ok(if lower == "off" { "no".to_owned() } else { lower });
    }
    Err(format!("`{name}` is yes or no, not `{value}`"))
}

fn time(value: &str) -> Option<String> {
    if value == "none" {
        return Some("none".to_owned());
    }
    keyword::seconds(value).map(|seconds| seconds.to_string())
}

/// Returns the files that a path with `*` and `?` means, in the order of their names.
fn glob(path: &Path) -> Vec<PathBuf> {
    let text = path.to_string_lossy();
    if !text.contains(['*', '?', '[']) {
        return vec![path.to_owned()];
    }
    let mut found = vec![PathBuf::from("/")];
    for part in path.components().skip(1) {
        let part = part.as_os_str().to_string_lossy().into_owned();
        if !part.contains(['*', '?', '[']) {
            for folder in &mut found {
                folder.push(&part);
            }
            continue;
        }
        let mut next: Vec<PathBuf> = found
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder).ok())
            .flatten()
            .flatten()
            .filter(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                // As in a shell: a leading dot must be asked for.
                (part.starts_with('.') || !name.starts_with('.')) && pattern::matches(&name, &part)
            })
            .map(|entry| entry.path())
            .collect();
        next.sort();
        found = next;
    }
    found.retain(|path| path.exists());
    found
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::{Files, LocalNames};
    use super::*;

    fn mistake(config: &str) -> String {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".ssh")).unwrap();
        std::fs::write(home.path().join(".ssh/config"), config).unwrap();
        let local = LocalNames { home: home.path().to_owned(), ..LocalNames::default() };
        let result = read(&Query {
            host: "web1",
            arguments: &[],
            local: &local,
            system_file: Path::new("/dev/null"),
            files: &Files::default(),
            executed: &HashMap::new(),
        });
        match result {
            Err(Stop::Mistake(what)) => what.replace(&home.path().display().to_string(), "~"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (config, expected) in [
            ("\nHostnme x", "~/.ssh/config:2: Bad configuration option: hostnme"),
            ("Port", "~/.ssh/config:1: `port` needs a value"),
            ("Port x", "~/.ssh/config:1: `port` needs a number, not `x`"),
            ("User a b", "~/.ssh/config:1: `user` has extra arguments at the end of the line"),
            ("User \"a", "~/.ssh/config:1: unfinished quote"),
            ("BatchMode maybe", "~/.ssh/config:1: `batchmode` is yes or no, not `maybe`"),
            ("ConnectTimeout soon", "~/.ssh/config:1: `connecttimeout` needs a time, not `soon`"),
            ("Match", "~/.ssh/config:1: `Match` needs criteria"),
            ("Match host", "~/.ssh/config:1: `Match host` needs a value"),
            ("Match colour red", "~/.ssh/config:1: Unsupported Match attribute colour"),
            ("Match all host x", "~/.ssh/config:1: `all` cannot be combined with other criteria"),
            ("Include ~/.ssh/config", "~/.ssh/config:1: Too many recursive configuration includes"),
        ] {
            assert_eq!(mistake(config), expected);
        }
    }

    #[test]
    fn the_users_file_comes_before_the_systems_and_relative_includes_lie_beside_each() {
        let home = tempfile::tempdir().unwrap();
        let system = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".ssh")).unwrap();
        let write = |path: PathBuf, text: &str| std::fs::write(path, text).unwrap();
        write(home.path().join(".ssh/config"), "Include more\nUser mine\n");
        write(home.path().join(".ssh/more"), "Host web1\n Port 7\n");
        write(
            system.path().join("ssh_config"),
            "Include ssh_config.d/*.conf\nUser theirs\nPort 8\n",
        );
        std::fs::create_dir(system.path().join("ssh_config.d")).unwrap();
        write(system.path().join("ssh_config.d/a.conf"), "HostName site.example.com\n");
        let local = LocalNames { home: home.path().to_owned(), ..LocalNames::default() };
        let options = read(&Query {
            host: "web1",
            arguments: &[],
            local: &local,
            system_file: &system.path().join("ssh_config"),
            files: &Files::default(),
            executed: &HashMap::new(),
        })
        .unwrap();
        assert_eq!(options.get("user"), Some("mine"));
        assert_eq!(options.port(), 7);
        assert_eq!(options.hostname(), "site.example.com");
    }
}
