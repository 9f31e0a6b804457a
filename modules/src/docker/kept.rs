//! Secrets and configurations, which a swarm keeps for its services: their content never changes, so a new one takes the place of the old.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha224};
use windlass_macros::{Args, Choice};

use super::{Api, Engine, check_labels, filters, segment};
use crate::{
    host::{Failure, Host, Result, errno_of},
    spec::{ArgPath, Json, JsonMap, python_str},
    x509::from_base64,
};

/// What is kept, and how often.
#[derive(Args)]
#[args(
    mutually_exclusive("data", "data_src"),
    required_if_any("state", "present", "data", "data_src")
)]
pub struct Kept {
    /// Its name
    pub name: String,
    /// Whether it should be there
    #[arg(default = "present")]
    pub state: KeptState,
    /// Whether `data` is Base64
    #[arg(default = "false")]
    pub data_is_b64: bool,
    /// File with the content
    pub data_src: Option<ArgPath>,
    /// Its labels
    pub labels: Option<JsonMap>,
    /// Whether it is made anew though it is the same
    #[arg(default = "false")]
    pub force: bool,
    /// Whether older ones stay, under names with their versions
    #[arg(default = "false")]
    pub rolling_versions: bool,
    /// How many of them stay
    #[arg(default = "5")]
    pub versions_to_keep: i64,
    #[arg(flatten)]
    pub engine: Engine,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub enum KeptState {
    Absent,
    Present,
}

/// Secrets or configurations.
pub struct Keeper<'a> {
    /// `secret`, `config`.
    pub kind: &'static str,
    pub host: &'a Host,
    pub kept: &'a Kept,
    pub data: Option<&'a str>,
    /// What fills in the content for each service.
    pub template_driver: Option<&'a str>,
}

/// What came of it.
#[derive(Default)]
pub struct Came {
    pub changed: bool,
    /// Number and name, where it is there.
    pub now: Option<(Json, String)>,
}

const KEY: &str = "ansible_key";
const VERSION: &str = "ansible_version";

fn label<'a>(known: &'a Json, name: &str) -> Option<&'a str> {
    known["Spec"]["Labels"][name].as_str()
}

fn version(known: &Json) -> i64 {
    label(known, VERSION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

impl Keeper<'_> {
    pub fn run(&self) -> Result<Came> {
        let api = Api::of(self.host, &self.kept.engine)?;
        api.since(self.template_driver.is_some(), "template_driver", 37)?;
        self.kept.labels.as_ref().map_or(Ok(()), check_labels)?;
        let data = self.content()?;
        let known = self.known(&api)?;
        if self.kept.state == KeptState::Absent {
            for one in &known {
                self.remove(&api, one)?;
            }
            return Ok(Came { changed: !known.is_empty(), now: None });
        }
        let key: String = Sha224::digest(&data).iter().map(|byte| format!("{byte:02x}")).collect();
        let Some(last) = known.last().cloned() else {
            let now = self.create(&api, &data, &key, 0)?;
            self.forget(&api, known)?;
            return Ok(Came { changed: true, now: Some(now) });
        };
        let mut came = Came { changed: false, now: Some(named(&last)) };
        if self.differs(&last, &key) {
            if !self.kept.rolling_versions {
                for one in &known {
                    self.remove(&api, one)?;
                }
            }
            let now = self.create(&api, &data, &key, version(&last))?;
            came = Came { changed: true, now: Some(now) };
        }
        self.forget(&api, known)?;
        Ok(came)
    }

    fn content(&self) -> Result<Vec<u8>> {
        if let Some(path) = self.kept.data_src.as_deref() {
            return self.host.read_whole(path).map_err(|error| {
                let reason = errno_of(&error, path);
                Failure::new(format!("Error while reading {path}: {reason}"))
            });
        }
        let data = self.data.unwrap_or_default();
        if self.kept.data_is_b64 { from_base64(data) } else { Ok(data.as_bytes().to_vec()) }
    }

    /// Those that there are, the newest last.
    fn known(&self, api: &Api<'_>) -> Result<Vec<Json>> {
        let name = &self.kept.name;
        let mut by = JsonMap::new();
        by.insert("name".to_owned(), name.as_str().into());
        let path = format!("/{}s", self.kind);
        let all = api.get(&path, &[("filters", filters(Some(&by)))]).map_err(|error| {
            Failure::new(format!("Error accessing {} {name}: {}", self.kind, error.text))
        })?;
        let rolling = self.kept.rolling_versions;
        let prefix = format!("{name}_v");
        let is_one = |one: &&Json| {
            let known = one["Spec"]["Name"].as_str().unwrap_or_default();
            if rolling { known.starts_with(&prefix) } else { known == name }
        };
        let mut found: Vec<Json> =
            all.as_array().into_iter().flatten().filter(is_one).cloned().collect();
        if rolling {
            found.sort_by_key(version);
        }
        Ok(found)
    }

    fn differs(&self, known: &Json, key: &str) -> bool {
        let other_data = match label(known, KEY).filter(|known| !known.is_empty()) {
            Some(known) => known != key,
            None => {
                if !self.kept.force {
                    let kind = if self.kind == "secret" { "Secret" } else { "Config" };
                    self.host.warn(format!(
                        "'{KEY}' label not found. {kind} will not be changed unless the force parameter is set to 'true'"
                    ));
                }
                false
            }
        };
        let labels = self.kept.labels.iter().flatten();
        let mut labels = labels.map(|(name, value)| (name, python_str(value)));
        let other_labels = labels.any(|(name, value)| label(known, name) != Some(value.as_str()));
        let driver = known["Spec"]["Templating"]["Name"].as_str().filter(|name| !name.is_empty());
        other_data || other_labels || driver != self.template_driver || self.kept.force
    }

    fn create(&self, api: &Api<'_>, data: &[u8], key: &str, last: i64) -> Result<(Json, String)> {
        let mut name = self.kept.name.clone();
        let mut labels = JsonMap::new();
        labels.insert(KEY.to_owned(), key.into());
        if self.kept.rolling_versions {
            let next = last + 1;
            labels.insert(VERSION.to_owned(), next.to_string().into());
            name = format!("{name}_v{next}");
        }
        for (label, value) in self.kept.labels.iter().flatten() {
            labels.insert(label.clone(), python_str(value).into());
        }
        if self.host.checking() {
            return Ok((Json::Null, name));
        }
        let mut body = serde_json::json!({
            "Name": name, "Data": STANDARD.encode(data), "Labels": labels,
        });
        if let Some(driver) = self.template_driver {
            body["Templating"] = serde_json::json!({ "Name": driver });
        }
        let path = format!("/{}s/create", self.kind);
        let made = api.call("POST", &path, &[], Some(&body)).map_err(|error| {
            Failure::new(format!("Error creating {}: {}", self.kind, error.text))
        })?;
        Ok((made["ID"].clone(), name))
    }

    fn remove(&self, api: &Api<'_>, one: &Json) -> Result<()> {
        if self.host.checking() {
            return Ok(());
        }
        let id = one["ID"].as_str().unwrap_or_default();
        let path = format!("/{}s/{}", self.kind, segment(id));
        api.call("DELETE", &path, &[], None).map(drop).map_err(|error| {
            let name = python_str(&one["Spec"]["Name"]);
            Failure::new(format!("Error removing {} {name}: {}", self.kind, error.text))
        })
    }

    /// Removes the oldest versions, of which there were more than are to stay: what was made just now does not count, as
    /// services still have those before it.
    fn forget(&self, api: &Api<'_>, known: Vec<Json>) -> Result<()> {
        let Ok(most) = usize::try_from(self.kept.versions_to_keep) else { return Ok(()) };
        if !self.kept.rolling_versions {
            return Ok(());
        }
        let extra = known.len().saturating_sub(most.max(1));
        known.iter().take(extra).try_for_each(|one| self.remove(api, one))
    }
}

fn named(known: &Json) -> (Json, String) {
    (known["ID"].clone(), python_str(&known["Spec"]["Name"]))
}
