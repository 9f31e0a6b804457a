//! `docker_compose_v2_exec`: a command in a container of a project.

use windlass_macros::Args;

use crate::{
    docker::{Compose, Inside, Project},
    host::{Failure, Host, Outcome, Result},
};

/// Runs a command in a container of a project that `docker compose` describes
///
/// The command runs each time, and the task has changed something: `changed_when` says otherwise. In check mode it is
/// skipped.
///
/// # Examples
/// ```yaml
/// - name: Bring the schema up to date
///   community.docker.docker_compose_v2_exec:
///     project_src: /srv/shop
///     service: web
///     argv: [shop, migrate]
///
/// - name: Ask the database for its version
///   community.docker.docker_compose_v2_exec:
///     project_src: /srv/shop
///     service: db
///     user: postgres
///     command: psql -XAtc 'SHOW server_version'
///     tty: false
///   register: version
///   changed_when: false
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// Service whose container it runs in
    service: String,
    /// Which of the service's containers it is, counted from 1
    index: Option<i64>,
    /// Whether it may do what the host's root may
    #[arg(default = "false")]
    privileged: bool,
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
        return Ok(Outcome::no_check_mode("docker_compose_v2_exec"));
    }
    let compose = Compose::of(host, &args.project)?;
    let mut words = vec!["exec".to_owned()];
    if let Some(index) = args.index {
        words.extend(["--index".to_owned(), index.to_string()]);
    }
    if args.privileged {
        words.push("--privileged".to_owned());
    }
    if !args.tty {
        words.push("--no-TTY".to_owned());
    }
    if args.inside.argv.is_none() && args.inside.command.is_none() {
        return Err(Failure::raised("'NoneType' object is not iterable"));
    }
    let output = compose.inside(words, &args.service, &args.inside)?;
    if args.inside.detach {
        return Ok(Outcome::changed_if(false));
    }
    Ok(args.inside.ended(&output))
}
