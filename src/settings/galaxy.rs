//! The servers of collections that `ansible.cfg` names: each has a section of its own, and variables of the environment.

use std::path::Path;

use super::{
    Environment,
    catalogue::of_kind,
    coerce::{self, Context},
    ini::IniFile,
};
use crate::value::Value;

/// A server with what is set for it.
#[derive(Debug)]
pub struct GalaxyServer {
    pub name: String,
    pub options: Vec<ServerOption>,
}

/// One option of a server, and where its value comes from in the reference's words.
#[derive(Debug)]
pub struct ServerOption {
    pub name: &'static str,
    pub value: Value,
    pub origin: String,
}

/// Options of every server and their kinds, in the reference's order.
const OPTIONS: [(&str, &str); 10] = [
    ("url", "string"),
    ("username", "string"),
    ("password", "string"),
    ("token", "string"),
    ("auth_url", "string"),
    ("api_version", "integer"),
    ("validate_certs", "boolean"),
    ("client_id", "string"),
    ("client_secret", "string"),
    ("timeout", "integer"),
];

/// Reads the options of these servers; `timeout` is what counts where a server has none of its own.
pub(super) fn servers(
    names: &[String],
    timeout: &Value,
    environment: &Environment,
    file: Option<(&IniFile, &Path)>,
) -> Vec<GalaxyServer> {
    let option = |server: &str, name: &'static str, kind: &str| {
        let here = Context { environment, base: None };
        let variable = format!("ANSIBLE_GALAXY_SERVER_{server}_{name}").to_uppercase();
        if let Some(text) = environment.get(&variable) {
            let value = of_kind(kind, text, &here);
            return ServerOption { name, value, origin: format!("env: {variable}") };
        }
        let section = format!("galaxy_server.{server}");
        if let Some((ini, path)) = file
            && let Some(found) = ini.get(&section, name)
        {
            let value = of_kind(kind, coerce::unquote(&found.text), &here);
            return ServerOption { name, value, origin: path.display().to_string() };
        }
        let value = if name == "timeout" { timeout.clone() } else { Value::None };
        ServerOption { name, value, origin: "default".to_owned() }
    };
    let server = |name: &String| GalaxyServer {
        name: name.clone(),
        options: OPTIONS.iter().map(|(own, kind)| option(name, own, kind)).collect(),
    };
    names.iter().filter(|name| !name.is_empty()).map(server).collect()
}
