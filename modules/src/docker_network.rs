//! `docker_network`: networks of the engine.

mod ranges;

use windlass_macros::{Args, Choice};

use crate::{
    docker::{Api, Engine, check_labels, segment},
    host::{Host, Outcome, Result},
    spec::{Json, JsonMap, python_str},
};

/// Keeps networks of the Docker engine
///
/// # Examples
/// ```yaml
/// - name: Have a network for the application
///   community.docker.docker_network:
///     name: app
///     ipam_config:
///       - subnet: 172.30.0.0/24
///         gateway: 172.30.0.1
///
/// - name: Have two containers in it, and no others
///   community.docker.docker_network:
///     name: app
///     connected: [web, db]
///
/// - name: Take a network away
///   community.docker.docker_network:
///     name: old
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_network"))]
pub struct Args {
    /// Name of the network
    #[arg(alias = "network_name")]
    name: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Containers that are connected to it
    #[arg(alias = "containers")]
    connected: Vec<String>,
    /// Whether other containers stay connected
    #[arg(default = "false", alias = "incremental")]
    appends: bool,
    /// Driver of the network
    #[arg(default = "bridge")]
    driver: String,
    /// Options of the driver
    #[arg(default = "{}")]
    driver_options: JsonMap,
    /// Whether it is made anew in any case
    #[arg(default = "false")]
    force: bool,
    /// Driver that gives addresses
    ipam_driver: Option<String>,
    /// Options of the driver that gives addresses
    ipam_driver_options: Option<JsonMap>,
    /// Ranges of its addresses, each with `subnet`, `iprange`, `gateway`, `aux_addresses`
    ipam_config: Option<Vec<JsonMap>>,
    /// Whether it has addresses of version 4
    enable_ipv4: Option<bool>,
    /// Whether it has addresses of version 6
    enable_ipv6: Option<bool>,
    /// Whether it leads nowhere else
    internal: Option<bool>,
    /// Labels of the network
    #[arg(default = "{}")]
    labels: JsonMap,
    /// Where it is known: `local`, `global`, `swarm`
    scope: Option<Scope>,
    /// Whether containers that are no services may join it
    attachable: Option<bool>,
    /// Whether it is the way into a swarm
    ingress: Option<bool>,
    /// Whether it only holds settings for others
    config_only: Option<bool>,
    /// Network that holds its settings
    config_from: Option<String>,
    #[arg(flatten)]
    engine: Engine,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Local,
    Global,
    Swarm,
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
    check_labels(&args.labels)?;
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
    let given = args.ipam_config.iter().flatten();
    let ranges = given.map(ranges::read).collect::<Result<Vec<JsonMap>>>()?;
    work.api.since(args.enable_ipv4.is_some(), "enable_ipv4", 47)?;
    let network = match args.state {
        State::Absent => {
            work.absent()?;
            None
        }
        State::Present => Some(work.present(&ranges)?),
    };
    let mut outcome = Outcome::changed_if(work.changed);
    let differences = (args.state == State::Present).then_some(work.differences);
    if let Some(diff) = args.engine.told_diff(host, (work.before, work.after), differences) {
        outcome = outcome.with("diff", diff);
    }
    if let Some(network) = network {
        outcome = outcome.with("network", network);
    }
    if args.engine.debug || host.checking() || args.state == State::Absent {
        outcome = outcome.with("actions", work.actions);
    }
    Ok(outcome)
}

impl Args {
    /// Returns the driver: one that only holds settings for others has none.
    fn driver(&self) -> &str {
        if self.config_only == Some(true) { "null" } else { &self.driver }
    }
}

fn texts(map: &JsonMap) -> JsonMap {
    map.iter()
        .map(|(key, value)| {
            let text = match value {
                Json::Bool(truth) => truth.to_string(),
                other => python_str(other),
            };
            (key.clone(), text.into())
        })
        .collect()
}

impl Work<'_> {
    fn told(&mut self, key: &str, before: impl Into<Json>, after: impl Into<Json>) {
        self.before.insert(key.to_owned(), before.into());
        self.after.insert(key.to_owned(), after.into());
    }

    fn find(&self) -> Result<Option<Json>> {
        self.api.network(&self.args.name)
    }

    fn absent(&mut self) -> Result<()> {
        let found = self.find()?;
        self.told("exists", found.is_some(), false);
        if found.is_some() {
            self.remove(found.as_ref())?;
        }
        Ok(())
    }

    fn present(&mut self, ranges: &[JsonMap]) -> Result<Json> {
        let found = self.find()?;
        self.told("exists", found.is_some(), true);
        let differences =
            found.as_ref().map(|network| self.differences(network, ranges)).unwrap_or_default();
        let mut anew = self.args.force;
        for (key, before, after) in differences {
            anew = true;
            self.told(&key, before, after);
            self.differences.push(key);
        }
        let mut wanted = self.args.connected.clone();
        if wanted.is_empty() {
            // Whoever is in it stays in it.
            wanted = members(found.as_ref()).into_iter().map(|(_, name)| name).collect();
        }
        let mut now = found.as_ref();
        if anew && now.is_some() {
            self.remove(now)?;
            now = None;
        }
        if now.is_none() {
            self.create(ranges)?;
        }
        self.connect(now, &wanted)?;
        if self.host.checking() {
            return Ok(found.unwrap_or_default());
        }
        Ok(self.find()?.unwrap_or_default())
    }

    fn differences(&self, network: &Json, ranges: &[JsonMap]) -> Vec<Difference> {
        let args = self.args;
        let mut found = Vec::new();
        let mut other = |name: &str, now: &Json, wanted: Json| {
            if *now != wanted {
                found.push((name.to_owned(), now.clone(), wanted));
            }
        };
        let truth = |key: &str| match &network[key] {
            Json::Null => Json::from(false),
            known => known.clone(),
        };
        if let Some(wanted) = args.config_only {
            other("config_only", &truth("ConfigOnly"), wanted.into());
        }
        if let Some(wanted) = &args.config_from {
            other("config_from", &network["ConfigFrom"]["Network"], wanted.as_str().into());
        }
        other("driver", &network["Driver"], args.driver().into());
        found.extend(entries("driver_options", &network["Options"], &args.driver_options));
        let ipam = &network["IPAM"];
        if let Some(driver) = &args.ipam_driver
            && ipam["Driver"] != driver.as_str()
        {
            found.push(("ipam_driver".to_owned(), ipam.clone(), driver.as_str().into()));
        }
        if let Some(options) = &args.ipam_driver_options {
            let now = ipam["Options"].as_object().cloned().unwrap_or_default();
            let wanted = texts(options);
            if now != wanted {
                found.push(("ipam_driver_options".to_owned(), now.into(), wanted.into()));
            }
        }
        found.extend(ranges::differences(&ipam["Config"], ranges));
        for (name, key, wanted) in [
            ("enable_ipv4", "EnableIPv4", args.enable_ipv4),
            ("enable_ipv6", "EnableIPv6", args.enable_ipv6),
            ("internal", "Internal", args.internal),
        ] {
            if let Some(wanted) = wanted.filter(|wanted| truth(key) != *wanted) {
                found.push((name.to_owned(), truth(key), wanted.into()));
            }
        }
        if let Some(scope) = args.scope.filter(|scope| network["Scope"] != scope.as_str()) {
            found.push(("scope".to_owned(), network["Scope"].clone(), scope.as_str().into()));
        }
        for (name, key, wanted) in
            [("attachable", "Attachable", args.attachable), ("ingress", "Ingress", args.ingress)]
        {
            if let Some(wanted) = wanted.filter(|wanted| truth(key) != *wanted) {
                found.push((name.to_owned(), truth(key), wanted.into()));
            }
        }
        found.extend(entries("labels", &network["Labels"], &args.labels));
        found
    }

    fn create(&mut self, ranges: &[JsonMap]) -> Result<()> {
        let args = self.args;
        let mut body = JsonMap::new();
        let mut set = |key: &str, value: Json| {
            body.insert(key.to_owned(), value);
        };
        set("Name", args.name.as_str().into());
        set("Driver", args.driver().into());
        set("Options", texts(&args.driver_options).into());
        set("CheckDuplicate", true.into());
        set("IPAM", Json::Null);
        if args.ipam_driver.is_some() || args.ipam_driver_options.is_some() || !ranges.is_empty() {
            let mut ipam = JsonMap::new();
            ipam.insert(
                "Driver".to_owned(),
                args.ipam_driver.as_deref().unwrap_or("default").into(),
            );
            if let Some(options) = &args.ipam_driver_options {
                ipam.insert("Options".to_owned(), texts(options).into());
            }
            ipam.insert("Config".to_owned(), ranges.iter().cloned().map(Json::from).collect());
            set("IPAM", ipam.into());
        }
        for (key, value) in [
            ("EnableIPv4", args.enable_ipv4),
            ("EnableIPv6", args.enable_ipv6),
            ("Internal", args.internal),
            ("Attachable", args.attachable),
            ("Ingress", args.ingress),
            ("ConfigOnly", args.config_only),
        ] {
            if let Some(value) = value {
                set(key, value.into());
            }
        }
        if let Some(scope) = args.scope {
            set("Scope", scope.as_str().into());
        }
        if let Some(from) = &args.config_from {
            set("ConfigFrom", serde_json::json!({"Network": from}));
        }
        if !args.labels.is_empty() {
            set("Labels", texts(&args.labels).into());
        }
        self.changed = true;
        self.actions.push(format!("Created network {} with driver {}", args.name, args.driver()));
        if self.host.checking() {
            return Ok(());
        }
        self.api.call("POST", "/networks/create", &[], Some(&body.into()))?;
        Ok(())
    }

    fn remove(&mut self, network: Option<&Json>) -> Result<()> {
        for (_, name) in members(network) {
            self.disconnect(&name)?;
        }
        self.changed = true;
        self.actions.push(format!("Removed network {}", self.args.name));
        if self.host.checking() {
            return Ok(());
        }
        let path = format!("/networks/{}", segment(&self.args.name));
        self.api.call("DELETE", &path, &[], None)?;
        Ok(())
    }

    /// Connects the containers that are named, and disconnects the others.
    fn connect(&mut self, network: Option<&Json>, wanted: &[String]) -> Result<()> {
        let now = members(network);
        for name in wanted {
            let there = now.iter().any(|(id, known)| {
                known == name || id.starts_with(name.as_str()) && name.len() >= 12
            });
            // Those that are not there cannot be connected.
            if there || self.api.container(name)?.is_none() {
                continue;
            }
            self.changed = true;
            self.actions.push(format!("Connected container {name}"));
            self.told(&format!("connected.{name}"), false, true);
            if !self.host.checking() {
                let path = format!("/networks/{}/connect", segment(&self.args.name));
                let body = serde_json::json!({"Container": name, "EndpointConfig": {}});
                self.api.call("POST", &path, &[], Some(&body))?;
            }
        }
        if !self.args.appends {
            for (_, name) in now {
                if !wanted.contains(&name) {
                    self.disconnect(&name)?;
                }
            }
        }
        Ok(())
    }

    /// Disconnects a member by its name: what is no container, as the end of a swarm's `ingress`, has no other.
    fn disconnect(&mut self, name: &str) -> Result<()> {
        self.changed = true;
        self.actions.push(format!("Disconnected container {name}"));
        self.told(&format!("connected.{name}"), true, false);
        if self.host.checking() {
            return Ok(());
        }
        let path = format!("/networks/{}/disconnect", segment(&self.args.name));
        let body = serde_json::json!({"Container": name, "Force": true});
        self.api.call("POST", &path, &[], Some(&body))?;
        Ok(())
    }
}

/// Something that is otherwise: its name, what it is, what it should be.
type Difference = (String, Json, Json);

/// Compares labels or options; where the network has none at all, they are one difference.
fn entries(name: &str, now: &Json, wanted: &JsonMap) -> Vec<Difference> {
    let wanted = texts(wanted);
    if wanted.is_empty() {
        return Vec::new();
    }
    if now.as_object().is_none_or(JsonMap::is_empty) {
        return vec![(name.to_owned(), now.clone(), wanted.into())];
    }
    let others = wanted.into_iter().filter(|(key, value)| now[key] != *value);
    others.map(|(key, value)| (format!("{name}.{key}"), now[&key].clone(), value)).collect()
}

/// Numbers and names of the containers of a network.
fn members(network: Option<&Json>) -> Vec<(String, String)> {
    let containers = network.and_then(|network| network["Containers"].as_object());
    containers
        .into_iter()
        .flatten()
        .map(|(id, one)| (id.clone(), one["Name"].as_str().unwrap_or_default().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::{docker::FakeEngine, host::TestHost};

    fn run(host: &TestHost, args: Json) -> Json {
        Json::Object(crate::find("docker_network").unwrap().run(args.as_object().unwrap(), host))
    }

    fn network() -> Json {
        json!({
            "Name": "app", "Id": "n1", "Driver": "bridge", "Labels": {"a": "b"}, "Options": {},
            "Internal": false, "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.9.0.0/24"}]},
            "Containers": {"c1": {"Name": "web"}},
        })
    }

    #[test]
    fn a_network_that_is_right_is_left_alone() {
        let host = TestHost::with(&[]);
        let engine = FakeEngine::start(&host, &[("GET /networks/app", 200, network())]);
        let args = json!({
            "name": "app", "labels": {"a": "b"}, "ipam_config": [{"subnet": "10.9.0.0/24"}],
        });
        let result = run(&host, args);
        assert_eq!(result["changed"], false, "{result}");
        assert_eq!(engine.changes(), Vec::<String>::new());
    }

    #[test]
    fn a_network_that_differs_is_made_anew_with_its_containers() {
        let host = TestHost::with(&[]).check();
        let engine = FakeEngine::start(
            &host,
            &[
                ("GET /networks/app", 200, network()),
                ("GET /containers/web/json", 200, json!({"Id": "c1"})),
            ],
        );
        let result = run(&host, json!({"name": "app", "internal": true}));
        assert_eq!(
            result["actions"],
            json!([
                "Disconnected container web",
                "Removed network app",
                "Created network app with driver bridge",
                "Connected container web"
            ]),
            "{result}"
        );
        assert_eq!(engine.changes(), Vec::<String>::new());
        let failed = run(&host, json!({"name": "app", "ipam_config": [{"subnet": "x"}]}));
        assert_eq!(failed["msg"], "\"x\" is not a valid CIDR");
    }
}
