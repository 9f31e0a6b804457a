//! `docker_login`: who one is at a registry, in the client's configuration.

use base64::{Engine as _, engine::general_purpose};
use windlass_macros::{Args, Choice};

use crate::{
    docker::{Api, Engine},
    host::{Command, Failure, Host, Outcome, Result},
    spec::{ArgPath, Json, JsonMap, python_json, python_repr},
};

/// Logs in to a registry of images
///
/// # Examples
/// ```yaml
/// - name: Log in to our registry
///   community.docker.docker_login:
///     registry_url: registry.example.com
///     username: deploy
///     password: "{{ registry_password }}"
///
/// - name: Log out
///   community.docker.docker_login:
///     registry_url: registry.example.com
///     state: absent
/// ```
#[derive(Args)]
#[args(
    collection = "community.docker",
    required_if("state", "present", "username", "password"),
    also("community.general.docker_login")
)]
pub struct Args {
    /// Address of the registry
    #[arg(default = "https://index.docker.io/v1/", alias = "registry", alias = "url")]
    registry_url: String,
    /// Who logs in
    username: Option<String>,
    /// Password of who logs in
    #[arg(secret)]
    password: Option<String>,
    /// Whether the registry is asked although the configuration already says so
    #[arg(default = "false", alias = "reauth")]
    reauthorize: bool,
    /// File of the client's configuration
    #[arg(default = "~/.docker/config.json", alias = "dockercfg_path")]
    config_path: ArgPath,
    /// Whether one is to be logged in
    #[arg(default = "present")]
    state: State,
    #[arg(flatten)]
    engine: Engine,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

/// The registry that names without one mean.
const HUB: &str = "https://index.docker.io/v1/";

/// Returns what proves to a repository's registry who we are, as a request has it; nothing without a login.
pub fn registry_auth(host: &Host, repository: &str) -> Result<Option<String>> {
    let registry = match repository.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => HUB,
    };
    let config = Config::read(host, &default_path(host))?;
    let kept = match config.helper(registry) {
        // A store that cannot tell is as good as none here.
        Some(helper) => kept(host, &helper, registry).unwrap_or_default(),
        None => None,
    };
    let login = kept.or_else(|| config.nearest(registry));
    Ok(login.map(|Login { username, password, .. }| {
        let text = if username == "<token>" {
            serde_json::json!({"identitytoken": password})
        } else {
            serde_json::json!({
                "username": username, "password": password, "serveraddress": registry,
            })
        };
        general_purpose::URL_SAFE.encode(text.to_string())
    }))
}

fn default_path(host: &Host) -> String {
    match host.env("DOCKER_CONFIG") {
        Some(folder) => format!("{folder}/config.json"),
        None => host.expand("~/.docker/config.json"),
    }
}

/// Who logs in where.
struct Login {
    registry: String,
    username: String,
    password: String,
}

/// Returns whom a program that keeps credentials has for a registry; the error is what it says instead.
fn kept(host: &Host, helper: &str, registry: &str) -> std::result::Result<Option<Login>, String> {
    let command = Command::new([helper, "get"]).stdin(registry);
    let output = host.run(&command).map_err(|failure| failure.message)?;
    if output.status != 0 {
        let why = output.text().trim().to_owned();
        return if why == "credentials not found in native keychain" {
            Ok(None)
        } else {
            Err(format!("Credentials store {helper} exited with \"{why}\"."))
        };
    }
    let told: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
    let (username, password) = (text("Username"), text("Secret"));
    Ok(Some(Login { registry: registry.to_owned(), username, password }))
}

/// Has a program that keeps credentials change them.
fn tell(host: &Host, helper: &str, what: &str, input: &str) -> Result<()> {
    match host.change(&Command::new([helper, what]).stdin(input))? {
        Some(output) if output.status != 0 => {
            let why = output.text().trim().to_owned();
            Err(Failure::raised(format!("Credentials store {helper} exited with \"{why}\".")))
        }
        _ => Ok(()),
    }
}

/// A client's configuration.
struct Config {
    path: String,
    known: JsonMap,
}

/// Returns the name of a registry without what stands around it.
fn bare(registry: &str) -> &str {
    let registry = registry.split_once("://").map_or(registry, |(_, rest)| rest);
    registry.split('/').next().unwrap_or(registry)
}

impl Config {
    fn read(host: &Host, path: &str) -> Result<Config> {
        let text = host.read_text(path)?.unwrap_or_default();
        let known = serde_json::from_str(&text).unwrap_or_default();
        Ok(Config { path: path.to_owned(), known })
    }

    /// Returns the program that keeps the credentials of a registry, where there is one.
    fn helper(&self, registry: &str) -> Option<String> {
        let own = self.known.get("credHelpers").and_then(|helpers| helpers.get(registry));
        let store = own.or_else(|| self.known.get("credsStore"))?;
        store
            .as_str()
            .filter(|name| !name.is_empty())
            .map(|name| format!("docker-credential-{name}"))
    }

    /// Returns who logs in at a registry as the file itself says, by its own name before others of the same host.
    fn nearest(&self, registry: &str) -> Option<Login> {
        let auths = self.known.get("auths")?.as_object()?;
        let mut all = auths.iter();
        let (key, entry) = match auths.get(registry) {
            Some(entry) => (registry, entry),
            None => all
                .find(|(key, _)| bare(key) == bare(registry))
                .map(|(key, entry)| (key.as_str(), entry))?,
        };
        let text = general_purpose::STANDARD.decode(entry["auth"].as_str()?).ok()?;
        let text = String::from_utf8(text).ok()?;
        let (username, password) = text.split_once(':')?;
        Some(Login {
            registry: key.to_owned(),
            username: username.to_owned(),
            password: password.trim_end_matches('\0').to_owned(),
        })
    }

    fn store(&mut self, host: &Host, registry: &str, who: &str, password: &str) -> Result<()> {
        if let Some(helper) = self.helper(registry) {
            let told = serde_json::json!({
                "ServerURL": registry, "Username": who, "Secret": password,
            });
            return tell(host, &helper, "store", &python_json(&told));
        }
        let auth = general_purpose::STANDARD.encode(format!("{who}:{password}"));
        let auths = self.known.entry("auths").or_insert_with(|| JsonMap::new().into());
        if let Json::Object(auths) = auths {
            auths.insert(registry.to_owned(), serde_json::json!({"auth": auth}));
        }
        self.write(host)
    }

    fn erase(&mut self, host: &Host, registry: &str) -> Result<()> {
        if let Some(helper) = self.helper(registry) {
            return tell(host, &helper, "erase", registry);
        }
        if let Some(Json::Object(auths)) = self.known.get_mut("auths") {
            auths.remove(registry);
        }
        self.write(host)
    }

    fn write(&self, host: &Host) -> Result<()> {
        if host.checking() {
            return Ok(());
        }
        let folder = self.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        if !host.is_folder(folder) {
            host.create_folders(folder)
                .map_err(|error| Failure::io(format!("cannot create `{folder}`"), &error))?;
        }
        host.replace(&self.path, Some(0o600), |file| {
            let layout = serde_json::ser::PrettyFormatter::with_indent(b"    ");
            let mut writer = serde_json::Serializer::with_formatter(file, layout);
            // With the keys in order, as the reference writes it.
            let mut known = Json::from(self.known.clone());
            known.sort_all_objects();
            serde::Serialize::serialize(&known, &mut writer).map_err(std::io::Error::from)
        })
    }
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let registry = args.registry_url.as_str();
    let mut config = Config::read(host, &args.config_path)?;
    let who = args.username.clone().unwrap_or_default();
    let password = args.password.clone().unwrap_or_default();
    let cannot = |why: String, raised: String| match args.state {
        State::Present => {
            Failure::new(format!("Logging into {registry} for user {who} failed - {why}"))
        }
        State::Absent => Failure::raised(raised),
    };
    let helper = config.helper(registry);
    let known = match &helper {
        Some(helper) if host.which(helper).is_none() => {
            let why = format!("{helper} not installed or not available in PATH");
            return Err(cannot(why.clone(), why));
        }
        Some(helper) => kept(host, helper, registry).map_err(|why| {
            let error = python_repr(&why.as_str().into());
            cannot(format!("Credentials store error: StoreError({error})"), why)
        })?,
        None => config.nearest(registry).filter(|login| login.registry == registry),
    };
    if args.state == State::Absent {
        let changed = known.is_some();
        if changed {
            config.erase(host, registry)?;
        }
        return Ok(Outcome::changed_if(changed).with("login_result", serde_json::json!({})));
    }
    let is_asked = |login: &Login| login.username == who && login.password == password;
    let stored = known.as_ref().is_some_and(is_asked);
    let api = Api::of(host, &args.engine)?;
    // Who is logged in already is not asked again, under whichever name of the registry; what a program keeps is.
    let by_program = helper.is_some() && known.is_some();
    let before = config
        .nearest(registry)
        .filter(|login| !args.reauthorize && !by_program && is_asked(login));
    let told = if let Some(Login { registry, .. }) = before {
        api.find("/_ping")?;
        serde_json::json!({"username": who, "email": null, "serveraddress": registry})
    } else {
        let body = serde_json::json!({
            "username": who, "password": password, "email": null, "serveraddress": registry,
        });
        api.call("POST", "/auth", &[], Some(&body)).map_err(|error| {
            if error.status == 0 {
                return Failure::new(error.text);
            }
            Failure::new(format!("Logging into {registry} for user {who} failed - {error}"))
        })?
    };
    let changed = args.reauthorize || !stored;
    if changed {
        config.store(host, registry, &who, &password)?;
    }
    Ok(Outcome::changed_if(changed).with("login_result", told))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{docker::FakeEngine, host::TestHost};

    #[test]
    fn one_logs_in_once_and_out_once() {
        let host = TestHost::with(&[]);
        let _engine =
            FakeEngine::start(&host, &[("POST /auth", 200, json!({"Status": "Login Succeeded"}))]);
        let run = |more: serde_json::Value| {
            let mut args =
                json!({"registry_url": "r.example", "config_path": "/root/c/config.json"});
            args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            crate::find("docker_login").unwrap().run(args.as_object().unwrap(), &host)
        };
        let who = json!({"username": "me", "password": "secret"});
        assert_eq!(run(who.clone())["changed"], true);
        assert_eq!(run(who)["changed"], false);
        let text = host.read_text("/root/c/config.json").unwrap().unwrap();
        assert!(text.contains("\"auth\": \"bWU6c2VjcmV0\""), "{text}");
        assert_eq!(run(json!({"state": "absent"}))["changed"], true);
        assert_eq!(run(json!({"state": "absent"}))["changed"], false);
    }
}
