//! `docker_compose_v2`: projects of containers, kept by the program `docker compose`.

use windlass_macros::{Args, Choice};

use crate::{
    docker::{Compose, Event, Project, compose_actions},
    host::{Failure, Host, Outcome, Result},
    spec::{Json, JsonMap, python_str},
};

/// Keeps a project of containers that `docker compose` describes
///
/// # Examples
/// ```yaml
/// - name: Have the shop running
///   community.docker.docker_compose_v2:
///     project_src: /srv/shop
///     pull: missing
///     remove_orphans: true
///
/// - name: Take it away
///   community.docker.docker_compose_v2:
///     project_src: /srv/shop
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// How it should be
    #[arg(default = "present")]
    state: State,
    /// When images are pulled
    #[arg(default = "policy")]
    pull: Pull,
    /// When images are built
    #[arg(default = "policy")]
    build: Build,
    /// Whether questions are answered with yes
    #[arg(default = "false")]
    assume_yes: bool,
    /// When containers are made anew
    #[arg(default = "auto")]
    recreate: Recreate,
    /// Whether volumes without a name are made anew
    #[arg(default = "false")]
    renew_anon_volumes: bool,
    /// Whether containers of services that are gone are removed
    #[arg(default = "false")]
    remove_orphans: bool,
    /// Which images go with the project
    remove_images: Option<Images>,
    /// Whether volumes go with the project
    #[arg(default = "false")]
    remove_volumes: bool,
    /// Seconds after which containers are killed
    timeout: Option<i64>,
    /// Services that are meant
    services: Vec<String>,
    /// How many containers services have
    #[arg(default = "{}")]
    scale: JsonMap,
    /// Whether services that others need are meant, too
    #[arg(default = "true")]
    dependencies: bool,
    /// Whether what builds say is no change
    #[arg(default = "true")]
    ignore_build_events: bool,
    /// Whether it waits for containers to work
    #[arg(default = "false")]
    wait: bool,
    /// Seconds that it waits
    wait_timeout: Option<i64>,
    #[arg(flatten)]
    project: Project,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Stopped,
    Restarted,
    Present,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Pull {
    Always,
    Missing,
    Never,
    Policy,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Build {
    Always,
    Never,
    Policy,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Recreate {
    Always,
    Never,
    Auto,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Images {
    All,
    Local,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let compose = Compose::of(host, &args.project)?;
    match args.state {
        State::Present => up(&args, &compose, false),
        State::Stopped => stopped(&args, &compose),
        State::Restarted => plain(&args, &compose, "restart"),
        State::Absent => plain(&args, &compose, "down"),
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

fn finish(
    compose: &Compose<'_>,
    args: &Args,
    output: &crate::host::Output,
    events: &[Event],
) -> Result<Outcome> {
    let mut actions = compose_actions(events);
    if args.ignore_build_events {
        actions.retain(|action| action["status"] != "Building");
    }
    if !output.success() {
        let wrong: Vec<String> = events
            .iter()
            .filter(|event| event.status == "Error")
            .map(|event| format!("Error when processing {} {}", event.what, event.id))
            .collect();
        let text = output.error_text();
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let message = if wrong.is_empty() {
            format!("General error: {}", last.trim())
        } else {
            wrong.join("\n")
        };
        return Err(Failure::new(message)
            .with("rc", output.status)
            .with("stdout", output.text())
            .with("stderr", text)
            .with("actions", actions));
    }
    for line in output.error_text().lines() {
        if let Some((_, rest)) = line.split_once("level=warning msg=") {
            compose.host.warn(format!("Docker compose: {}", rest.trim().trim_matches('"')));
        }
    }
    Ok(Outcome::changed_if(!actions.is_empty())
        .with("actions", actions)
        .with("rc", output.status)
        .with("stdout", output.text())
        .with("stderr", output.error_text()))
}

fn with_lists(outcome: Outcome, compose: &Compose<'_>) -> Result<Outcome> {
    let containers = compose.list(&["ps", "--format", "json", "--all", "--no-trunc"])?;
    let images = compose.list(&["images", "--format", "json"])?;
    Ok(outcome.with("containers", Json::Array(containers)).with("images", Json::Array(images)))
}

fn up(args: &Args, compose: &Compose<'_>, no_start: bool) -> Result<Outcome> {
    let mut all = words(&["up", "--detach", "--no-color", "--quiet-pull"]);
    match args.pull {
        Pull::Policy => (),
        other => all.extend(words(&["--pull", other.as_str()])),
    }
    if args.remove_orphans {
        all.extend(words(&["--remove-orphans"]));
    }
    match args.recreate {
        Recreate::Always => all.extend(words(&["--force-recreate"])),
        Recreate::Never => all.extend(words(&["--no-recreate"])),
        Recreate::Auto => (),
    }
    if args.renew_anon_volumes {
        all.extend(words(&["--renew-anon-volumes"]));
    }
    if !args.dependencies {
        all.extend(words(&["--no-deps"]));
    }
    if let Some(timeout) = args.timeout {
        all.extend(words(&["--timeout", &timeout.to_string()]));
    }
    match args.build {
        Build::Always => all.extend(words(&["--build"])),
        Build::Never => all.extend(words(&["--no-build"])),
        Build::Policy => (),
    }
    for (service, count) in &args.scale {
        all.extend(words(&["--scale", &format!("{service}={}", python_str(count))]));
    }
    if args.wait && !no_start {
        all.extend(words(&["--wait"]));
        if let Some(timeout) = args.wait_timeout {
            all.extend(words(&["--wait-timeout", &timeout.to_string()]));
        }
    }
    if no_start {
        all.extend(words(&["--no-start"]));
    }
    if compose.host.checking() {
        all.extend(words(&["--dry-run"]));
    }
    if args.assume_yes {
        all.extend(words(&["-y"]));
    }
    all.push("--".to_owned());
    all.extend(args.services.iter().cloned());
    let (output, events) = compose.run(&all)?;
    with_lists(finish(compose, args, &output, &events)?, compose)
}

/// Has everything there, and nothing running.
fn stopped(args: &Args, compose: &Compose<'_>) -> Result<Outcome> {
    let made = up(args, compose, true)?;
    let all_stopped = {
        let containers = compose.list(&["ps", "--format", "json", "--all", "--no-trunc"])?;
        let meant = containers.iter().filter(|container| {
            args.services.is_empty()
                || args.services.iter().any(|service| container["Service"] == service.as_str())
        });
        let mut meant = meant.peekable();
        meant.peek().is_some()
            && meant.all(|one| {
                matches!(one["State"].as_str(), Some("created" | "exited" | "stopped" | "killed"))
            })
    };
    if all_stopped {
        return Ok(made);
    }
    let stopped = on_services(args, compose, words(&["stop"]))?;
    let mut actions =
        made.values.get("actions").and_then(Json::as_array).cloned().unwrap_or_default();
    actions.extend(
        stopped.values.get("actions").and_then(Json::as_array).cloned().unwrap_or_default(),
    );
    let changed = made.changed || stopped.changed;
    let outcome = Outcome { changed, values: stopped.values }.with("actions", Json::Array(actions));
    with_lists(outcome, compose)
}

/// Does something to the services that are named.
fn on_services(args: &Args, compose: &Compose<'_>, mut all: Vec<String>) -> Result<Outcome> {
    if let Some(timeout) = args.timeout {
        all.extend(words(&["--timeout", &timeout.to_string()]));
    }
    if compose.host.checking() {
        all.extend(words(&["--dry-run"]));
    }
    all.push("--".to_owned());
    all.extend(args.services.iter().cloned());
    let (output, events) = compose.run(&all)?;
    finish(compose, args, &output, &events)
}

fn plain(args: &Args, compose: &Compose<'_>, command: &str) -> Result<Outcome> {
    let mut all = words(&[command]);
    if command == "down" {
        if args.remove_orphans {
            all.extend(words(&["--remove-orphans"]));
        }
        if let Some(images) = args.remove_images {
            all.extend(words(&["--rmi", images.as_str()]));
        }
        if args.remove_volumes {
            all.extend(words(&["--volumes"]));
        }
    } else if !args.dependencies {
        all.extend(words(&["--no-deps"]));
    }
    let outcome = on_services(args, compose, all)?;
    if command == "down" { Ok(outcome) } else { with_lists(outcome, compose) }
}
