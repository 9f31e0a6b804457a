//! The way from what a container is to what it should be.

use super::{
    Args, ImageComparison, State,
    compare::{Difference, Methods, differences},
    image, networks,
    settings::{Setting, Settings, put},
};
use crate::{
    docker::{Api, segment},
    host::{Failure, Host, Outcome, Result},
    spec::{Json, JsonMap},
};

/// One run.
pub(super) struct Work<'a> {
    pub(super) args: &'a Args,
    pub(super) host: &'a Host,
    pub(super) api: Api<'a>,
    methods: Methods,
    pub(super) changed: bool,
    /// What was done, or would be, as the result tells it.
    pub(super) actions: Vec<Json>,
    before: JsonMap,
    after: JsonMap,
    /// Why the container was made anew, as the registered `diff` tells it.
    differences: Option<Vec<Json>>,
    other_image: bool,
    facts: Json,
    pub(super) status: Option<i64>,
    /// Whether the container ran before anything was done.
    ran: bool,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<Outcome> {
    let api = Api::of(host, &args.engine)?;
    let mut work = Work {
        args,
        host,
        api,
        methods: Methods::of(args)?,
        changed: false,
        actions: Vec::new(),
        before: JsonMap::new(),
        after: JsonMap::new(),
        differences: None,
        other_image: false,
        facts: Json::Null,
        status: None,
        ran: false,
    };
    match args.state {
        State::Absent => work.absent()?,
        _ => work.present()?,
    }
    let mut outcome = Outcome::changed_if(work.changed);
    if !work.facts.is_null() {
        outcome = outcome.with("container", work.facts);
    }
    // Whoever debugs registers it without asking for it.
    if host.diffing() || args.engine.debug {
        let mut diff = serde_json::json!({"before": work.before, "after": work.after});
        if let Some(differences) = work.differences {
            diff["differences"] = differences.into();
        }
        if work.other_image {
            diff["image_different"] = true.into();
        }
        outcome = outcome.with("diff", diff);
    }
    if args.engine.debug || host.checking() {
        outcome = outcome.with("actions", work.actions);
    }
    Ok(outcome.with_some("status", work.status))
}

/// Returns whether a container runs.
fn runs(container: &Json) -> bool {
    let state = &container["State"];
    state["Running"] == true && state["Ghost"] != true
}

impl Work<'_> {
    fn find(&self) -> Result<Option<Json>> {
        let found = self.api.container(&self.args.name);
        found.map_err(|error| {
            error.while_doing(format!("Error retrieving container {}", self.args.name))
        })
    }

    fn told(&mut self, option: &str, before: impl Into<Json>, after: impl Into<Json>) {
        self.before.insert(option.to_owned(), before.into());
        self.after.insert(option.to_owned(), after.into());
    }

    fn absent(&mut self) -> Result<()> {
        let Some(container) = self.find()? else {
            self.told("exists", false, false);
            return Ok(());
        };
        let id = id_of(&container);
        if runs(&container) {
            self.told("running", true, false);
            self.stop(&id)?;
        }
        self.told("exists", true, false);
        self.remove(&id)
    }

    fn default_ip(&self) -> Result<String> {
        if let Some(given) = &self.args.default_host_ip {
            return Ok(given.trim_start_matches('[').trim_end_matches(']').to_owned());
        }
        if self.args.published_ports.is_none() {
            return Ok(String::new());
        }
        let networks = self.api.get("/networks", &[]).map_err(Failure::from)?;
        let option = "com.docker.network.bridge.host_binding_ipv4";
        let bridge = networks.as_array().into_iter().flatten().find(|network| {
            network["Options"]["com.docker.network.bridge.default_bridge"] == "true"
        });
        let known = bridge.and_then(|network| network["Options"][option].as_str());
        Ok(known.unwrap_or("0.0.0.0").to_owned())
    }

    fn present(&mut self) -> Result<()> {
        let mut container = self.find()?;
        self.ran = container.as_ref().is_some_and(runs);
        let default_ip = self.default_ip()?;
        let mut settings = Settings::of(self.args, self.host, &default_ip)?;
        self.name_by_id(&mut settings)?;
        let networks = networks::wanted(self.args, &self.api)?;
        let image = image::wanted(self.args, &self.api)?;
        if let Some(name) = &image.pulled {
            self.actions.push(serde_json::json!({"pulled_image": name, "changed": image.changed}));
            self.changed |= image.changed;
        }
        let image = image.image;
        match container.take() {
            None => {
                self.told("exists", false, true);
                if self.args.image.is_none() {
                    return Err(Failure::new(
                        "Cannot create container when image is not specified!",
                    ));
                }
                container = self.create(&settings, &networks, image.as_ref())?;
            }
            Some(now) => {
                container = Some(self.keep(now, &settings, &networks, image.as_ref())?);
            }
        }
        if let Some(now) = container.take() {
            container = Some(self.in_state(now)?);
        }
        self.facts = container.unwrap_or_default();
        Ok(())
    }

    /// Makes a container that is there what it should be: in place where that goes, or anew.
    fn keep(
        &mut self,
        container: Json,
        settings: &[Setting],
        wanted: &[networks::Wanted],
        image: Option<&Json>,
    ) -> Result<Json> {
        let own;
        let compared = match self.args.image_comparison {
            ImageComparison::Desired if image.is_some() => image,
            _ => {
                own = self.image_of(&container)?;
                own.as_ref()
            }
        };
        let mut found = differences(self.args, &self.methods, settings, &container, compared)?;
        found.extend(self.network_mode_difference(wanted, &container)?);
        let other_image =
            image::differs(self.args, &container, image).filter(|_| !self.methods.ignores("image"));
        let anew = self.args.recreate
            || other_image.is_some()
            || found.iter().any(|difference| !difference.live);
        if !anew {
            return self.adjust(container, &found, settings, wanted);
        }
        let shown = |it: &Difference| serde_json::json!({it.name: {"container": it.found, "parameter": it.wanted}});
        self.differences = Some(found.iter().map(shown).collect());
        for difference in found {
            self.told(difference.name, difference.found, difference.wanted);
        }
        for (name, now, wanted) in other_image.into_iter().flatten() {
            self.other_image |= name == "image";
            self.told(name, now, wanted);
        }
        let id = id_of(&container);
        let again;
        let image = if image.is_some() {
            image
        } else {
            again = self.image_of(&container)?;
            again.as_ref()
        };
        if runs(&container) {
            self.stop(&id)?;
        }
        self.remove(&id)?;
        self.wait_until_gone(&id)?;
        let made = self.create(settings, wanted, image)?;
        Ok(made.unwrap_or(container))
    }

    /// The image that a container is made of.
    fn image_of(&self, container: &Json) -> Result<Option<Json>> {
        let id = container["Image"].as_str().unwrap_or_default();
        Ok(self.api.find(&format!("/images/{}/json", segment(id)))?)
    }

    fn network_mode(&self, wanted: &[networks::Wanted]) -> Result<Option<String>> {
        if let Some(mode) = &self.args.network_mode {
            return self.by_id(mode).map(Some);
        }
        let first = wanted.first().filter(|_| self.args.networks_cli_compatible);
        Ok(first.map(|network| network.asked.name.clone()))
    }

    fn network_mode_difference(
        &self,
        wanted: &[networks::Wanted],
        container: &Json,
    ) -> Result<Option<Difference>> {
        let Some(mode) = self.network_mode(wanted)? else { return Ok(None) };
        let now = container["HostConfig"]["NetworkMode"].as_str().unwrap_or_default();
        let alike =
            |mode: &str| if mode == "bridge" { "default".to_owned() } else { mode.to_owned() };
        // Networks that are named may be joined and left as it runs.
        let id = wanted.first().map_or("", |network| network.id.as_str());
        if self.methods.ignores("network_mode") || alike(&mode) == alike(now) || now == id {
            return Ok(None);
        }
        Ok(Some(Difference {
            name: "network_mode",
            wanted: mode.into(),
            found: now.into(),
            live: false,
        }))
    }

    /// Changes what can be changed without making the container anew.
    fn adjust(
        &mut self,
        container: Json,
        found: &[Difference],
        settings: &[Setting],
        wanted: &[networks::Wanted],
    ) -> Result<Json> {
        let id = id_of(&container);
        let container = self.limit(container, found, settings)?;
        let plan = networks::plan(self.args, &self.methods, wanted, &container);
        if plan.is_empty() {
            return Ok(container);
        }
        self.change_networks(&id, &plan)?;
        if self.host.checking() { Ok(container) } else { self.look_again(&id) }
    }

    /// Gives a container its limits, all of them where one is another. Check mode does not tell of it, as in the reference.
    fn limit(
        &mut self,
        container: Json,
        found: &[Difference],
        settings: &[Setting],
    ) -> Result<Json> {
        let mut differ = false;
        for difference in found.iter().filter(|difference| difference.live) {
            self.told(difference.name, difference.found.clone(), difference.wanted.clone());
            differ = true;
        }
        if !differ || self.host.checking() {
            return Ok(container);
        }
        let mut body = JsonMap::new();
        for setting in settings.iter().filter(|setting| setting.live) {
            put(&mut body, setting.at.trim_start_matches("HostConfig."), setting.value.clone());
        }
        let id = id_of(&container);
        self.changed = true;
        self.actions.push(serde_json::json!({"updated": id, "update_parameters": body}));
        let told = self
            .api
            .call("POST", &format!("/containers/{id}/update"), &[], Some(&body.into()))
            .map_err(|error| error.while_doing(format!("Error updating container {id}")))?;
        self.warn(&told);
        self.look_again(&id)
    }

    fn change_networks(&mut self, id: &str, plan: &networks::Plan<'_>) -> Result<()> {
        self.changed = true;
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for (network, now) in &plan.join {
            let name = &network.asked.name;
            let parameters = networks::shown(&network.asked, Some(&network.id));
            let before = now.as_ref().map(|now| networks::shown_now(name, now));
            joined.push(serde_json::json!({"parameter": parameters, "container": before}));
            self.told(&format!("network.{name}"), before, parameters.clone());
            if now.is_some() {
                self.actions.push(serde_json::json!({"removed_from_network": name}));
                self.leave(id, name, &network.id)?;
            }
            self.actions.push(
                serde_json::json!({"added_to_network": name, "network_parameters": parameters}),
            );
            self.join(id, network)?;
        }
        for (name, network) in &plan.leave {
            let before = serde_json::json!({"id": network, "name": name});
            left.push(before.clone());
            self.told(&format!("network.{name}"), before, Json::Null);
            self.actions.push(serde_json::json!({"removed_from_network": name}));
            self.leave(id, name, network)?;
        }
        for (what, networks) in [("network_differences", joined), ("purge_networks", left)] {
            if !networks.is_empty() {
                let differences = self.differences.get_or_insert_default();
                differences.push(serde_json::json!({what: networks}));
            }
        }
        Ok(())
    }

    fn leave(&self, id: &str, name: &str, network: &str) -> Result<()> {
        if self.host.checking() {
            return Ok(());
        }
        let path = format!("/networks/{}/disconnect", segment(network));
        let body = serde_json::json!({"Container": id});
        self.api.call("POST", &path, &[], Some(&body)).map(drop).map_err(|error| {
            error.while_doing(format!("Error disconnecting container from network {name}"))
        })
    }

    fn join(&self, id: &str, network: &networks::Wanted) -> Result<()> {
        if self.host.checking() {
            return Ok(());
        }
        let path = format!("/networks/{}/connect", segment(&network.id));
        let body = serde_json::json!({
            "Container": id, "EndpointConfig": networks::endpoint(&network.asked),
        });
        self.api.call("POST", &path, &[], Some(&body)).map(drop).map_err(|error| {
            let name = &network.asked.name;
            error.while_doing(format!("Error connecting container to network {name}"))
        })
    }

    fn create(
        &mut self,
        settings: &[Setting],
        wanted: &[networks::Wanted],
        image: Option<&Json>,
    ) -> Result<Option<Json>> {
        let mut body = JsonMap::new();
        for setting in settings {
            setting.tell(&mut body);
        }
        let name = match (&self.args.image, image) {
            (Some(name), _) => name.clone(),
            (None, Some(image)) => image["Id"].as_str().unwrap_or_default().to_owned(),
            (None, None) => String::new(),
        };
        body.insert("Image".to_owned(), name.into());
        if let Some(mode) = self.network_mode(wanted)? {
            put(&mut body, "HostConfig.NetworkMode", mode.into());
        }
        let waits = self.args.detach != Some(true);
        let attached = waits && self.args.interactive == Some(true);
        for (key, value) in [
            ("AttachStdout", Json::from(waits)),
            ("AttachStderr", waits.into()),
            ("AttachStdin", attached.into()),
            ("StdinOnce", attached.into()),
            ("OpenStdin", self.args.interactive.into()),
        ] {
            body.insert(key.to_owned(), value);
        }
        body.entry("ExposedPorts").or_insert_with(|| JsonMap::new().into());
        if self.args.volumes.is_some() {
            body.entry("Volumes").or_insert_with(|| JsonMap::new().into());
        }
        if self.args.restart_policy.is_some() {
            put(
                &mut body,
                "HostConfig.RestartPolicy.MaximumRetryCount",
                self.args.restart_retries.into(),
            );
        }
        let first = wanted.first().filter(|_| self.args.networks_cli_compatible);
        let mut shown = JsonMap::new();
        if let Some(network) = first {
            let name = network.asked.name.clone();
            shown.insert(name.clone(), networks::shown(&network.asked, None).into());
            let mut endpoint = JsonMap::new();
            endpoint.insert(name, networks::endpoint(&network.asked).into());
            put(&mut body, "NetworkingConfig.EndpointsConfig", endpoint.into());
        }
        let mut parameters = body.clone();
        parameters.remove("NetworkingConfig");
        self.actions.push(serde_json::json!({
            "created": "Created container", "create_parameters": parameters, "networks": shown,
        }));
        self.changed = true;
        if self.host.checking() {
            return Ok(None);
        }
        let mut query = vec![("name", self.args.name.clone())];
        if let Some(platform) = &self.args.platform {
            query.push(("platform", platform.clone()));
        }
        let made = self
            .api
            .call("POST", "/containers/create", &query, Some(&body.into()))
            .map_err(|error| error.while_doing("Error creating container"))?;
        self.warn(&made);
        let id = id_of(&made);
        let container = self.look_again(&id)?;
        // The engine may not have taken every limit, and one network alone.
        let found = differences(self.args, &self.methods, settings, &container, image)?;
        self.adjust(container, &found, settings, wanted).map(Some)
    }

    fn warn(&self, told: &Json) {
        for warning in told["Warnings"].as_array().into_iter().flatten() {
            self.host.warn(format!("Docker warning: {}", warning.as_str().unwrap_or_default()));
        }
    }

    pub(super) fn look_again(&self, id: &str) -> Result<Json> {
        let found = self.api.container(id).map_err(Failure::from)?;
        found.ok_or_else(|| Failure::new(format!("Error inspecting container {id}: it is gone")))
    }

    /// Starts, stops, pauses as the task wants it.
    fn in_state(&mut self, container: Json) -> Result<Json> {
        let mut container = container;
        let id = id_of(&container);
        let there = !self.host.checking() || !id.is_empty();
        match self.args.state {
            State::Started | State::Healthy => {
                if !runs(&container) {
                    self.told("running", self.ran, true);
                    container = self.start(&id, container)?;
                } else if self.args.restart {
                    self.told("running", true, true);
                    self.told("restarted", false, true);
                    container = self.restart(&id, container)?;
                }
            }
            State::Stopped if runs(&container) => {
                self.told("running", true, false);
                self.stop(&id)?;
                if !self.host.checking() {
                    container = self.look_again(&id)?;
                }
            }
            _ => (),
        }
        if let Some(paused) = self
            .args
            .paused
            .filter(|_| matches!(self.args.state, State::Started | State::Healthy) && there)
        {
            let now = container["State"]["Paused"] == true;
            if now != paused && runs(&container) {
                self.told("paused", now, paused);
                self.changed = true;
                self.actions.push(serde_json::json!({"set_paused": paused}));
                if !self.host.checking() {
                    let word = if paused { "pause" } else { "unpause" };
                    let path = format!("/containers/{id}/{word}");
                    self.api.call("POST", &path, &[], None).map_err(|error| {
                        let word = if paused { "pausing" } else { "unpausing" };
                        error.while_doing(format!("Error {word} container {id}"))
                    })?;
                    container = self.look_again(&id)?;
                }
            }
        }
        if self.args.state == State::Healthy && !self.host.checking() {
            self.wait_until_healthy(&id)?;
            container = self.look_again(&id)?;
        }
        Ok(container)
    }
}

/// Returns the number of a container.
pub(super) fn id_of(container: &Json) -> String {
    container["Id"].as_str().unwrap_or_default().to_owned()
}
