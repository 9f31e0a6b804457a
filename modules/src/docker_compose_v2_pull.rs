//! `docker_compose_v2_pull`: the images of a project of containers.

use windlass_macros::{Args, Choice};

use crate::{
    docker::{Compose, Project, compose_actions},
    host::{Failure, Host, Outcome, Result},
};

/// Pulls the images of a project that `docker compose` describes
///
/// # Examples
/// ```yaml
/// - name: Have the newest images of the shop
///   community.docker.docker_compose_v2_pull:
///     project_src: /srv/shop
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
    let (output, events) = compose.run(&words)?;
    let actions = compose_actions(&events);
    if !output.success() {
        let text = output.error_text();
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        return Err(Failure::new(format!("General error: {}", last.trim()))
            .with("rc", output.status)
            .with("stdout", output.text())
            .with("stderr", text)
            .with("actions", actions));
    }
    // Pulling without a policy says no more than that it looked.
    let changed = args.policy == Policy::Missing && !actions.is_empty()
        || events.iter().any(|event| event.what == "image-layer");
    Ok(Outcome::changed_if(changed)
        .with("actions", actions)
        .with("rc", output.status)
        .with("stdout", output.text())
        .with("stderr", output.error_text()))
}
