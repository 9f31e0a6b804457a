//! `docker_prune`: takes away what nobody uses.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine, filters},
    host::{Host, Outcome, Result},
    spec::{Json, JsonMap},
};

/// Takes away what no container uses
///
/// In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Take away old images and what builds left
///   community.docker.docker_prune:
///     images: true
///     images_filters:
///       dangling: false
///       until: 240h
///     builder_cache: true
///
/// - name: Take away containers that ended more than a day ago, and networks that nobody uses
///   community.docker.docker_prune:
///     containers: true
///     containers_filters:
///       until: 24h
///     networks: true
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_prune"))]
pub struct Args {
    /// Whether containers that have ended go
    #[arg(default = "false")]
    containers: bool,
    /// Which containers are meant: names of filters, such as `until` and `label`, and values
    containers_filters: Option<JsonMap>,
    /// Whether images go
    #[arg(default = "false")]
    images: bool,
    /// Which images are meant: names of filters, such as `until` and `label`, and values; without `dangling: false`
    /// only those without a name
    images_filters: Option<JsonMap>,
    /// Whether networks go
    #[arg(default = "false")]
    networks: bool,
    /// Which networks are meant: names of filters, such as `until` and `label`, and values
    networks_filters: Option<JsonMap>,
    /// Whether volumes go
    #[arg(default = "false")]
    volumes: bool,
    /// Which volumes are meant: names of filters, such as `all` and `label`, and values
    volumes_filters: Option<JsonMap>,
    /// Whether what builds left goes
    #[arg(default = "false")]
    builder_cache: bool,
    /// Whether all of it goes, not only what is of no use
    #[arg(default = "false")]
    builder_cache_all: bool,
    /// Which of it is meant: names of filters, such as `unused-for`, and values
    builder_cache_filters: Option<JsonMap>,
    /// How much of it may stay, as `10GB`
    builder_cache_keep_storage: Option<String>,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("docker_prune"));
    }
    let api = Api::of(host, &args.engine)?;
    let mut outcome = Outcome::changed_if(false);
    let kinds = [
        (args.containers, "containers", "ContainersDeleted", &args.containers_filters),
        (args.images, "images", "ImagesDeleted", &args.images_filters),
        (args.networks, "networks", "NetworksDeleted", &args.networks_filters),
        (args.volumes, "volumes", "VolumesDeleted", &args.volumes_filters),
    ];
    for (asked, kind, key, given) in kinds {
        if !asked {
            continue;
        }
        let query = [("filters", filters(given.as_ref()))];
        let told = api.call("POST", &format!("/{kind}/prune"), &query, None)?;
        let removed = told[key].as_array().cloned().unwrap_or_default();
        outcome.changed |= !removed.is_empty();
        let name = if kind == "images" { "images" } else { kind };
        outcome = outcome.with(name, Json::Array(removed));
        if kind != "networks" {
            let freed = told["SpaceReclaimed"].as_i64().unwrap_or(0);
            outcome.changed |= freed != 0;
            outcome = outcome.with(&format!("{kind}_space_reclaimed"), freed);
        }
    }
    if args.builder_cache {
        let mut query = Vec::new();
        if args.builder_cache_all {
            query.push(("all", "true".to_owned()));
        }
        if let Some(given) = &args.builder_cache_filters {
            query.push(("filters", filters(Some(given))));
        }
        if let Some(keep) = &args.builder_cache_keep_storage {
            let keep = crate::docker_container::bytes(keep).map_err(|error| {
                crate::host::Failure::new(format!(
                    "Error while parsing value of builder_cache_keep_storage: {error}"
                ))
            })?;
            query.push(("keep-storage", keep.to_string()));
        }
        let told = api.call("POST", "/build/prune", &query, None)?;
        let freed = told["SpaceReclaimed"].as_i64().unwrap_or(0);
        outcome.changed |= freed != 0;
        outcome = outcome.with("builder_cache_space_reclaimed", freed);
        // An engine that has nothing to tell has null here.
        if let Some(removed) = told.get("CachesDeleted") {
            outcome.changed |= removed.as_array().is_some_and(|removed| !removed.is_empty());
            outcome = outcome.with("builder_cache_caches_deleted", removed.clone());
        }
    }
    Ok(outcome)
}
