//! `docker_network_info`: what the engine knows of a network.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine},
    host::{Host, Outcome, Result},
};

/// Tells what the Docker engine knows of a network
///
/// The result has `exists`, and in `network` what the engine says.
///
/// # Examples
/// ```yaml
/// - name: Look at the network of the application
///   community.docker.docker_network_info:
///     name: app
///   register: network
///
/// - name: See who is in the network that containers are in by default
///   community.docker.docker_network_info:
///     name: bridge
///   register: bridge
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_network_info"))]
pub struct Args {
    /// Name or number of the network
    name: String,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let api = Api::of(host, &args.engine)?;
    let found = api.network(&args.name)?;
    Ok(Outcome::changed_if(false).with("exists", found.is_some()).with("network", found))
}
