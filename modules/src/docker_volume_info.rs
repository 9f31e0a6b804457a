//! `docker_volume_info`: what the engine knows of a volume.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine, segment},
    host::{Host, Outcome, Result},
};

/// Tells what the Docker engine knows of a volume
///
/// The result has `exists`, and in `volume` what the engine says.
///
/// # Examples
/// ```yaml
/// - name: Find where the data lies
///   community.docker.docker_volume_info:
///     name: data
///   register: data
///
/// - name: Look whether the volume of the database was made
///   community.docker.docker_volume_info:
///     name: shop_db
///   register: shop_db
///   failed_when: not shop_db.exists
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_volume_info"))]
pub struct Args {
    /// Name of the volume
    #[arg(alias = "volume_name")]
    name: String,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let api = Api::of(host, &args.engine)?;
    let found = api
        .find(&format!("/volumes/{}", segment(&args.name)))
        .map_err(|error| error.while_doing(format!("Error inspecting volume {}", args.name)))?;
    Ok(Outcome::changed_if(false).with("exists", found.is_some()).with("volume", found))
}
