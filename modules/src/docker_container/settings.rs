//! What the task says of the container, as the engine has it: for comparing and for making it.

use super::{
    Args, CommandHandling, networks,
    options::{Known, known},
    parts::{DeviceRequest, Health, Mount, Rate},
    ports, units, volumes,
};
use crate::{
    docker::check_labels,
    host::{Failure, Host, Result, split_words},
    spec::{Json, JsonMap, part, python_repr, python_str},
};

/// An option that the task gives.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) option: &'static Known,
    /// What is compared with the container.
    pub(super) value: Json,
    /// What the engine is told, where that is something else.
    pub(super) told: Option<Json>,
}

impl Setting {
    /// Puts it into what the engine is told.
    pub(super) fn tell(&self, body: &mut JsonMap) {
        // Of ports, the engine is only told to publish all.
        let nothing = self.option.name == "publish_all_ports" && self.value == false;
        if self.option.at.is_empty() || nothing {
            return;
        }
        let value = self.told.as_ref().unwrap_or(&self.value).clone();
        put(body, self.option.at, value);
    }
}

/// Sets a value at a path, making the dictionaries on the way.
pub(super) fn put(body: &mut JsonMap, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            body.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let slot = body.entry(first.to_owned()).or_insert_with(|| JsonMap::new().into());
            if let Json::Object(inner) = slot {
                put(inner, rest, value);
            }
        }
    }
}

/// Collects the settings.
pub(super) struct Settings<'a> {
    args: &'a Args,
    host: &'a Host,
    found: Vec<Setting>,
}

impl<'a> Settings<'a> {
    /// Returns what the task says; `default_ip` is where ports without an address are published.
    pub(super) fn of(args: &'a Args, host: &'a Host, default_ip: &str) -> Result<Vec<Setting>> {
        let mut settings = Settings { args, host, found: Vec::new() };
        args.labels.as_ref().map_or(Ok(()), check_labels)?;
        settings.plain();
        settings.several();
        settings.sizes()?;
        settings.command()?;
        settings.environment()?;
        settings.limits()?;
        settings.health()?;
        settings.storage()?;
        settings.ports(default_ip)?;
        Ok(settings.found)
    }

    fn add(&mut self, name: &str, value: Option<Json>) {
        if let (Some(value), Some((_, option))) = (value, known(name)) {
            self.found.push(Setting { option, value, told: None });
        }
    }

    /// Options that the engine has as they are.
    fn plain(&mut self) {
        let args = self.args;
        let cgroups = args.cgroupns_mode.map(|one| one.as_str().to_owned());
        for (name, value) in [
            ("cgroupns_mode", &cgroups),
            ("cgroup_parent", &args.cgroup_parent),
            ("domainname", &args.domainname),
            ("hostname", &args.hostname),
            ("ipc_mode", &args.ipc_mode),
            ("pid_mode", &args.pid_mode),
            ("platform", &args.platform),
            ("runtime", &args.runtime),
            ("stop_signal", &args.stop_signal),
            ("user", &args.user),
            ("userns_mode", &args.userns_mode),
            ("uts", &args.uts),
            ("volume_driver", &args.volume_driver),
            ("working_dir", &args.working_dir),
            ("cpuset_cpus", &args.cpuset_cpus),
            ("cpuset_mems", &args.cpuset_mems),
            ("log_driver", &args.log_driver),
        ] {
            self.add(name, value.as_deref().map(Json::from));
        }
        for (name, value) in [
            ("auto_remove", args.auto_remove),
            ("init", args.init),
            ("interactive", args.interactive),
            ("oom_killer", args.oom_killer),
            ("privileged", args.privileged),
            ("publish_all_ports", args.publish_all_ports),
            ("read_only", args.read_only),
            ("tty", args.tty),
        ] {
            self.add(name, value.map(Json::from));
        }
        for (name, value) in [
            ("memory_swappiness", args.memory_swappiness),
            ("oom_score_adj", args.oom_score_adj),
            ("pids_limit", args.pids_limit),
            ("stop_timeout", args.stop_timeout),
            ("blkio_weight", args.blkio_weight),
            ("cpu_period", args.cpu_period),
            ("cpu_quota", args.cpu_quota),
            ("cpu_shares", args.cpu_shares),
            ("restart_retries", args.restart_retries.filter(|_| args.restart_policy.is_some())),
        ] {
            self.add(name, value.map(Json::from));
        }
    }

    /// Options of several values that the engine has as they are, and what is written otherwise.
    fn several(&mut self) {
        let args = self.args;
        for (name, value) in [
            ("capabilities", &args.capabilities),
            ("cap_drop", &args.cap_drop),
            ("device_cgroup_rules", &args.device_cgroup_rules),
            ("dns_opts", &args.dns_opts),
            ("dns_search_domains", &args.dns_search_domains),
            ("dns_servers", &args.dns_servers),
            ("groups", &args.groups),
            ("security_opts", &args.security_opts),
            ("volumes_from", &args.volumes_from),
        ] {
            self.add(name, value.clone().map(Json::from));
        }
        for (name, value) in [
            ("storage_opts", &args.storage_opts),
            ("sysctls", &args.sysctls),
            ("log_options", &args.log_options),
            ("labels", &args.labels),
        ] {
            self.add(name, value.as_ref().map(|map| volumes::texts(map).into()));
        }
        for (key, value) in args.log_options.iter().flatten().filter(|(_, it)| !it.is_string()) {
            self.host.warn(format!(
                "Non-string value found for log_options option '{key}'. The value is automatically converted to '{}'. If this is not correct, or you want to avoid such warnings, please quote the value.",
                python_str(value)
            ));
        }
        let address = args.mac_address.as_ref();
        self.add("mac_address", address.map(|text| text.to_lowercase().replace('-', ":").into()));
        self.add("links", networks::links(args));
        let cpus = args.cpus.map(|cpus| {
            #[expect(clippy::cast_possible_truncation, reason = "nobody has that many processors")]
            let nano = (cpus * 1e9).round() as i64;
            nano.into()
        });
        self.add("cpus", cpus);
        self.add("restart_policy", args.restart_policy.map(|policy| policy.as_str().into()));
        let hosts = args.etc_hosts.as_ref().map(|hosts| {
            let pairs =
                hosts.iter().map(|(name, address)| format!("{name}:{}", python_str(address)));
            pairs.collect::<Vec<_>>().into()
        });
        self.add("etc_hosts", hosts);
    }

    fn sizes(&mut self) -> Result<()> {
        let args = self.args;
        for (name, given) in [
            ("kernel_memory", &args.kernel_memory),
            ("memory", &args.memory),
            ("memory_reservation", &args.memory_reservation),
            ("memory_swap", &args.memory_swap),
            ("shm_size", &args.shm_size),
        ] {
            let Some(given) = given else { continue };
            let size = match given.as_str() {
                "unlimited" | "-1" if name == "memory_swap" => -1,
                given => units::bytes(given).map_err(|error| {
                    Failure::new(format!("Failed to convert {name} to bytes: {error}"))
                })?,
            };
            self.add(name, Some(size.into()));
        }
        Ok(())
    }

    fn command(&mut self) -> Result<()> {
        let args = self.args;
        let words = |option: &str, text: &str| {
            split_words(text)
                .map_err(|error| Failure::new(format!("Failed to parse {option}: {error}")))
        };
        // The old way takes what is empty for what is not given.
        let keeps_empty = args.command_handling == CommandHandling::Correct;
        if let Some(entrypoint) = &args.entrypoint
            && (keeps_empty || !entrypoint.is_empty())
        {
            let entrypoint = match args.command_handling {
                CommandHandling::Correct => entrypoint.clone(),
                CommandHandling::Compatibility => words("entrypoint", &entrypoint.join(" "))?,
            };
            self.add("entrypoint", Some(entrypoint.into()));
        }
        let is_empty = |command: &Json| match command {
            Json::Array(items) => items.is_empty(),
            other => python_str(other).is_empty(),
        };
        if let Some(command) = args.command.as_ref().filter(|it| keeps_empty || !is_empty(it)) {
            let command = match command {
                Json::Array(items) => {
                    let items: Vec<String> = items.iter().map(python_str).collect();
                    match args.command_handling {
                        CommandHandling::Correct => items,
                        CommandHandling::Compatibility => words("command", &items.join(" "))?,
                    }
                }
                other => words("command", &python_str(other))?,
            };
            self.add("command", Some(command.into()));
        }
        Ok(())
    }

    fn environment(&mut self) -> Result<()> {
        let args = self.args;
        if args.env.is_none() && args.env_file.is_none() {
            return Ok(());
        }
        let mut env: Vec<(String, String)> = Vec::new();
        if let Some(path) = args.env_file.as_deref() {
            let text = self.host.read_text(path)?.ok_or_else(|| {
                Failure::raised(format!("[Errno 2] No such file or directory: '{path}'"))
            })?;
            for line in text.lines().filter(|line| !line.starts_with('#')).map(str::trim) {
                match line.split_once('=') {
                    Some((key, value)) => set(&mut env, key, value),
                    None if line.is_empty() => (),
                    None => {
                        return Err(Failure::new(format!(
                            "An unexpected Docker error occurred: Invalid line in environment file {path}:\n{line}"
                        )));
                    }
                }
            }
        }
        for (key, value) in args.env.iter().flatten() {
            let Json::String(value) = value else {
                return Err(Failure::new(format!(
                    "Non-string value found for env option. Ambiguous env options must be wrapped in quotes to avoid them being interpreted. Key: {key}"
                )));
            };
            set(&mut env, key, value);
        }
        let pairs: Vec<String> = env.iter().map(|(key, value)| format!("{key}={value}")).collect();
        self.add("env", Some(pairs.into()));
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one setting after the other")]
    fn limits(&mut self) -> Result<()> {
        let args = self.args;
        if let Some(ulimits) = &args.ulimits {
            let read = |text: &String| {
                let mut parts = text.split(':');
                let name = parts.next().unwrap_or_default();
                let mut limit = JsonMap::new();
                limit.insert("Name".to_owned(), name.into());
                let (soft, hard) = (parts.next(), parts.next());
                for (key, given) in [("Soft", soft), ("Hard", hard.or(soft))] {
                    let Some(given) = given else { continue };
                    let number: i64 = given.trim().parse().map_err(|_| {
                        Failure::raised(format!(
                            "invalid literal for int() with base 10: {}",
                            python_repr(&given.into())
                        ))
                    })?;
                    limit.insert(key.to_owned(), number.into());
                }
                Ok(limit.into())
            };
            let limits = ulimits.iter().map(read).collect::<Result<Vec<Json>>>()?;
            self.add("ulimits", Some(limits.into()));
        }
        if let Some(devices) = &args.devices {
            let read = |text: &String| {
                let parts: Vec<&str> = text.split(':').collect();
                let (inside, rights) = match parts.as_slice() {
                    [_, inside, rights] => (*inside, *rights),
                    [_, rights] if !rights.starts_with('/') => (parts[0], *rights),
                    [_, inside] => (*inside, "rwm"),
                    _ => (parts[0], "rwm"),
                };
                serde_json::json!({
                    "CgroupPermissions": rights, "PathInContainer": inside, "PathOnHost": parts[0],
                })
            };
            let devices: Vec<Json> = devices.iter().map(read).collect();
            self.add("devices", Some(devices.into()));
        }
        for (name, given, in_bytes) in [
            ("device_read_bps", &args.device_read_bps, true),
            ("device_write_bps", &args.device_write_bps, true),
            ("device_read_iops", &args.device_read_iops, false),
            ("device_write_iops", &args.device_write_iops, false),
        ] {
            let Some(given) = given else { continue };
            let mut rates = Vec::new();
            for one in given {
                let rate: Rate = part("community.docker.docker_container", name, one)?;
                let text = python_str(&rate.rate);
                let number = if in_bytes {
                    units::bytes(&text)
                } else {
                    text.parse().map_err(|_| format!("`{text}` is no number"))
                };
                let number = number.map_err(|error| {
                    Failure::new(format!(
                        "Failed to convert \"{name}\" to bytes for path \"{}\": {error}",
                        rate.path
                    ))
                })?;
                rates.push(serde_json::json!({"Path": rate.path, "Rate": number}));
            }
            self.add(name, Some(rates.into()));
        }
        if let Some(given) = &args.device_requests {
            let mut requests = Vec::new();
            for one in given {
                let request: DeviceRequest =
                    part("community.docker.docker_container", "device_requests", one)?;
                requests.push(serde_json::json!({
                    "Driver": request.driver,
                    "Count": request.count.unwrap_or(0),
                    "DeviceIDs": Some(request.device_ids).filter(|ids| !ids.is_empty()),
                    "Capabilities": request.capabilities,
                    "Options": request.options.as_ref().map(volumes::texts),
                }));
            }
            self.add("device_requests", Some(requests.into()));
        }
        Ok(())
    }

    fn health(&mut self) -> Result<()> {
        let Some(given) = &self.args.healthcheck else { return Ok(()) };
        let health: Health = part("community.docker.docker_container", "healthcheck", given)?;
        let test: Option<Vec<String>> = match &health.test {
            None | Some(Json::Null) => None,
            Some(Json::Array(items)) => Some(items.iter().map(python_str).collect()),
            Some(other) => Some(vec!["CMD-SHELL".to_owned(), python_str(other)]),
        };
        let none = match &test {
            None => !health.test_cli_compatible,
            Some(test) => test.is_empty() || test == &["NONE"] || test == &["CMD-SHELL", "NONE"],
        };
        let mut found = JsonMap::new();
        if none {
            found.insert("Test".to_owned(), vec!["NONE"].into());
        } else {
            if let Some(test) = test {
                found.insert("Test".to_owned(), test.into());
            }
            for (key, text) in [
                ("Interval", &health.interval),
                ("Timeout", &health.timeout),
                ("StartPeriod", &health.start_period),
                ("StartInterval", &health.start_interval),
            ] {
                let Some(text) = text else { continue };
                let span = units::nanoseconds(text)
                    .ok_or_else(|| Failure::raised(format!("Invalid time duration - {text}")))?;
                // What is zero is the engine's own.
                if span != 0 {
                    found.insert(key.to_owned(), span.into());
                }
            }
            if let Some(retries) = health.retries.filter(|retries| *retries != 0) {
                found.insert("Retries".to_owned(), retries.into());
            }
        }
        self.add("healthcheck", Some(found.into()));
        Ok(())
    }

    fn storage(&mut self) -> Result<()> {
        let args = self.args;
        volumes::once(args.volumes.as_deref(), args.mounts.as_deref())?;
        if let Some(tmpfs) = &args.tmpfs {
            let pairs = tmpfs.iter().map(|text| {
                let (path, options) = text.split_once(':').unwrap_or((text, ""));
                (path.to_owned(), options.into())
            });
            let pairs: JsonMap = pairs.collect();
            self.add("tmpfs", Some(pairs.into()));
        }
        if let Some(given) = &args.mounts {
            let mut mounts = Vec::new();
            for one in given {
                let mount: Mount = part("community.docker.docker_container", "mounts", one)?;
                mounts.push(volumes::mount(self.host, &mount)?);
            }
            self.add("mounts", Some(mounts.into()));
        }
        if let Some(given) = &args.volumes {
            let (binds, anonymous) = volumes::read(self.host, given)?;
            self.add("volume_binds", Some(binds.into()));
            if !anonymous.is_empty() {
                let set: JsonMap =
                    anonymous.into_iter().map(|path| (path, JsonMap::new().into())).collect();
                self.add("volumes", Some(set.into()));
            }
        }
        Ok(())
    }

    fn ports(&mut self, default_ip: &str) -> Result<()> {
        let args = self.args;
        let published = match &args.published_ports {
            Some(ports) => Some(ports::bindings(ports, default_ip)?),
            None => None,
        };
        if args.exposed_ports.is_some() || published.is_some() {
            let mut exposed = ports::exposed(args.exposed_ports.as_deref().unwrap_or_default());
            exposed.extend(published.iter().flat_map(JsonMap::keys).cloned());
            let told: JsonMap =
                exposed.iter().map(|port| (port.clone(), JsonMap::new().into())).collect();
            self.add("exposed_ports", Some(exposed.into()));
            if let Some(setting) = self.found.last_mut() {
                setting.told = Some(told.into());
            }
        }
        let published = published.map(Json::from);
        self.add("published_ports", published);
        Ok(())
    }
}

/// Sets a variable where it stands, or behind the others.
fn set(env: &mut Vec<(String, String)>, key: &str, value: &str) {
    match env.iter_mut().find(|(known, _)| known == key) {
        Some((_, known)) => value.clone_into(known),
        None => env.push((key.to_owned(), value.to_owned())),
    }
}
