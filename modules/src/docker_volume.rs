//! `docker_volume`: volumes of the engine.

use windlass_macros::{Args, Choice};

use crate::{
    docker::{Api, Engine, check_labels, segment},
    host::{Failure, Host, Outcome, Result},
    spec::{Json, JsonMap, python_str},
};

/// Keeps volumes of the Docker engine
///
/// # Examples
/// ```yaml
/// - name: Have a volume for the data
///   community.docker.docker_volume:
///     name: data
///     labels:
///       app: shop
///
/// - name: Take a volume away
///   community.docker.docker_volume:
///     name: old
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_volume"))]
pub struct Args {
    /// Name of the volume
    #[arg(alias = "name")]
    volume_name: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Driver of the volume
    #[arg(default = "local")]
    driver: String,
    /// Options of the driver
    #[arg(default = "{}")]
    driver_options: JsonMap,
    /// Labels of the volume
    labels: Option<JsonMap>,
    /// When it is made anew, and loses what it holds
    #[arg(default = "never")]
    recreate: Recreate,
    #[arg(flatten)]
    engine: Engine,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Recreate {
    Always,
    Never,
    #[choice("options-changed")]
    OptionsChanged,
}

struct Work<'a> {
    args: &'a Args,
    host: &'a Host,
    api: Api<'a>,
    changed: bool,
    actions: Vec<String>,
    before: JsonMap,
    after: JsonMap,
    /// Options that are not as they should be.
    differences: Vec<String>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let api = Api::of(host, &args.engine)?;
    args.labels.as_ref().map_or(Ok(()), check_labels)?;
    let mut work = Work {
        args: &args,
        host,
        api,
        changed: false,
        actions: Vec::new(),
        before: JsonMap::new(),
        after: JsonMap::new(),
        differences: Vec::new(),
    };
    let found = work.find()?;
    let volume = match args.state {
        State::Absent => {
            work.told("exists", found.is_some(), false);
            if found.is_some() {
                work.remove()?;
            }
            None
        }
        State::Present => Some(work.keep(found)?),
    };
    let mut outcome = Outcome::changed_if(work.changed);
    let differences = (args.state == State::Present).then_some(work.differences);
    if let Some(diff) = args.engine.told_diff(host, (work.before, work.after), differences) {
        outcome = outcome.with("diff", diff);
    }
    if let Some(volume) = volume {
        outcome = outcome.with("volume", volume);
    }
    if args.engine.debug || host.checking() || args.state == State::Absent {
        outcome = outcome.with("actions", work.actions);
    }
    Ok(outcome)
}

impl Work<'_> {
    fn told(&mut self, key: &str, before: impl Into<Json>, after: impl Into<Json>) {
        self.before.insert(key.to_owned(), before.into());
        self.after.insert(key.to_owned(), after.into());
    }

    fn find(&self) -> Result<Option<Json>> {
        let all = self.api.get("/volumes", &[]).map_err(|error| Failure::new(error.text))?;
        let mut found = all["Volumes"].as_array().into_iter().flatten();
        Ok(found.find(|volume| volume["Name"] == self.args.volume_name.as_str()).cloned())
    }

    fn keep(&mut self, found: Option<Json>) -> Result<Json> {
        self.told("exists", found.is_some(), true);
        let Some(volume) = found else { return self.create() };
        let differences = self.differences(&volume);
        let anew = match self.args.recreate {
            Recreate::Always => true,
            Recreate::OptionsChanged => !differences.is_empty(),
            Recreate::Never => false,
        };
        for (key, before, after) in differences {
            self.told(&key, before, after);
            self.differences.push(key);
        }
        if anew {
            self.remove()?;
            return self.create();
        }
        Ok(volume)
    }

    fn differences(&self, volume: &Json) -> Vec<(String, Json, Json)> {
        let mut found = Vec::new();
        let args = self.args;
        if volume["Driver"] != args.driver.as_str() {
            found.push(("driver".to_owned(), volume["Driver"].clone(), args.driver.clone().into()));
        }
        let mut compare = |name: &str, key: &str, wanted: &JsonMap| {
            for (option, value) in wanted {
                let known = &volume[key][option];
                let text = python_str(value);
                if !value.is_null() && known.as_str() != Some(text.as_str()) {
                    found.push((format!("{name}.{option}"), known.clone(), text.into()));
                }
            }
        };
        compare("driver_options", "Options", &args.driver_options);
        if let Some(labels) = &args.labels {
            compare("labels", "Labels", labels);
        }
        found
    }

    fn create(&mut self) -> Result<Json> {
        let args = self.args;
        let texts = |map: &JsonMap| -> JsonMap {
            map.iter().map(|(key, value)| (key.clone(), python_str(value).into())).collect()
        };
        let mut body = JsonMap::new();
        body.insert("Name".to_owned(), args.volume_name.as_str().into());
        body.insert("Driver".to_owned(), args.driver.as_str().into());
        body.insert("DriverOpts".to_owned(), args.driver_options.clone().into());
        if let Some(labels) = &args.labels {
            body.insert("Labels".to_owned(), texts(labels).into());
        }
        self.changed = true;
        self.actions
            .push(format!("Created volume {} with driver {}", args.volume_name, args.driver));
        if self.host.checking() {
            return Ok(Json::Null);
        }
        self.api
            .call("POST", "/volumes/create", &[], Some(&body.into()))
            .map_err(|error| Failure::new(error.text))?;
        Ok(self.find()?.unwrap_or_default())
    }

    fn remove(&mut self) -> Result<()> {
        let name = &self.args.volume_name;
        self.changed = true;
        self.actions.push(format!("Removed volume {name}"));
        if self.host.checking() {
            return Ok(());
        }
        let path = format!("/volumes/{}", segment(name));
        self.api
            .call("DELETE", &path, &[], None)
            .map(drop)
            .map_err(|error| Failure::new(error.text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::{docker::FakeEngine, host::TestHost};

    fn run(host: &TestHost, args: Json) -> Json {
        Json::Object(crate::find("docker_volume").unwrap().run(args.as_object().unwrap(), host))
    }

    #[test]
    fn volumes_are_made_kept_and_removed() {
        let host = TestHost::with(&[]);
        let volume =
            json!({"Name": "data", "Driver": "local", "Labels": {"a": "b"}, "Options": {}});
        let engine = FakeEngine::start(
            &host,
            &[
                ("GET /volumes", 200, json!({"Volumes": null})),
                ("GET /volumes", 200, json!({"Volumes": [volume]})),
                ("POST /volumes/create", 201, json!({})),
                ("DELETE /volumes/data", 204, json!(null)),
            ],
        );
        let args = json!({"name": "data", "labels": {"a": "b"}});
        let made = run(&host, args.clone());
        assert_eq!((&made["changed"], &made["volume"]["Name"]), (&json!(true), &json!("data")));
        assert_eq!(run(&host, args)["changed"], false);
        let other = json!({"name": "data", "labels": {"a": "c"}, "recreate": "options-changed"});
        assert_eq!(run(&host, other)["diff"]["differences"], json!(["labels.a"]));
        assert_eq!(run(&host, json!({"name": "data", "state": "absent"}))["changed"], true);
        assert_eq!(engine.changes().len(), 4, "{:?}", engine.changes());
    }
}
