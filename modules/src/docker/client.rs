//! The program `docker`, for what the engine itself does not do: compose and buildx.

use windlass_macros::Args;

use crate::{
    docker::Access,
    host::{Command, Failure, Host, Output, Result},
    spec::{ArgPath, Json},
};

/// How the program reaches the engine, the same for every module that uses it.
#[derive(Args)]
pub struct Program {
    /// The program
    pub docker_cli: Option<ArgPath>,
    /// Context of the program's own configuration
    pub cli_context: Option<String>,
    /// Address of the engine, where it is not that of the context
    #[arg(alias = "docker_url")]
    pub docker_host: Option<String>,
    #[arg(flatten)]
    pub access: Access,
}

impl Program {
    /// Returns where the program is.
    pub fn path(&self, host: &Host) -> Result<String> {
        let given = self.docker_cli.as_ref().map(|path| path.0.clone());
        given.or_else(|| host.which("docker")).ok_or_else(|| {
            Failure::new(
                "Cannot find docker CLI in path. Please provide it explicitly with the docker_cli parameter",
            )
        })
    }

    /// Returns the words with which every call begins.
    pub fn words(&self, host: &Host) -> Result<Vec<String>> {
        let mut words = vec![self.path(host)?];
        let address = self.docker_host.clone().or_else(|| host.env("DOCKER_HOST"));
        let default =
            || self.cli_context.is_none().then(|| "unix:///var/run/docker.sock".to_owned());
        if let Some(address) = address.filter(|address| !address.is_empty()).or_else(default) {
            words.push("--host".to_owned());
            words.push(address);
        }
        if self.access.validate_certs {
            words.push("--tlsverify".to_owned());
        } else if self.access.tls {
            words.push("--tls".to_owned());
        }
        for (option, path) in [
            ("--tlscacert", &self.access.ca_path),
            ("--tlscert", &self.access.client_cert),
            ("--tlskey", &self.access.client_key),
        ] {
            if let Some(path) = path {
                words.push(option.to_owned());
                words.push(path.0.clone());
            }
        }
        if let Some(context) = &self.cli_context {
            words.push("--context".to_owned());
            words.push(context.clone());
        }
        Ok(words)
    }

    /// Returns a call of the program.
    pub fn command(&self, host: &Host, words: &[String], cwd: Option<&str>) -> Result<Command> {
        let mut argv = self.words(host)?;
        argv.extend(words.iter().cloned());
        let mut command = Command::new(argv);
        command.cwd = cwd.map(Into::into);
        if let Some(name) = &self.access.tls_hostname {
            command = command.env("DOCKER_TLS_HOSTNAME", name);
        }
        if self.access.api_version != "auto" {
            command = command.env("DOCKER_API_VERSION", &self.access.api_version);
        }
        Ok(command)
    }

    /// Calls the program.
    pub fn call(&self, host: &Host, words: &[String], cwd: Option<&str>) -> Result<Output> {
        host.run(&self.command(host, words, cwd)?)
    }

    /// Returns the version of a plugin; the failure says that it is missing.
    pub fn plugin(&self, host: &Host, name: &str) -> Result<String> {
        let words = ["info", "--format", "{{ json . }}"].map(str::to_owned);
        let output = self.call(host, &words, None)?;
        let info: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let plugins = info["ClientInfo"]["Plugins"].as_array();
        let found = plugins.into_iter().flatten().find(|plugin| plugin["Name"] == name);
        let program = self.path(host)?;
        let Some(plugin) = found else {
            return Err(Failure::new(format!(
                "Docker CLI {program} does not have the {name} plugin installed"
            )));
        };
        if let Some(error) = plugin["Err"].as_str() {
            return Err(Failure::new(format!("Error with Docker CLI plugin {name}: {error}")));
        }
        let version = plugin["Version"].as_str().unwrap_or_default();
        Ok(version.trim_start_matches('v').to_owned())
    }
}
