//! `docker_host_info`: what the engine says of itself and of what it has.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine, filters},
    host::{Host, Outcome, Result},
    spec::{Json, JsonMap},
};

/// Tells what the Docker engine is and what it has
///
/// # Examples
/// ```yaml
/// - name: Look at the engine and its containers
///   community.docker.docker_host_info:
///     containers: true
///   register: engine
///
/// - name: See what takes space, volumes of the shop among it
///   community.docker.docker_host_info:
///     disk_usage: true
///     volumes: true
///     volumes_filters:
///       label: project=shop
///   register: usage
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_host_info"))]
pub struct Args {
    /// Whether containers are listed
    #[arg(default = "false")]
    containers: bool,
    /// Whether containers that have ended are listed, too
    #[arg(default = "false")]
    containers_all: bool,
    /// Which containers are meant: names of filters, as `docker ps` has them, and values
    containers_filters: Option<JsonMap>,
    /// Whether images are listed
    #[arg(default = "false")]
    images: bool,
    /// Which images are meant: names of filters, as `docker images` has them, and values
    images_filters: Option<JsonMap>,
    /// Whether networks are listed
    #[arg(default = "false")]
    networks: bool,
    /// Which networks are meant: names of filters, as `docker network ls` has them, and values
    networks_filters: Option<JsonMap>,
    /// Whether volumes are listed
    #[arg(default = "false")]
    volumes: bool,
    /// Which volumes are meant: names of filters, as `docker volume ls` has them, and values
    volumes_filters: Option<JsonMap>,
    /// Whether it is told how much space everything takes
    #[arg(default = "false")]
    disk_usage: bool,
    /// Whether all is told of everything that is listed
    #[arg(default = "false")]
    verbose_output: bool,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let api =
        Api::of(host, &args.engine).map_err(|error| error.with("can_talk_to_docker", false))?;
    let info = api.get("/info", &[]).map_err(|error| {
        // Who asked for no version has found out that it is an engine.
        let talks =
            error.status != 0 && args.engine.access.api_version.eq_ignore_ascii_case("auto");
        error.while_doing("Error inspecting docker host").with("can_talk_to_docker", talks)
    })?;
    let mut outcome =
        Outcome::changed_if(false).with("can_talk_to_docker", true).with("host_info", info);
    if args.disk_usage {
        let mut usage = api.get("/system/df", &[])?;
        if !args.verbose_output {
            usage = serde_json::json!({"LayersSize": usage["LayersSize"]});
        }
        outcome = outcome.with("disk_usage", usage);
    }
    type Kind<'a> = (bool, &'a str, &'a str, &'a Option<JsonMap>, &'a [&'a str]);
    let kinds: [Kind<'_>; 4] = [
        (
            args.containers,
            "containers",
            "/containers/json",
            &args.containers_filters,
            &["Id", "Image", "Command", "Created", "Status", "Ports", "Names"],
        ),
        (
            args.images,
            "images",
            "/images/json",
            &args.images_filters,
            &["Id", "RepoTags", "Created", "Size"],
        ),
        (
            args.networks,
            "networks",
            "/networks",
            &args.networks_filters,
            &["Id", "Driver", "Name", "Scope"],
        ),
        (args.volumes, "volumes", "/volumes", &args.volumes_filters, &["Driver", "Name"]),
    ];
    for (asked, kind, path, given, keys) in kinds {
        if !asked {
            continue;
        }
        let mut query = vec![("filters", filters(given.as_ref()))];
        if kind == "containers" {
            query.push(("all", if args.containers_all { "1" } else { "0" }.to_owned()));
        }
        let mut listed = api.get(path, &query)?;
        if kind == "volumes" {
            listed = listed["Volumes"].take();
        }
        let mut items = listed.as_array().cloned().unwrap_or_default();
        if !args.verbose_output {
            for item in &mut items {
                *item = keys
                    .iter()
                    .filter_map(|key| Some(((*key).to_owned(), item.get(key)?.clone())))
                    .collect::<JsonMap>()
                    .into();
            }
        }
        outcome = outcome.with(kind, Json::Array(items));
    }
    Ok(outcome)
}
