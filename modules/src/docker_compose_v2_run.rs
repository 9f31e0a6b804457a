//! `docker_compose_v2_run`: a command in a new container of a project.

use windlass_macros::Args;

use crate::{
    docker::{Compose, Inside, Project},
    host::{Host, Outcome, Result},
};

/// Runs a command in a new container of a project that `docker compose` describes
///
/// The command runs each time. In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Fill the database
///   community.docker.docker_compose_v2_run:
///     project_src: /srv/shop
///     service: web
///     argv: [shop, seed]
///     cleanup: true
///
/// - name: Look whether the configuration is good, with an image that is built first
///   community.docker.docker_compose_v2_run:
///     project_src: /srv/shop
///     service: web
///     command: shop check --strict
///     build: true
///     no_deps: true
///     cleanup: true
///     env:
///       SHOP_ENVIRONMENT: staging
///   changed_when: false
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// Service that the container is one of
    service: String,
    /// Whether the image is built before
    #[arg(default = "false")]
    build: bool,
    /// Capabilities that the container has besides
    cap_add: Option<Vec<String>>,
    /// Capabilities that the container does not have
    cap_drop: Option<Vec<String>>,
    /// Program that runs rather than the image's
    entrypoint: Option<String>,
    /// Whether its standard input stays open
    #[arg(default = "true")]
    interactive: bool,
    /// Labels of the container: `name=value`
    labels: Option<Vec<String>>,
    /// Name of the container
    name: Option<String>,
    /// Whether services that this one needs are not started
    #[arg(default = "false")]
    no_deps: bool,
    /// Ports that the container has on the host
    publish: Option<Vec<String>>,
    /// Whether nothing is told of a pull
    #[arg(default = "false")]
    quiet_pull: bool,
    /// Whether containers of services that are gone are removed
    #[arg(default = "false")]
    remove_orphans: bool,
    /// Whether the container is removed when it ended
    #[arg(default = "false")]
    cleanup: bool,
    /// Whether the service's ports are on the host
    #[arg(default = "false")]
    service_ports: bool,
    /// Whether the container has the service's names in its networks
    #[arg(default = "false")]
    use_aliases: bool,
    /// What is mounted besides
    volumes: Option<Vec<String>>,
    /// Whether it has a terminal
    #[arg(default = "true")]
    tty: bool,
    #[arg(flatten)]
    inside: Inside,
    #[arg(flatten)]
    project: Project,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("docker_compose_v2_run"));
    }
    let compose = Compose::of(host, &args.project)?;
    let words = args.words();
    let output = compose.inside(words, &args.service, &args.inside)?;
    if args.inside.detach {
        return Ok(Outcome::changed_if(false).with("container_id", output.text().trim()));
    }
    Ok(args.inside.ended(&output))
}

impl Args {
    /// Returns the program's options for the container.
    fn words(&self) -> Vec<String> {
        let mut words = vec!["run".to_owned()];
        for (option, values) in [
            ("--cap-add", &self.cap_add),
            ("--cap-drop", &self.cap_drop),
            ("--label", &self.labels),
            ("--publish", &self.publish),
            ("--volume", &self.volumes),
        ] {
            for value in values.iter().flatten() {
                words.extend([option.to_owned(), value.clone()]);
            }
        }
        for (option, value) in [("--entrypoint", &self.entrypoint), ("--name", &self.name)] {
            if let Some(value) = value {
                words.extend([option.to_owned(), value.clone()]);
            }
        }
        for (option, wanted) in [
            ("--build", self.build),
            ("--no-interactive", !self.interactive),
            ("--no-deps", self.no_deps),
            ("--quiet-pull", self.quiet_pull),
            ("--remove-orphans", self.remove_orphans),
            ("--rm", self.cleanup),
            ("--service-ports", self.service_ports),
            ("--use-aliases", self.use_aliases),
            ("--no-TTY", !self.tty),
        ] {
            if wanted {
                words.push(option.to_owned());
            }
        }
        words
    }
}
