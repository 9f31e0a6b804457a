//! `docker_container_exec`: a command in a container that runs.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine, attached, attached_with_input, segment},
    host::{Failure, Host, Outcome, Result, split_words},
    spec::{Json, JsonMap, python_str},
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
#[expect(clippy::struct_excessive_bools, reason = "the arguments are the reference's")]
pub struct Args {
    /// Name or number of the container
    container: String,
    /// The command as a list of words
    argv: Option<Vec<String>>,
    /// The command as a line
    command: Option<String>,
    /// Folder in which it starts
    chdir: Option<String>,
    /// Whether the task does not wait for it to end
    #[arg(default = "false")]
    detach: bool,
    /// User that it runs as
    user: Option<String>,
    /// What it gets on its standard input
    stdin: Option<String>,
    /// Whether its standard input ends with a line break
    #[arg(default = "true")]
    stdin_add_newline: bool,
    /// Whether the last line breaks of its output are left out
    #[arg(default = "true")]
    strip_empty_ends: bool,
    /// Whether it has a terminal
    #[arg(default = "false")]
    tty: bool,
    /// Variables of its environment
    env: Option<JsonMap>,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("docker_container_exec"));
    }
    let argv = match (&args.argv, &args.command) {
        (Some(argv), _) => argv.clone(),
        (None, command) => {
            split_words(command.as_deref().unwrap_or_default()).map_err(Failure::raised)?
        }
    };
    if args.detach && args.stdin.is_some() {
        return Err(Failure::new("If detach=true, stdin cannot be provided."));
    }
    let mut env = Vec::new();
    for (key, value) in args.env.iter().flatten() {
        let Json::String(value) = value else {
            return Err(Failure::new(format!(
                "Non-string value found for env option. Ambiguous env options must be wrapped in quotes to avoid them being interpreted. Key: {key}"
            )));
        };
        env.push(format!("{key}={value}"));
    }
    let api = Api::of(host, &args.engine)?;
    let body = serde_json::json!({
        "Container": args.container,
        "User": args.user.as_deref().unwrap_or_default(),
        "Privileged": false,
        "Tty": false,
        "AttachStdin": args.stdin.is_some(),
        "AttachStdout": true,
        "AttachStderr": true,
        "Cmd": argv,
        "Env": env,
        "WorkingDir": args.chdir,
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
    let how = serde_json::json!({"Tty": args.tty, "Detach": args.detach});
    if args.detach {
        api.call("POST", &path, &[], Some(&how)).map_err(gone)?;
        return Ok(Outcome::changed_if(true).with("exec_id", id));
    }
    let cannot =
        |error: std::io::Error| Failure::io("cannot read what the command printed", &error);
    let (stdout, stderr) = match &args.stdin {
        Some(stdin) => {
            let mut input = stdin.clone().into_bytes();
            if args.stdin_add_newline {
                input.push(b'\n');
            }
            attached_with_input(&api, &path, &how, &input, args.tty).map_err(gone)?
        }
        None => {
            let body = how.to_string().into_bytes();
            let mut response = api.open("POST", &path, &[], Some(body), &[]).map_err(gone)?;
            attached(&mut *response.body, args.tty).map_err(cannot)?
        }
    };
    let told = api.get(&format!("/exec/{id}/json"), &[])?;
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if args.strip_empty_ends { text.trim_end_matches(['\r', '\n']).to_owned() } else { text }
    };
    let status = told["ExitCode"].as_i64().unwrap_or(0);
    Ok(Outcome::changed_if(true)
        .with("stdout", text(stdout))
        .with("stderr", text(stderr))
        .with("rc", status))
}
