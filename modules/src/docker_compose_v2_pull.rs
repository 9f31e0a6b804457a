//! `docker_compose_v2_pull`: the images of a project of containers.

use windlass_macros::{Args, Choice};

use crate::{
    docker::{Compose, Ignored, Project, outcome_of},
    host::{Failure, Host, Outcome, Result},
    spec::JsonMap,
};

/// Pulls the images of a project that `docker compose` describes
///
/// # Examples
/// ```yaml
/// - name: Have the newest images of the shop
///   community.docker.docker_compose_v2_pull:
///     project_src: /srv/shop
///
/// - name: Fetch only what is not there yet, of two services
///   community.docker.docker_compose_v2_pull:
///     project_src: /srv/shop
///     services:
///       - web
///       - worker
///     policy: missing
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// When images are pulled
    #[arg(default = "always")]
    policy: Policy,
    /// Whether images that are built are left out
    #[arg(default = "false")]
    ignore_buildable: bool,
    /// Whether images of services that others need are pulled, too
    #[arg(default = "false")]
    include_deps: bool,
    /// Services that are meant
    services: Vec<String>,
    #[arg(flatten)]
    project: Project,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Always,
    Missing,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let compose = Compose::of(host, &args.project)?;
    if args.policy != Policy::Always && !compose.has((2, 22)) {
        return Err(Failure::new(
            "A pull policy other than always is only supported since Docker Compose 2.22.0",
        ));
    }
    let mut words = vec!["pull".to_owned()];
    if args.policy != Policy::Always {
        words.push("--policy".to_owned());
        words.push(args.policy.as_str().to_owned());
    }
    if args.ignore_buildable {
        words.push("--ignore-buildable".to_owned());
    }
    if args.include_deps {
        words.push("--include-deps".to_owned());
    }
    if host.checking() {
        words.push("--dry-run".to_owned());
    }
    words.push("--".to_owned());
    words.extend(args.services.iter().cloned());
    let ran = compose.run(&words)?;
    let mut result = JsonMap::new();
    // Pulling without a policy says no more than that it looked.
    let pulls = args.policy != Policy::Missing && !host.checking();
    ran.add_to(&mut result, Ignored { pulls, builds: false });
    ran.add_failure(&mut result, &ran.events);
    outcome_of(result)
}
