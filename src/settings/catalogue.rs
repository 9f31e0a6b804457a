//! Every setting of the reference with its value, those without an effect here, too: what `config` shows.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use super::{
    Environment,
    coerce::{self, Context, Kind, Sources},
    galaxy::{self, GalaxyServer},
    ini::IniFile,
    locate, read,
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    value::Value,
};

/// What is known of one setting of the reference.
#[derive(Debug)]
pub struct Known {
    pub name: &'static str,
    pub kind: &'static str,
    default: Value,
    /// Variables of the environment; of several that are set the last counts.
    pub variables: Vec<&'static str>,
    /// Sections and keys of `ansible.cfg`.
    pub keys: Vec<(&'static str, &'static str)>,
    pub choices: Vec<&'static str>,
    pub has_effect: bool,
    pub summary: &'static str,
}

/// A setting with its value and where that came from, in the reference's words.
#[derive(Debug)]
pub struct Chosen {
    pub known: &'static Known,
    pub value: Value,
    pub origin: String,
}

/// All settings that an environment and its file have.
#[derive(Debug)]
pub struct Catalogue {
    pub config_file: Option<PathBuf>,
    pub settings: Vec<Chosen>,
    /// Sections and keys of the file, in its order.
    pub written: Vec<(String, String)>,
    /// The servers of collections, in the order of their list.
    pub servers: Vec<GalaxyServer>,
}

/// The settings of the reference, sorted by name.
pub static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let lines = include_str!("reference.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).map(known).collect()
});

/// Returns all settings of this process by their names, and the options of plugins as `kind/plugin/option`; each with
/// where its value came from.
pub fn of_process() -> &'static HashMap<&'static str, (Value, String)> {
    static SETTINGS: LazyLock<HashMap<&'static str, (Value, String)>> = LazyLock::new(|| {
        let catalogue = Catalogue::read(&Environment::of_process(), None);
        let settings = catalogue.map(|catalogue| catalogue.settings).unwrap_or_default();
        let options = super::plugins::options(&super::Settings::load().0);
        settings
            .into_iter()
            .map(|chosen| (chosen.known.name, (chosen.value, chosen.origin)))
            .chain(options.into_iter().map(|(key, value)| (key, (value, "default".to_owned()))))
            .collect()
    });
    &SETTINGS
}

impl Known {
    /// Returns the default; `{home}` in it stands for `ANSIBLE_HOME`.
    pub fn default(&self) -> &Value {
        &self.default
    }
}

fn known(line: &'static str) -> Known {
    let mut fields = line.split('\t');
    let mut next = || fields.next().expect("each line of the list has all fields");
    let list = |text: &'static str| text.split(',').filter(|part| !part.is_empty());
    let (name, kind) = (next(), next());
    let default: serde_json::Value =
        serde_json::from_str(next()).expect("each default of the list is JSON");
    let variables = list(next()).collect();
    let keys = list(next()).filter_map(|key| key.split_once('.')).collect();
    let choices = list(next()).collect();
    let has_effect = next() == "yes";
    Known {
        name,
        kind,
        default: Value::from(default),
        variables,
        keys,
        choices,
        has_effect,
        summary: next(),
    }
}

impl Catalogue {
    /// Reads all settings; `file` stands in the place of the `ansible.cfg` that would count.
    pub fn read(environment: &Environment, file: Option<&Path>) -> Result<Catalogue, Diagnostics> {
        let config_file = match file {
            Some(file) if !file.is_file() => {
                let message = format!(
                    "The provided configuration file is missing or not accessible: {}",
                    file.display()
                );
                return Err(Diagnostic::bare(message).into());
            }
            Some(file) => Some(file.to_owned()),
            None => locate::config_file(environment).path,
        };
        let ini = match &config_file {
            Some(path) => read(path)?,
            None => None,
        };
        let written = ini.as_ref().map(IniFile::keys).unwrap_or_default();
        let mut catalogue =
            Catalogue { config_file, settings: Vec::new(), written, servers: Vec::new() };
        let home = KNOWN.iter().find(|known| known.name == "ANSIBLE_HOME");
        let home = home.map(|known| catalogue.chosen(known, environment, ini.as_ref(), ""));
        let home = home.map(|chosen| chosen.value.to_text()).unwrap_or_default();
        for known in KNOWN.iter() {
            let chosen = catalogue.chosen(known, environment, ini.as_ref(), &home);
            catalogue.settings.push(chosen);
        }
        let names = match catalogue.value("GALAXY_SERVER_LIST") {
            Value::List(names) => names.iter().map(Value::to_text).collect(),
            _ => Vec::new(),
        };
        let timeout = catalogue.value("GALAXY_SERVER_TIMEOUT");
        let file = ini.as_ref().zip(catalogue.config_file.as_deref());
        catalogue.servers = galaxy::servers(&names, &timeout, environment, file);
        Ok(catalogue)
    }

    fn value(&self, name: &str) -> Value {
        let mut settings = self.settings.iter();
        let found = settings.find(|chosen| chosen.known.name == name);
        found.map(|chosen| chosen.value.clone()).unwrap_or_default()
    }

    fn chosen(
        &self,
        known: &'static Known,
        environment: &Environment,
        ini: Option<&IniFile>,
        home: &str,
    ) -> Chosen {
        let here = Context { environment, base: None };
        if known.name == "CONFIG_FILE" {
            let path = self.config_file.as_ref().map(|path| path.display().to_string());
            let value = path.map_or(Value::None, Value::str);
            return Chosen { known, value, origin: String::new() };
        }
        if let Some(name) =
            known.variables.iter().rev().find(|name| environment.get(name).is_some())
        {
            let text = environment.get(name).unwrap_or_default();
            let value = of_kind(known.kind, text, &here);
            return Chosen { known, value, origin: format!("env: {name}") };
        }
        let found = ini.and_then(|ini| {
            known.keys.iter().rev().find_map(|(section, key)| ini.get(section, key))
        });
        if let (Some(found), Some(path)) = (found, &self.config_file) {
            let beside = Context { environment, base: path.parent() };
            let value = of_kind(known.kind, coerce::unquote(&found.text), &beside);
            return Chosen { known, value, origin: path.display().to_string() };
        }
        let value = match &known.default {
            Value::Str(text) => of_kind(known.kind, &text.replace("{home}", home), &here),
            other => other.clone(),
        };
        Chosen { known, value, origin: "default".to_owned() }
    }
}

/// A text as a value of a kind; what does not fit stays text.
pub(super) fn of_kind(kind: &str, text: &str, context: &Context<'_>) -> Value {
    fn read<T: Kind>(text: &str, context: &Context<'_>) -> Option<Value> {
        T::coerce(text, context).ok().map(|value| value.to_value())
    }
    let value = match kind {
        "boolean" => read::<bool>(text, context),
        "integer" => read::<i64>(text, context),
        "float" => read::<f64>(text, context),
        "list" => read::<Vec<String>>(text, context),
        "pathlist" => read::<Sources>(text, context),
        "pathspec" => read::<Vec<PathBuf>>(text, context),
        "path" | "tmppath" => read::<PathBuf>(text, context),
        _ => None,
    };
    value.unwrap_or_else(|| Value::str(text))
}
