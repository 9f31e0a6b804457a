//! `docker_image`: images of the engine: pulled, built, loaded, tagged, pushed, removed.

mod build;
mod work;

use windlass_macros::{Args, Choice};

use crate::{
    docker::Engine,
    host::{Host, Outcome, Result},
    spec::{ArgPath, JsonMap},
};

/// Keeps images of the Docker engine
///
/// # Examples
/// ```yaml
/// - name: Have an image
///   community.docker.docker_image:
///     name: nginx
///     tag: "1.27"
///     source: pull
///
/// - name: Build an image and give it to the registry
///   community.docker.docker_image:
///     name: registry.example.com/shop
///     tag: "2.4"
///     source: build
///     build:
///       path: /srv/shop
///       args:
///         MODE: production
///     push: true
///
/// - name: Take an image away
///   community.docker.docker_image:
///     name: old
///     state: absent
/// ```
#[derive(Args)]
#[args(
    collection = "community.docker",
    also("community.general.docker_image"),
    required_if("state", "present", "source"),
    required_if("source", "build", "build"),
    required_if("source", "load", "load_path")
)]
pub struct Args {
    /// Name of the image, or its number where it is only tagged, pushed or removed
    name: String,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Where it comes from; needed where it should be there
    source: Option<Source>,
    /// How it is built: `path`, `dockerfile`, `args`, `target` and the like
    build: Option<JsonMap>,
    /// File that it is written to
    archive_path: Option<ArgPath>,
    /// File that it is read from
    load_path: Option<ArgPath>,
    /// Whether it is pulled, built or loaded although it is there
    #[arg(default = "false")]
    force_source: bool,
    /// Whether it is removed although something uses it
    #[arg(default = "false")]
    force_absent: bool,
    /// Whether a tag is moved that another image has
    #[arg(default = "false")]
    force_tag: bool,
    /// Whether it is pushed
    #[arg(default = "false")]
    push: bool,
    /// How it is pulled: `platform`
    pull: Option<JsonMap>,
    /// Further name that it gets
    repository: Option<String>,
    /// Its tag, where the name has none
    #[arg(default = "latest")]
    tag: String,
    #[arg(flatten)]
    engine: Engine,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Source {
    Build,
    Load,
    Pull,
    Local,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    work::run(&args, host)
}
