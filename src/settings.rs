//! Settings: `ansible.cfg`, the environment and defaults; the only place that knows their names.
//!
//! Invariant: a setting has its type, its sources and its default in one line of the table; nobody else reads
//! `ansible.cfg` or an `ANSIBLE_…` variable.

mod catalogue;
mod choices;
mod coerce;
mod deprecated;
mod galaxy;
mod ini;
mod locate;
mod plugins;
mod table;

use std::{
    collections::HashMap,
    fmt,
    ops::Deref,
    path::{Path, PathBuf},
};

pub use catalogue::{Catalogue, Chosen, KNOWN, Known, of_process};
pub use choices::{
    DuplicateKey, Gathering, GroupNames, HashBehaviour, PatternMismatch, ResultFormat,
    TransferMethod, VarsOccasion,
};
pub use coerce::{Color, Context, Kind, Sources};
pub use galaxy::{GalaxyServer, ServerOption};
pub use locate::Located;
pub use table::Settings;

use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use ini::IniFile;

/// A setting's value and where it came from.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Deref for Setting<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Where a setting's value came from.
#[derive(Clone, Debug)]
pub enum Origin {
    Default,
    /// A variable of the environment.
    Environment(&'static str),
    /// A line of `ansible.cfg`.
    File(Span),
}

impl Origin {
    /// Returns whether the user chose the value.
    pub fn is_set(&self) -> bool {
        !matches!(self, Origin::Default)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Environment(name) => write!(f, "environment variable `{name}`"),
            Origin::File(span) => write!(f, "{span}"),
        }
    }
}

/// What the table says about one setting.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub name: &'static str,
    pub summary: &'static str,
    pub kind: &'static str,
    pub default: Option<&'static str>,
    /// Sections and keys of `ansible.cfg`; of several that are set the last counts.
    pub keys: &'static [(&'static str, &'static str)],
    /// Variables of the environment; of several that are set the last counts.
    pub variables: &'static [&'static str],
}

impl Settings {
    /// Returns what the table says about a setting.
    pub fn entry(name: &str) -> Option<&'static Entry> {
        Self::ENTRIES.iter().find(|entry| entry.name == name)
    }
}

/// The world that settings are read from, so that tests can make their own.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub variables: HashMap<String, String>,
    pub working_dir: PathBuf,
}

impl Environment {
    /// Returns the environment of this process.
    pub fn of_process() -> Environment {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Environment {
            variables: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
            working_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Returns the user's home folder.
    pub fn home(&self) -> PathBuf {
        self.get("HOME").map_or_else(|| PathBuf::from("/root"), PathBuf::from)
    }
}

impl Settings {
    /// Returns the folders `ansible_collections`: those of the setting have or are one.
    pub fn collection_roots(&self) -> Vec<PathBuf> {
        let paths = self.collections_path.value.iter();
        let roots = paths.map(|path| match path.file_name() {
            Some(name) if name == "ansible_collections" => path.clone(),
            _ => path.join("ansible_collections"),
        });
        roots.collect()
    }

    /// Reads the settings of this process; what is wrong with them comes beside them, as errors and warnings.
    pub fn load() -> (Settings, Diagnostics) {
        Settings::load_from(&Environment::of_process())
    }

    /// Reads the settings that an environment has.
    pub fn load_from(environment: &Environment) -> (Settings, Diagnostics) {
        let located = locate::config_file(environment);
        let mut diagnostics = Diagnostics::default();
        diagnostics.0.extend(located.warnings);
        let file = located.path.as_deref().and_then(|path| {
            read(path).unwrap_or_else(|error| {
                diagnostics.push(error);
                None
            })
        });
        let mut reader = Reader { environment, file, home: String::new(), diagnostics };
        reader.home = reader.ansible_home();
        let mut settings = Settings::read(&mut reader);
        if settings.deprecation_warnings.value {
            let warnings = deprecated::warnings(&reader);
            reader.diagnostics.0.extend(warnings);
        }
        settings.config_file = located.path;
        settings.working_dir.clone_from(&environment.working_dir);
        (settings, reader.diagnostics)
    }

    /// Returns the settings that nobody changed.
    pub fn defaults() -> Settings {
        let environment = Environment {
            variables: HashMap::from([("ANSIBLE_CONFIG".to_owned(), "/dev/null".to_owned())]),
            working_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
        };
        Settings::load_from(&environment).0
    }
}

fn read(path: &Path) -> Result<Option<IniFile>, Diagnostic> {
    let shown = path.display().to_string();
    let text = std::fs::read(path)
        .map_err(|error| Diagnostic::bare(format!("cannot read `{shown}`: {error}")))?;
    let source = Source::new(shown, String::from_utf8_lossy(&text));
    ini::parse(&source).map(Some)
}

/// Finds, for each line of the table, the value that counts.
struct Reader<'a> {
    environment: &'a Environment,
    file: Option<IniFile>,
    home: String,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    fn setting<T: Kind>(&mut self, entry: &Entry) -> Setting<T> {
        let found = self.find(entry);
        if let Some((text, origin)) = found {
            match T::coerce(&text, &self.context(&origin)) {
                Ok(value) => return Setting { value, origin },
                Err(reason) => {
                    self.diagnostics.push(Self::complaint(entry, &text, &origin, &reason));
                }
            }
        }
        let value = match entry.default {
            None => T::absent(),
            Some(text) => {
                let text = text.replace("{home}", &self.home);
                T::coerce(&text, &self.context(&Origin::Default)).ok()
            }
        };
        let value = value.unwrap_or_else(|| {
            unreachable!("the default of the setting `{}` does not have its type", entry.name)
        });
        Setting { value, origin: Origin::Default }
    }

    fn find(&self, entry: &Entry) -> Option<(String, Origin)> {
        let variable = entry.variables.iter().rev().find_map(|name| {
            let text = self.environment.get(name)?;
            // An empty variable says nothing of a number, an empty line of the file does.
            let says_nothing = text.is_empty() && matches!(entry.kind, i64::NAME | f64::NAME);
            (!says_nothing).then(|| (text.to_owned(), Origin::Environment(name)))
        });
        variable.or_else(|| {
            let file = self.file.as_ref()?;
            entry.keys.iter().rev().find_map(|(section, key)| {
                let value = file.get(section, key)?;
                Some((coerce::unquote(&value.text).to_owned(), Origin::File(value.span.clone())))
            })
        })
    }

    fn context<'b>(&'b self, origin: &'b Origin) -> Context<'b> {
        let base = match origin {
            Origin::File(span) => Path::new(&*span.source.path).parent(),
            _ => None,
        };
        Context { environment: self.environment, base }
    }

    fn complaint(entry: &Entry, text: &str, origin: &Origin, reason: &str) -> Diagnostic {
        // Both in the reference's words: its name of the setting is the one that operators find in its documentation.
        let known = catalogue::KNOWN.iter().find(|known| {
            entry.variables.iter().any(|variable| known.variables.contains(variable))
                || entry.keys.iter().any(|key| known.keys.contains(key))
        });
        let name = known.map_or(entry.name, |known| known.name);
        let choices =
            entry.kind.strip_prefix("one of ").map(|list| list.replace('`', "").replace(' ', ", "));
        let message = match choices {
            Some(choices) => {
                format!("Invalid value '{text}' for config '{name}'. Valid values are: {choices}")
            }
            None => format!(
                "Config '{name}' from '{}' has an invalid value: {reason}",
                match origin {
                    Origin::Default => "default".to_owned(),
                    Origin::Environment(variable) => format!("env: {variable}"),
                    Origin::File(span) => span.source.path.to_string(),
                }
            ),
        };
        match origin {
            Origin::File(span) => {
                Diagnostic::error(span, message).label(format!("not {}", entry.kind))
            }
            Origin::Environment(name) => Diagnostic::bare(message)
                .note(format!("it comes from the environment variable `{name}`")),
            Origin::Default => Diagnostic::bare(message),
        }
    }

    /// The folder that other defaults lie in.
    fn ansible_home(&mut self) -> String {
        let entry = Settings::entry("home").expect("the table has the setting `home`");
        let home: Setting<PathBuf> = self.setting(entry);
        home.display().to_string()
    }
}

/// One setting as text, for `config dump`.
#[derive(Clone, Debug)]
pub struct Shown {
    pub entry: &'static Entry,
    pub value: crate::value::Value,
    pub origin: Origin,
}

#[cfg(test)]
mod tests;
