//! The way from what a container is to what it should be.

use std::time::Duration;

use super::{
    Args, ImageComparison, State,
    compare::{Difference, Methods, differences, in_order},
    image, networks,
    settings::{Setting, Settings, put},
};
use crate::{
    docker::{Api, Platform, segment},
    host::{Failure, Host, Outcome, Result},
    spec::{Json, JsonMap},
};

/// One run.
pub(super) struct Work<'a> {
    pub(super) args: &'a Args,
    pub(super) host: &'a Host,
    pub(super) api: Api<'a>,
    pub(super) methods: Methods,
    pub(super) changed: bool,
    /// What was done, or would be, as the result tells it.
    pub(super) actions: Vec<Json>,
    before: JsonMap,
    after: JsonMap,
    /// Why the container was made anew, as the registered `diff` tells it.
    pub(super) differences: Option<Vec<Json>>,
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
    image::Pull::of(args)?;
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
        let mut diff = JsonMap::new();
        if let Some(differences) = work.differences {
            diff.insert("differences".to_owned(), differences.into());
        }
        if work.other_image {
            diff.insert("image_different".to_owned(), true.into());
        }
        diff.insert("before".to_owned(), work.before.into());
        diff.insert("after".to_owned(), work.after.into());
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
    pub(super) fn told(&mut self, option: &str, before: impl Into<Json>, after: impl Into<Json>) {
        self.before.insert(option.to_owned(), before.into());
        self.after.insert(option.to_owned(), after.into());
    }

    fn absent(&mut self) -> Result<()> {
        let Some(container) = self.api.container(&self.args.name)? else { return Ok(()) };
        let id = id_of(&container);
        if runs(&container) {
            self.told("running", true, false);
            self.stop(&id)?;
        }
        self.told("exists", true, false);
        self.remove(&id, false)
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
        let networks = networks::wanted(self.args, &self.api)?;
        let mut container = self.api.container(&self.args.name)?;
        self.ran = container.as_ref().is_some_and(runs);
        let default_ip = self.default_ip()?;
        let mut settings = Settings::of(self.args, self.host, &default_ip)?;
        self.name_by_id(&mut settings)?;
        let image = image::wanted(self.args, &self.api)?;
        self.changed |= image.changed;
        self.actions.extend(image.pulled);
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
                container = Some(self.keep(now, &mut settings, &networks, image.as_ref())?);
            }
        }
        if let Some(now) = container.take() {
            container = self.in_state(now)?;
        }
        self.facts = container.unwrap_or_default();
        Ok(())
    }

    /// Makes a container that is there what it should be: in place where that goes, or anew.
    fn keep(
        &mut self,
        container: Json,
        settings: &mut [Setting],
        wanted: &[networks::Wanted],
        image: Option<&Json>,
    ) -> Result<Json> {
        self.read_platform(settings)?;
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
        in_order(&mut found);
        let other_image =
            image::differs(self.args, &container, image).filter(|_| !self.methods.ignores("image"));
        let anew = self.args.recreate
            || other_image.is_some()
            || found.iter().any(|difference| !difference.live);
        if !anew {
            return self.adjust(container, &found, settings, wanted);
        }
        let shown = |it: &Difference| serde_json::json!({it.name: {"parameter": it.wanted, "container": it.found}});
        self.differences = Some(found.iter().map(shown).collect());
        for (name, now, wanted) in other_image.into_iter().flatten() {
            self.other_image |= name == "image";
            self.told(name, now, wanted);
        }
        for difference in found {
            self.told(difference.name, difference.found, difference.wanted);
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
        self.remove(&id, false)?;
        self.wait_until_gone(&id)?;
        match self.create(settings, wanted, image)? {
            Some(made) => Ok(made),
            // Check mode goes on with the networks of the old one.
            None => self.network(container, wanted),
        }
    }

    /// Names the platform of a container that is there as it is compared.
    fn read_platform(&self, settings: &mut [Setting]) -> Result<()> {
        let Some(given) = &self.args.platform else { return Ok(()) };
        let platform = Platform::of(given, &self.api)?.map_err(|error| {
            Failure::new(format!("Error while parsing platform parameer: {error}"))
        })?;
        for setting in settings.iter_mut().filter(|setting| setting.option.name == "platform") {
            setting.value = platform.to_string().into();
        }
        Ok(())
    }

    /// The image that a container is made of.
    fn image_of(&self, container: &Json) -> Result<Option<Json>> {
        let id = container["Image"].as_str().unwrap_or_default();
        Ok(self.api.find(&format!("/images/{}/json", segment(id)))?)
    }

    /// Changes what can be changed without making the container anew.
    fn adjust(
        &mut self,
        container: Json,
        found: &[Difference],
        settings: &[Setting],
        wanted: &[networks::Wanted],
    ) -> Result<Json> {
        let container = self.limit(container, found, settings)?;
        self.network(container, wanted)
    }

    /// Joins and leaves networks.
    fn network(&mut self, container: Json, wanted: &[networks::Wanted]) -> Result<Json> {
        let id = id_of(&container);
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
        for setting in settings.iter().filter(|setting| setting.option.live) {
            put(
                &mut body,
                setting.option.at.trim_start_matches("HostConfig."),
                setting.value.clone(),
            );
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
        if self.args.log_driver.is_some() && self.args.log_options.is_none() {
            put(&mut body, "HostConfig.LogConfig.Config", JsonMap::new().into());
        }
        let first = wanted.first().filter(|_| self.args.networks_cli_compatible);
        let mut shown = JsonMap::new();
        if let Some(network) = first {
            let name = network.asked.name.clone();
            shown.insert(name.clone(), networks::shown(network, false).into());
            let mut endpoint = JsonMap::new();
            endpoint.insert(name, networks::endpoint(&network.asked).into());
            put(&mut body, "NetworkingConfig.EndpointsConfig", endpoint.into());
        }
        let mut parameters = body.clone();
        parameters.remove("NetworkingConfig");
        if let Some(platform) = self.args.platform.as_deref().filter(|_| self.host.checking()) {
            parameters.insert("platform".to_owned(), platform.into());
        }
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
        let found = self.api.container(id)?;
        found.ok_or_else(|| Failure::new(format!("Error inspecting container {id}: it is gone")))
    }

    /// Starts, stops, pauses as the task wants it; what removes itself is gone then.
    fn in_state(&mut self, container: Json) -> Result<Option<Json>> {
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
                    let leaves = container["HostConfig"]["AutoRemove"] == true;
                    for _ in 0..20 {
                        let Some(left) = self.api.container(&id)? else {
                            return Ok(None);
                        };
                        container = left;
                        if !leaves || !self.host.pause(Duration::from_millis(50)) {
                            break;
                        }
                    }
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
        Ok(Some(container))
    }
}

/// Returns the number of a container.
pub(super) fn id_of(container: &Json) -> String {
    container["Id"].as_str().unwrap_or_default().to_owned()
}
