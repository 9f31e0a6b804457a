//! Where a container is not as it is asked for.

use super::{
    Args, LabelMismatch,
    options::{Known, Shape, known, shape_of},
    settings::Setting,
};
use crate::{
    docker::Platform,
    host::{Failure, Result},
    spec::{self, Json, JsonMap, Spec, python_str},
};

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Ignore,
    Strict,
    AllowMorePresent,
}

/// An option that is not as it is asked for.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) name: &'static str,
    pub(super) wanted: Json,
    pub(super) found: Json,
    /// Whether it can be changed while the container is there.
    pub(super) live: bool,
}

/// The methods that the task chooses.
#[derive(Debug)]
pub(super) struct Methods {
    chosen: Vec<(String, Method)>,
    all: Option<Method>,
}

impl Methods {
    /// Reads `comparisons`.
    pub(super) fn of(args: &Args) -> Result<Methods> {
        let mut methods = Methods { chosen: Vec::new(), all: None };
        let spec: &'static Spec = &<Args as spec::Args>::SPEC;
        let fields = args.comparisons.iter().flatten();
        for (key, value) in fields {
            let text = python_str(value);
            let method = match text.as_str() {
                "ignore" => Method::Ignore,
                "strict" => Method::Strict,
                "allow_more_present" => Method::AllowMorePresent,
                _ => {
                    return Err(Failure::new(format!("Unknown comparison mode '{text}'!")));
                }
            };
            if key == "*" {
                if method == Method::AllowMorePresent {
                    return Err(Failure::new(
                        "The wildcard can only be used with comparison modes 'strict' and 'ignore'!",
                    ));
                }
                methods.all = Some(method);
                continue;
            }
            let arg = spec.find(key).and_then(|arg| Some((arg, shape_of(arg.name)?)));
            let Some((arg, shape)) = arg else {
                return Err(Failure::new(format!(
                    "Unknown module option '{key}' in comparisons dict!"
                )));
            };
            if method == Method::AllowMorePresent && shape == Shape::Value {
                return Err(Failure::new(format!(
                    "Option '{key}' is a value and not a set/list/dict, so its comparison cannot be allow_more_present"
                )));
            }
            methods.chosen.push((arg.name.to_owned(), method));
        }
        Ok(methods)
    }

    fn get(&self, name: &str, shape: Shape) -> Method {
        if let Some((_, method)) = self.chosen.iter().find(|(known, _)| known == name) {
            return *method;
        }
        if let Some(all) = self.all {
            return all;
        }
        match shape {
            Shape::Value | Shape::List if name == "stop_timeout" => Method::Ignore,
            Shape::Value | Shape::List => Method::Strict,
            Shape::Set | Shape::Dicts | Shape::Dict => Method::AllowMorePresent,
        }
    }

    /// Returns whether an option is compared at all.
    pub(super) fn ignores(&self, name: &str) -> bool {
        shape_of(name).is_some_and(|shape| self.get(name, shape) == Method::Ignore)
    }

    /// Returns whether networks that are not named are too many.
    pub(super) fn only_named_networks(&self) -> bool {
        self.chosen.iter().any(|(name, method)| name == "networks" && *method == Method::Strict)
            || self.all == Some(Method::Strict)
    }
}

/// Returns where a container differs.
pub(super) fn differences(
    args: &Args,
    methods: &Methods,
    settings: &[Setting],
    container: &Json,
    image: Option<&Json>,
) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    let implied = implied(settings, image);
    for setting in settings.iter().chain(&implied) {
        // Folders of the host are told under a name of their own, but not compared under it.
        let Known { name, shape, live, .. } = *setting.option;
        let compared = if name == "volume_binds" { "volumes" } else { name };
        let method = methods.get(compared, shape);
        if method == Method::Ignore {
            continue;
        }
        let wanted = expected(args, setting, image, method == Method::Strict)?;
        let now = current(setting, container, image);
        let alike = match (name, image) {
            ("platform", Some(image)) => {
                Platform::of_image(image).is_some_and(|it| wanted == it.to_string())
            }
            _ => same(&wanted, &now, shape, method),
        };
        if !alike {
            let (wanted, now) = shown(setting, wanted, now);
            found.push(Difference { name, wanted, found: now, live });
        }
    }
    Ok(found)
}

/// Puts differences in the order in which they are told.
pub(super) fn in_order(found: &mut [Difference]) {
    found.sort_by_key(|difference| known(difference.name).map(|(place, _)| place));
}

/// Returns what an image brings itself, which is compared although the task does not name it.
fn implied(settings: &[Setting], image: Option<&Json>) -> Vec<Setting> {
    let config = image.map_or(&Json::Null, |image| &image["Config"]);
    let own = [
        ("volumes", Json::from(JsonMap::new())),
        ("env", Json::Array(Vec::new())),
        ("exposed_ports", Json::Array(Vec::new())),
    ];
    let own = own
        .into_iter()
        .filter_map(|(name, value)| Some(Setting { option: known(name)?.1, value, told: None }));
    own.filter(|own| {
        let unnamed = |setting: &Setting| setting.option.name != own.option.name;
        !empty(&config[own.option.at]) && settings.iter().all(unnamed)
    })
    .collect()
}

/// Values as results tell them.
fn shown(setting: &Setting, wanted: Json, now: Json) -> (Json, Json) {
    let sorted = |value: Json| match value {
        Json::Array(mut items) => {
            items.sort_by_key(ToString::to_string);
            Json::Array(items)
        }
        other => other,
    };
    match (setting.option.name, setting.option.shape) {
        ("mounts", _) => {
            let all = |value: &Json, all: bool| -> Json {
                let Some(items) = value.as_array() else { return Json::Null };
                items.iter().map(|mount| super::volumes::shown_mount(mount, all)).collect()
            };
            (sorted_maps(all(&wanted, false)), sorted_maps(all(&now, true)))
        }
        (_, Shape::Dicts) => (sorted_maps(wanted), sorted_maps(now)),
        // Volumes without a name are told by their folders.
        ("volumes", Shape::Dict) => {
            let names = |value: &Json| match value {
                Json::Object(map) => map.keys().cloned().collect::<Vec<_>>().into(),
                _ => Json::Null,
            };
            (names(&wanted), names(&now))
        }
        (_, Shape::Set) => (sorted(wanted), sorted(now)),
        _ => (wanted, now),
    }
}

/// Dictionaries by their names and values.
fn sorted_maps(value: Json) -> Json {
    let Json::Array(mut items) = value else { return value };
    items.sort_by_cached_key(|item| {
        let pairs = item.as_object().into_iter().flatten();
        let mut pairs: Vec<_> =
            pairs.map(|(key, value)| (key.clone(), python_str(value))).collect();
        pairs.sort();
        pairs
    });
    Json::Array(items)
}

/// What the container should have, with what the image gives.
fn expected(args: &Args, setting: &Setting, image: Option<&Json>, strict: bool) -> Result<Json> {
    let config = image.map_or(&Json::Null, |image| &image["Config"]);
    Ok(match (setting.option.name, &setting.value) {
        ("env", Json::Array(given)) => {
            let mut all: Vec<String> = Vec::new();
            let from_image = config["Env"].as_array().into_iter().flatten();
            for pair in from_image.chain(given).filter_map(Json::as_str) {
                let name = pair.split('=').next().unwrap_or_default();
                all.retain(|known| known.split('=').next() != Some(name));
                all.push(pair.to_owned());
            }
            all.into()
        }
        ("labels", Json::Object(given)) => {
            if strict && args.image_label_mismatch == LabelMismatch::Fail {
                let extra: Vec<String> = config["Labels"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.clone())
                    .filter(|name| !given.contains_key(name))
                    .collect();
                if !extra.is_empty() {
                    return Err(Failure::new(format!(
                        "Some labels should be removed but are present in the base image. You can set image_label_mismatch to 'ignore' to ignore this error. Labels: \"{}\"",
                        extra.join("\", \"")
                    )));
                }
            }
            let mut all = config["Labels"].as_object().cloned().unwrap_or_default();
            all.extend(given.clone());
            all.into()
        }
        // No command is that of the image.
        ("command", Json::Array(given)) if given.is_empty() && !config["Cmd"].is_null() => {
            config["Cmd"].clone()
        }
        ("exposed_ports", Json::Array(given)) => {
            let mut all = given.clone();
            let ports = config["ExposedPorts"].as_object().into_iter().flatten();
            all.extend(ports.map(|(port, _)| port.clone().into()));
            all.into()
        }
        ("volumes", Json::Object(given)) => {
            let mut all = config["Volumes"].as_object().cloned().unwrap_or_default();
            all.extend(given.clone());
            all.into()
        }
        (_, value) => value.clone(),
    })
}

/// What the container has, in the shape in which it is compared.
fn current(setting: &Setting, container: &Json, image: Option<&Json>) -> Json {
    let Known { name, at, .. } = *setting.option;
    let mut now = if at.starts_with("HostConfig.") { container } else { &container["Config"] };
    for key in at.split('.') {
        now = &now[key];
    }
    match (name, now) {
        ("exposed_ports", Json::Object(ports)) => ports.keys().cloned().collect::<Vec<_>>().into(),
        ("exposed_ports", Json::Null) => Json::Array(Vec::new()),
        ("mac_address", now) if now.as_str().unwrap_or_default().is_empty() => {
            match &container["NetworkSettings"]["MacAddress"] {
                Json::String(address) if address.is_empty() => Json::Null,
                address => address.clone(),
            }
        }
        ("platform", _) => image.map(Platform::named).into(),
        ("healthcheck", Json::Null) => serde_json::json!({"Test": ["NONE"]}),
        ("healthcheck", Json::Object(health)) => health
            .iter()
            .filter(|(_, value)| **value != 0)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<JsonMap>()
            .into(),
        (_, now) => now.clone(),
    }
}

/// Returns whether a value that is found does for what is wanted.
fn same(wanted: &Json, found: &Json, shape: Shape, method: Method) -> bool {
    let strict = method == Method::Strict;
    match shape {
        Shape::Value => {
            if wanted == found {
                return true;
            }
            // What is nothing to the engine is left out.
            found.is_null() && matches!(wanted, Json::String(text) if text.is_empty())
        }
        Shape::List => {
            let (wanted, found) = (items(wanted), items(found));
            if strict { wanted == found } else { found.starts_with(&wanted) }
        }
        Shape::Set => {
            let (wanted, found) = (items(wanted), items(found));
            wanted.iter().all(|one| found.contains(one))
                && (!strict || found.iter().all(|one| wanted.contains(one)))
        }
        Shape::Dicts => {
            let (wanted, found) = (items(wanted), items(found));
            wanted.iter().all(|one| found.iter().any(|other| within(one, other)))
                && (!strict
                    || found.iter().all(|one| wanted.iter().any(|other| within(other, one))))
        }
        Shape::Dict => {
            let none = JsonMap::new();
            let (wanted, found) =
                (wanted.as_object().unwrap_or(&none), found.as_object().unwrap_or(&none));
            wanted.iter().all(|(key, value)| found.get(key) == Some(value))
                && (!strict || wanted.len() == found.len())
        }
    }
}

fn items(value: &Json) -> Vec<Json> {
    value.as_array().cloned().unwrap_or_default()
}

/// Returns whether everything that is wanted is in what is found; nothing is as good as an empty value.
fn within(wanted: &Json, found: &Json) -> bool {
    match (wanted, found) {
        (Json::Object(wanted), Json::Object(found)) => {
            wanted.iter().all(|(key, value)| match found.get(key) {
                Some(found) => within(value, found),
                None => empty(value),
            })
        }
        (Json::Null, _) => true,
        (Json::Array(_) | Json::Object(_) | Json::String(_), Json::Null) => empty(wanted),
        (wanted, found) => wanted == found,
    }
}

fn empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(truth) => !truth,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Number(_) => false,
    }
}
