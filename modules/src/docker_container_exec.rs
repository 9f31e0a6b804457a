//! `docker_container_exec`: a command in a container that runs.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine, Inside, attached, attached_with_input, segment},
    host::{Failure, Host, Outcome, Result},
    spec::python_str,
};

/// Runs a command in a container that runs
///
/// # Examples
/// ```yaml
/// - name: Load the schema
///   community.docker.docker_container_exec:
///     container: db
///     command: psql -U shop shop
///     stdin: "{{ lookup('file', 'schema.sql') }}"
///
/// - name: Ask for the version
///   community.docker.docker_container_exec:
///     container: web
///     argv: [nginx, -v]
///   register: version
/// ```
#[derive(Args)]
#[args(
    collection = "community.docker",
    also("community.general.docker_container_exec"),
    mutually_exclusive("argv", "command"),
    required_one_of("argv", "command")
)]
pub struct Args {
    /// Name or number of the container
    container: String,
    /// Whether it has a terminal
    #[arg(default = "false")]
    tty: bool,
    #[arg(flatten)]
    inside: Inside,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("docker_container_exec"));
    }
    let argv = args.inside.argv()?;
    let input = args.inside.input()?;
    let env = args.inside.variables()?;
    let api = Api::of(host, &args.engine)?;
    let body = serde_json::json!({
        "Container": args.container,
        "User": args.inside.user.as_deref().unwrap_or_default(),
        "Privileged": false,
        "Tty": false,
        "AttachStdin": input.is_some(),
        "AttachStdout": true,
        "AttachStderr": true,
        "Cmd": argv,
        "Env": env,
        "WorkingDir": args.inside.chdir,
    });
    let path = format!("/containers/{}/exec", segment(&args.container));
    let gone = |error: crate::docker::ApiError| match error.status {
        404 => Failure::new(format!("Could not find container \"{}\"", args.container)),
        409 => Failure::new(format!(
            "The container \"{}\" has been paused ({})",
            args.container, error.text
        )),
        _ => Failure::from(error),
    };
    let made = api.call("POST", &path, &[], Some(&body)).map_err(gone)?;
    let id = python_str(&made["Id"]);
    let path = format!("/exec/{id}/start");
    let how = serde_json::json!({"Tty": args.tty, "Detach": args.inside.detach});
    if args.inside.detach {
        api.call("POST", &path, &[], Some(&how)).map_err(gone)?;
        return Ok(Outcome::changed_if(true).with("exec_id", id));
    }
    let cannot =
        |error: std::io::Error| Failure::io("cannot read what the command printed", &error);
    let (stdout, stderr) = match input {
        Some(input) => attached_with_input(&api, &path, &how, &input, args.tty).map_err(gone)?,
        None => {
            let body = how.to_string().into_bytes();
            let mut response = api.open("POST", &path, &[], Some(body), &[]).map_err(gone)?;
            attached(&mut *response.body, args.tty).map_err(cannot)?
        }
    };
    let told = api.get(&format!("/exec/{id}/json"), &[])?;
    let status = told["ExitCode"].as_i64().unwrap_or(0);
    Ok(Outcome::changed_if(true)
        .with("stdout", args.inside.text(&stdout))
        .with("stderr", args.inside.text(&stderr))
        .with("rc", status))
}
