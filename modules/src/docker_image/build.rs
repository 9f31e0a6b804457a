//! Building: what is sent to the engine, and what it prints.

use windlass_macros::Args;

use crate::{
    docker::{Api, progress},
    docker_container::bytes,
    host::{Command, Failure, Host, Result, glob_matches},
    spec::{ArgPath, Json, JsonMap, part, python_str},
};

/// How an image is built
#[derive(Args)]
pub(super) struct Build {
    /// Folder with what it is built from
    pub(super) path: ArgPath,
    /// Recipe in the folder
    dockerfile: Option<String>,
    /// Values of the recipe's arguments
    args: Option<JsonMap>,
    /// Images whose layers may be used
    cache_from: Vec<String>,
    /// Limits of the containers that build
    container_limits: Option<JsonMap>,
    /// Names and addresses that the containers know
    etc_hosts: Option<JsonMap>,
    /// Seconds to wait for the engine
    #[expect(dead_code, reason = "the engine's timeout holds")]
    http_timeout: Option<u64>,
    /// Network of the containers
    network: Option<String>,
    /// Whether nothing of earlier builds is used
    #[arg(default = "false")]
    nocache: bool,
    /// Platform that it is for
    platform: Option<String>,
    /// Whether newer images that it stands on are pulled
    #[arg(default = "false")]
    pull: bool,
    /// Whether the containers are removed
    #[arg(default = "true")]
    rm: bool,
    /// Size of the containers' shared memory
    shm_size: Option<String>,
    /// Stage that is the result
    target: Option<String>,
    /// Whether the client's settings of proxies are arguments
    #[arg(default = "false")]
    #[expect(dead_code, reason = "the helper knows no settings of a client")]
    use_config_proxy: bool,
    /// Labels of the image
    labels: Option<JsonMap>,
}

/// Limits of containers that build
#[derive(Args)]
struct Limits {
    /// Memory
    memory: Option<String>,
    /// Memory and swap
    memswap: Option<String>,
    /// Weight
    cpushares: Option<i64>,
    /// Processors
    cpusetcpus: Option<String>,
}

impl Build {
    pub(super) fn of(given: &JsonMap) -> Result<Build> {
        Ok(part("community.docker.docker_image", "build", given)?)
    }

    /// Builds the image; returns what the engine printed.
    pub(super) fn run(&self, api: &Api<'_>, name: &str, short: &str) -> Result<Vec<String>> {
        let query = self.query(name)?;
        let context = context(api.host, &self.path, self.dockerfile.as_deref())?;
        let headers = [("Content-Type".to_owned(), "application/tar".to_owned())];
        let mut lines = Vec::new();
        let mut code = None;
        let told =
            api.open("POST", "/build", &query, Some(context), &headers).map_err(Failure::from)?;
        let built = progress(told, &mut |event| {
            code = event.get("errorDetail").map(|detail| detail["code"].as_i64());
            if let Some(text) = event["stream"].as_str().or(event["status"].as_str()) {
                lines.push(text.strip_suffix('\n').unwrap_or(text).to_owned());
            }
        });
        built.map_err(|error| {
            let shown = |code: i64| code.to_string();
            let code = code.map(|code| code.map_or_else(|| "None".to_owned(), shown));
            let code = code.map_or_else(String::new, |code| format!("code: {code}, "));
            let logs = crate::spec::python_repr(&lines.clone().into());
            Failure::new(format!("Error building {short} - {code}message: {error}, logs: {logs}"))
        })?;
        Ok(lines)
    }

    fn query(&self, name: &str) -> Result<Vec<(&'static str, String)>> {
        let truth = |truth: bool| if truth { "True" } else { "False" }.to_owned();
        let json = |map: &JsonMap| {
            let texts: JsonMap =
                map.iter().map(|(key, value)| (key.clone(), python_str(value).into())).collect();
            Json::from(texts).to_string()
        };
        let mut query = vec![
            ("t", name.to_owned()),
            ("q", truth(false)),
            ("nocache", truth(self.nocache)),
            ("rm", truth(self.rm)),
            ("forcerm", truth(self.rm)),
            ("pull", truth(self.pull)),
        ];
        if let Some(file) = &self.dockerfile {
            query.push(("dockerfile", file.clone()));
        }
        for (key, map) in [("buildargs", &self.args), ("labels", &self.labels)] {
            query.extend(map.as_ref().map(|map| (key, json(map))));
        }
        if !self.cache_from.is_empty() {
            query.push(("cachefrom", Json::from(self.cache_from.clone()).to_string()));
        }
        if let Some(hosts) = &self.etc_hosts {
            let pairs: Vec<String> = hosts
                .iter()
                .map(|(name, address)| format!("{name}:{}", python_str(address)))
                .collect();
            query.push(("extrahosts", pairs.join(",")));
        }
        for (key, value) in
            [("networkmode", &self.network), ("platform", &self.platform), ("target", &self.target)]
        {
            query.extend(value.clone().map(|value| (key, value)));
        }
        let size = |name: &str, text: &str| {
            bytes(text).map(|size| size.to_string()).map_err(|error| {
                Failure::new(format!("Failed to convert build.{name} to bytes: {error}"))
            })
        };
        if let Some(text) = &self.shm_size {
            query.push(("shmsize", size("shm_size", text)?));
        }
        if let Some(given) = &self.container_limits {
            let limits: Limits =
                part("community.docker.docker_image", "build -> container_limits", given)?;
            if let Some(text) = &limits.memory {
                query.push(("memory", size("container_limits.memory", text)?));
            }
            if let Some(text) = &limits.memswap {
                query.push(("memswap", size("container_limits.memswap", text)?));
            }
            query.extend(limits.cpushares.map(|shares| ("cpushares", shares.to_string())));
            query.extend(limits.cpusetcpus.map(|cpus| ("cpusetcpus", cpus)));
        }
        Ok(query)
    }
}

/// Returns a folder as the engine reads it, without what `.dockerignore` leaves out.
fn context(host: &Host, folder: &str, dockerfile: Option<&str>) -> Result<Vec<u8>> {
    if !host.is_folder(folder) {
        return Err(Failure::new(format!(
            "Requested build path {folder} could not be found or you do not have access."
        )));
    }
    let rules = host.read_text(format!("{folder}/.dockerignore"))?.unwrap_or_default();
    let rules: Vec<(bool, String)> = rules
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (keeps, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
            (keeps, line.trim_matches('/').to_owned())
        })
        .collect();
    let mut names = vec![".".to_owned()];
    let cannot = |error: std::io::Error| Failure::io(format!("cannot read `{folder}`"), &error);
    for entry in host.walk(folder).map_err(cannot)? {
        let path = entry.path.strip_prefix(folder).unwrap_or(&entry.path).trim_start_matches('/');
        let always = path == ".dockerignore" || path == dockerfile.unwrap_or("Dockerfile");
        if !path.is_empty() && (always || !ignored(&rules, path)) {
            names.push(format!("./{path}"));
        }
    }
    let mut list = names.join("\0").into_bytes();
    list.push(0);
    let argv = ["tar", "-C", folder, "--no-recursion", "--null", "-T", "-", "-c", "-f", "-"];
    let output = host.run(&Command::new(argv).stdin(list))?;
    if output.success() {
        return Ok(output.stdout);
    }
    Err(Failure::new(format!("cannot pack `{folder}`: {}", output.error_text().trim())))
}

/// Returns whether the rules leave a path out: the last one that fits it, or a folder above it, decides.
fn ignored(rules: &[(bool, String)], path: &str) -> bool {
    let mut out = false;
    for (keeps, rule) in rules {
        let mut part = path;
        loop {
            if fits(rule, part) {
                out = !keeps;
                break;
            }
            match part.rsplit_once('/') {
                Some((above, _)) => part = above,
                None => break,
            }
        }
    }
    out
}

fn fits(rule: &str, path: &str) -> bool {
    match (rule.split_once('/'), path.split_once('/')) {
        (Some(("**", rest)), below) => {
            fits(rest, path) || below.is_some_and(|(_, below)| fits(rule, below))
        }
        (None, _) if rule == "**" => true,
        (Some((first, rest)), Some((name, below))) => {
            glob_matches(first, name) && fits(rest, below)
        }
        (None, None) => glob_matches(rule, path),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::ignored;

    #[test]
    fn what_is_ignored_stays_out() {
        let rules: Vec<(bool, String)> =
            [(false, "*.log"), (false, "node_modules"), (false, "**/tmp"), (true, "keep.log")]
                .map(|(keeps, rule)| (keeps, rule.to_owned()))
                .to_vec();
        for path in ["a.log", "node_modules/x/y", "a/b/tmp/c", "tmp"] {
            assert!(ignored(&rules, path), "{path}");
        }
        for path in ["keep.log", "a/b.log", "src/main.rs", "x/node_modules"] {
            assert!(!ignored(&rules, path), "{path}");
        }
    }
}
