//! A configuration of SSH as hosts with their options; comments and empty lines stay between them.

use crate::{
    host::{Failure, Result},
    spec::{Json, JsonMap, python_repr},
};

pub(super) type Options = JsonMap;

/// Options that a host can have several times.
const REPEATED: [&str; 3] = ["identityfile", "localforward", "remoteforward"];

enum Entry {
    /// A comment or an empty line.
    Line(String),
    Host {
        name: String,
        options: Options,
    },
}

/// The file. What stands before the first host is one of `*`.
pub(super) struct Config(Vec<Entry>);

impl Config {
    pub(super) fn of(text: &str) -> Result<Config> {
        let mut entries = vec![Entry::Host { name: "*".to_owned(), options: Options::new() }];
        let mut host = 0;
        for line in text.lines().map(str::trim_start) {
            if line.is_empty() || line.starts_with('#') {
                entries.push(Entry::Line(line.to_owned()));
                continue;
            }
            let (key, value) = pair(line)?;
            if key == "host" {
                let name = value.split_whitespace().collect::<Vec<_>>().join(" ");
                host = entries.len();
                entries.push(Entry::Host { name, options: Options::new() });
                continue;
            }
            let Entry::Host { options, .. } = &mut entries[host] else { continue };
            match options.get_mut(&key) {
                Some(Json::Array(values)) => values.push(value.into()),
                Some(_) => (),
                None if REPEATED.contains(&key.as_str()) => {
                    options.insert(key, Json::Array(vec![value.into()]));
                }
                None => drop(options.insert(key, value.into())),
            }
        }
        // A host without options says nothing.
        entries.retain(|entry| !matches!(entry, Entry::Host { options, .. } if options.is_empty()));
        Ok(Config(entries))
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for entry in &self.0 {
            let (name, options) = match entry {
                Entry::Line(line) => {
                    text += &format!("{line}\n");
                    continue;
                }
                Entry::Host { name, options } => (name, options),
            };
            text += &format!("Host {name}\n");
            for (key, value) in options {
                let values = match value {
                    Json::Array(values) => values.iter().collect(),
                    one => vec![one],
                };
                for value in values.into_iter().filter_map(Json::as_str) {
                    text += &format!("    {key} {value}\n");
                }
            }
        }
        text
    }

    /// Where a host stands; that for all of them is none.
    pub(super) fn places(&self, host: &str) -> Vec<usize> {
        let is_it = |entry: &Entry| matches!(entry, Entry::Host { name, .. } if name == host);
        let places = self.0.iter().enumerate().filter(|(_, entry)| host != "*" && is_it(entry));
        places.map(|(at, _)| at).collect()
    }

    pub(super) fn options(&self, place: usize) -> &Options {
        static NONE: std::sync::LazyLock<Options> = std::sync::LazyLock::new(Options::new);
        match &self.0[place] {
            Entry::Host { options, .. } => options,
            Entry::Line(_) => &NONE,
        }
    }

    pub(super) fn add(&mut self, host: &str, options: Options) {
        self.0.push(Entry::Host { name: host.to_owned(), options });
    }

    /// Sets options wherever the host stands; those that it has beside them stay, as they do in the reference.
    pub(super) fn update(&mut self, host: &str, new: &Options) {
        for entry in &mut self.0 {
            if let Entry::Host { name, options } = entry
                && name == host
            {
                options.extend(new.clone());
            }
        }
    }

    pub(super) fn remove(&mut self, host: &str) {
        self.0.retain(|entry| !matches!(entry, Entry::Host { name, .. } if name == host));
    }
}

/// A line's key and value, which a blank or `=` parts.
fn pair(line: &str) -> Result<(String, String)> {
    let at = line.find(|c: char| c.is_whitespace() || c == '=').ok_or_else(|| {
        Failure::raised(format!("Unparsable line: {}", python_repr(&Json::from(line))))
    })?;
    let value = line[at..].trim_start();
    // The reference parts at the first `=` of the line, which tears `SetEnv A=b` apart.
    let value = value.strip_prefix('=').map_or(value, str::trim_start);
    Ok((line[..at].to_lowercase(), value.to_owned()))
}
