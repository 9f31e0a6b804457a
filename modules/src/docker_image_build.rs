//! `docker_image_build`: images, built with the program `docker buildx`.

use windlass_macros::{Args, Choice};

use crate::{
    docker::{Program, is_tag, tag_of},
    host::{Failure, Host, Outcome, Result},
    spec::{ArgPath, Json, JsonMap, part, python_str},
};

/// Builds an image
///
/// # Examples
/// ```yaml
/// - name: Have an image of our shop
///   community.docker.docker_image_build:
///     name: shop
///     tag: "2.4"
///     path: /srv/shop
///     args:
///       MODE: production
///
/// - name: Build it for two platforms and give it to the registry
///   community.docker.docker_image_build:
///     name: registry.example.com/shop
///     path: /srv/shop
///     platform: [linux/amd64, linux/arm64]
///     rebuild: always
///     outputs:
///       - type: image
///         push: true
/// ```
#[derive(Args)]
#[args(collection = "community.docker", mutually_exclusive("docker_host", "cli_context"))]
#[expect(clippy::struct_field_names, reason = "the names are the reference's")]
pub struct Args {
    /// Name of the image
    name: String,
    /// Its tag, where the name has none
    #[arg(default = "latest")]
    tag: String,
    /// Folder with what it is built from
    path: ArgPath,
    /// Recipe in the folder
    dockerfile: Option<String>,
    /// Images whose layers may be used
    cache_from: Vec<String>,
    /// Whether newer images that it stands on are pulled
    #[arg(default = "false")]
    pull: bool,
    /// Network of the containers that build
    network: Option<String>,
    /// Whether nothing of earlier builds is used
    #[arg(default = "false")]
    nocache: bool,
    /// Names and addresses that the containers know
    etc_hosts: Option<JsonMap>,
    /// Values of the recipe's arguments
    args: Option<JsonMap>,
    /// Stage that is the result
    target: Option<String>,
    /// Platforms that it is for
    platform: Vec<String>,
    /// Size of the containers' shared memory
    shm_size: Option<String>,
    /// Labels of the image
    labels: Option<JsonMap>,
    /// When an image that is there is built anew
    #[arg(default = "never")]
    rebuild: Rebuild,
    /// Secrets that the recipe may read
    secrets: Vec<JsonMap>,
    /// What becomes of the result
    outputs: Vec<JsonMap>,
    #[arg(flatten)]
    program: Program,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Rebuild {
    Never,
    Always,
}

/// A secret
#[derive(Args)]
#[args(
    required_if("type", "file", "src"),
    required_if("type", "env", "env"),
    required_if("type", "value", "value"),
    mutually_exclusive("src", "env", "value")
)]
struct Secret {
    /// Its name
    id: String,
    /// Where it is
    #[arg(name = "type")]
    kind: SecretKind,
    /// File that has it
    src: Option<ArgPath>,
    /// Variable that has it
    env: Option<String>,
    /// The secret itself
    #[arg(secret)]
    value: Option<String>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum SecretKind {
    File,
    Env,
    Value,
}

/// What becomes of the result
#[derive(Args)]
#[args(
    required_if("type", "local", "dest"),
    required_if("type", "tar", "dest"),
    required_if("type", "oci", "dest"),
    mutually_exclusive("dest", "name"),
    mutually_exclusive("context", "name")
)]
struct Destination {
    /// What it is written as
    #[arg(name = "type")]
    kind: DestinationKind,
    /// File or folder that is written
    dest: Option<ArgPath>,
    /// Context that loads it
    context: Option<String>,
    /// Names of the image
    name: Vec<String>,
    /// Whether it is pushed
    #[arg(default = "false")]
    push: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum DestinationKind {
    Local,
    Tar,
    Oci,
    Docker,
    Image,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let module = "community.docker.docker_image_build";
    let secrets: Vec<Secret> = parts(module, "secrets", &args.secrets)?;
    let outputs: Vec<Destination> = parts(module, "outputs", &args.outputs)?;
    let version = ["version", "--format", "{{ json . }}"].map(str::to_owned);
    host.must(&args.program.command(host, &version, None)?)?;
    args.program.plugin(host, "buildx")?;
    let folder = &*args.path;
    if !host.is_folder(folder) {
        return Err(Failure::new(format!("\"{folder}\" is not an existing directory")));
    }
    if let Some(file) = args.dockerfile.as_ref().filter(|file| !file.is_empty()) {
        let path = if file.starts_with('/') {
            file.clone()
        } else {
            format!("{}/{file}", folder.trim_end_matches('/'))
        };
        if !host.exists(&path) || host.is_folder(&path) {
            return Err(Failure::new(format!("\"{path}\" is not an existing file")));
        }
    }
    if !args.tag.is_empty() && !is_tag(&args.tag) {
        return Err(Failure::new(format!("\"{}\" is not a valid docker tag", args.tag)));
    }
    if crate::docker::is_id(&args.name) {
        return Err(Failure::new("Image name must not be a digest"));
    }
    let (repository, own) = crate::docker::parse_name(&args.name);
    let tag = own.unwrap_or(&args.tag);
    if crate::docker::is_id(tag) {
        return Err(Failure::new("Image name must not contain a digest, but have a tag"));
    }
    let name = tag_of(repository, tag);
    let inspect = ["image", "inspect", &name].map(str::to_owned);
    let look = || -> Result<Option<Json>> {
        let output = args.program.call(host, &inspect, None)?;
        let found: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ok(found.as_array().and_then(|images| images.first().cloned()))
    };
    let before = look()?;
    let image_or_empty = |image: Option<Json>| image.unwrap_or_else(|| serde_json::json!({}));
    if before.is_some() && args.rebuild == Rebuild::Never {
        return Ok(Outcome::changed_if(false)
            .with("actions", Json::Array(Vec::new()))
            .with("image", image_or_empty(before)));
    }
    let (words, environment) = words(&args, &name, secrets, outputs)?;
    let outcome = Outcome::changed_if(true);
    if host.checking() {
        return Ok(outcome
            .with("actions", Json::Array(Vec::new()))
            .with("image", image_or_empty(before)));
    }
    let mut argv = args.program.words(host)?;
    argv.extend(words.iter().cloned());
    let mut command = crate::host::Command::new(argv);
    command.environment = environment;
    let output = host.run(&command)?;
    if !output.success() {
        return Err(Failure::new(format!("Building {name} failed"))
            .with("stdout", output.text())
            .with("stderr", output.error_text())
            .with("command", words));
    }
    Ok(outcome
        .with("stdout", output.text())
        .with("stderr", output.error_text())
        .with("command", words)
        .with("actions", Json::Array(Vec::new()))
        .with("image", image_or_empty(look()?)))
}

type Environment = Vec<(String, String)>;

/// Returns the words after the program, and the variables that hold secrets.
#[expect(clippy::too_many_lines, reason = "one setting after the other")]
fn words(
    args: &Args,
    name: &str,
    secrets: Vec<Secret>,
    outputs: Vec<Destination>,
) -> Result<(Vec<String>, Environment)> {
    let mut words: Vec<String> =
        ["buildx", "build", "--progress", "plain"].map(str::to_owned).to_vec();
    let mut add = |given: &[&str]| words.extend(given.iter().map(|word| (*word).to_owned()));
    if args.outputs.is_empty() {
        add(&["--tag", name]);
    }
    if let Some(file) = &args.dockerfile {
        let inside = format!("{}/{file}", args.path.trim_end_matches('/'));
        add(&["--file", &inside]);
    }
    for image in &args.cache_from {
        add(&["--cache-from", image]);
    }
    if args.pull {
        add(&["--pull"]);
    }
    if let Some(network) = &args.network {
        add(&["--network", network]);
    }
    if args.nocache {
        add(&["--no-cache"]);
    }
    let pairs = |map: &Option<JsonMap>, between: &str| -> Vec<String> {
        map.iter()
            .flatten()
            .map(|(key, value)| format!("{key}{between}{}", python_str(value)))
            .collect()
    };
    for pair in pairs(&args.etc_hosts, ":") {
        add(&["--add-host", &pair]);
    }
    for pair in pairs(&args.args, "=") {
        add(&["--build-arg", &pair]);
    }
    if let Some(target) = &args.target {
        add(&["--target", target]);
    }
    for platform in &args.platform {
        add(&["--platform", platform]);
    }
    if let Some(size) = &args.shm_size {
        let size = crate::docker_container::bytes(size).map_err(|error| {
            Failure::new(format!("Failed to convert shm_size to bytes: {error}"))
        })?;
        add(&["--shm-size", &size.to_string()]);
    }
    for pair in pairs(&args.labels, "=") {
        add(&["--label", &pair]);
    }
    let mut environment = Vec::new();
    for (at, secret) in secrets.into_iter().enumerate() {
        let id = quoted(&format!("id={}", secret.id));
        let text = match secret.kind {
            SecretKind::File => {
                let path = secret.src.map(|path| path.0).unwrap_or_default();
                format!("{id},type=file,{}", quoted(&format!("src={path}")))
            }
            SecretKind::Env => {
                let name = secret.env.unwrap_or_default();
                format!("{id},type=env,{}", quoted(&format!("env={name}")))
            }
            SecretKind::Value => {
                // Nobody else sees a variable of a process.
                let name = format!("WINDLASS_SECRET_{at}");
                environment.push((name.clone(), secret.value.unwrap_or_default()));
                format!("{id},type=env,env={name}")
            }
        };
        add(&["--secret", &text]);
    }
    let mut has_own = outputs.is_empty();
    for output in outputs {
        let mut parts = vec![format!("type={}", output.kind.as_str())];
        if let Some(dest) = &output.dest {
            parts.push(quoted(&format!("dest={}", dest.0)));
        }
        if let Some(context) = &output.context {
            parts.push(quoted(&format!("context={context}")));
        }
        if output.kind == DestinationKind::Image {
            let mut names = output.name;
            if names.is_empty() {
                names.push(name.to_owned());
            }
            has_own |= names.iter().any(|given| given == name);
            parts.push(quoted(&format!("name={}", names.join(","))));
            if output.push {
                parts.push("push=true".to_owned());
            }
        }
        add(&["--output", &parts.join(",")]);
    }
    if !has_own {
        add(&["--output", &format!("type=image,{}", quoted(&format!("name={name}")))]);
    }
    add(&["--", &args.path]);
    Ok((words, environment))
}

fn parts<T: crate::spec::Args>(module: &str, key: &str, given: &[JsonMap]) -> Result<Vec<T>> {
    given.iter().map(|one| Ok(part(module, key, one)?)).collect()
}

/// A field of a list that is separated by commas.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}
